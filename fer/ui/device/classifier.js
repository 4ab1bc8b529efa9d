// What faces show: crops to probabilities, as fer/models/classifier.py does it.
// `run` runs the network: pixels B×3×S×S to logits B×K. `config` is the model's config.json.

import { cutCrop, similarity } from './alignment.js';

export const cropOf = (photo, { landmarks }, { frame, input_size: size }) => {
  const matrix = similarity(landmarks, frame.map(([x, y]) => [x * size, y * size]));
  return matrix && cutCrop(photo, matrix, size, true);
};

// A list of probabilities, in the order of the config's outputs, for each crop.
export const readCrops = async (run, crops, config) => {
  if (!crops.length) return [];
  const { input_size: size, mirror, temperature, outputs } = config;
  const views = mirror ? [...crops, ...crops] : crops;
  const data = new Float32Array(views.length * 3 * size * size);
  views.forEach((crop, i) => fill(data.subarray(i * 3 * size * size), crop, config, i >= crops.length));
  const logits = await run({ data, dims: [views.length, 3, size, size] });
  return crops.map((_, i) => {
    const own = outputs.map((_, k) => {
      const [one, other] = [logits[i * outputs.length + k], logits[(i + crops.length) * outputs.length + k]];
      return (mirror ? (one + other) / 2 : one) / temperature;
    });
    const powers = own.map((logit) => Math.exp(logit - Math.max(...own)));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / sum);
  });
};

const fill = (data, crop, { input_size: size, mean, std, grey }, mirrored) => {
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const [red, green, blue] = crop.data.subarray(4 * (y * size + (mirrored ? size - 1 - x : x)));
      const light = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
      const colours = grey ? [light, light, light] : [red, green, blue];
      colours.forEach((value, channel) => {
        data[(channel * size + y) * size + x] = (value / 255 - mean[channel]) / std[channel];
      });
    }
  }
};
