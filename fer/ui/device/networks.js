// The two networks, run by onnxruntime-web: the very files that Python runs.

import * as ort from './ort.wasm.min.mjs';

ort.env.wasm.numThreads = 1; // each network has a worker of its own instead
ort.env.wasm.wasmPaths = new URL('./', import.meta.url).href;

const fetched = async (file) => {
  const answer = await fetch(new URL(file, import.meta.url));
  if (!answer.ok) throw new Error(`${file}: ${answer.status}`);
  return answer;
};

const bytes = async (file) => new Uint8Array(await (await fetched(file)).arrayBuffer());

// Runs a graph whose weights lie beside it, under the name by which it refers to them.
const open = async (graph, weights, path) => {
  const [model, data] = await Promise.all([bytes(graph), bytes(weights)]);
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['wasm'],
    externalData: [{ path, data }],
  });
  return async ({ data, dims }) => {
    const given = new ort.Tensor('float32', data, dims);
    const answers = await session.run({ [session.inputNames[0]]: given });
    return session.outputNames.map((name) => answers[name]);
  };
};

export const detectorNetwork = () => open('yunet.onnx', 'yunet.safetensors', 'yunet.safetensors');

export const classifierNetwork = async () => {
  const run = await open('model.onnx', 'model.safetensors', 'model.safetensors');
  return async (pixels) => (await run(pixels))[0].data; // the logits
};

export const modelConfig = async () => (await fetched('config.json')).json();
