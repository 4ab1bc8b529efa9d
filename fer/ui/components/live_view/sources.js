// Where the camera's pictures are looked at: in this page, or on the server.
//
// Either has `look(canvas, faces, everywhere)`, which finds the faces of a picture, each with the
// index it `was` among those before. Where they have no probabilities yet, `read(faces)` has them.

const SILENCE = 15_000; // after which the server is taken for lost

const WHERE = {
  device: 'Your camera’s picture never leaves this device: the page itself finds and reads faces.',
  server: 'Pictures go to the server one by one and are forgotten at once.',
  unable:
    'This browser cannot read faces itself: pictures go to the server one by one and are forgotten at once.',
};

// An error that is to be shown as it is, and ends the reading.
const sentence = (text) => Object.assign(Error(text), { said: true });

// Two threads, so that faces are followed while others are read.
const deviceSource = async (folder) => {
  if (!window.WebAssembly) throw Error('no WebAssembly');
  const root = (window.gradio_config?.root ?? '.').replace(/\/$/, '');
  const address = new URL(`${root}/${folder}worker.js`, location);
  const broken = () => sentence('The page cannot read faces any more: reload it.');
  const worker = async (make) => {
    const thread = new Worker(address, { type: 'module' });
    const ask = (message) =>
      new Promise((answered, failed) => {
        thread.onmessage = ({ data: { answer, error } }) => (error ? failed(broken()) : answered(answer));
        thread.onerror = () => failed(broken());
        thread.postMessage(message);
      });
    await ask({ make });
    return (task) => ask({ task });
  };
  const [find, readCrops] = await Promise.all(['finder', 'reader'].map(worker));
  return {
    look(canvas, faces, everywhere) {
      const { width, height } = canvas;
      const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
      const known = faces.map(({ box, landmarks, score }) => ({ box, landmarks, score }));
      return find({ picture: { width, height, data }, known, everywhere });
    },
    async read(faces) {
      const answers = await readCrops(faces.map(({ crop }) => crop));
      return faces.map(({ id }, i) => ({ id, probabilities: answers[i] }));
    },
  };
};

const serverSource = {
  async look(canvas, faces) {
    const asked = { picture: canvas.toDataURL('image/jpeg', 0.85), before: faces.map(({ box }) => box) };
    const silence = new Promise((_, lost) => setTimeout(lost, SILENCE));
    const { error, faces: found } = await Promise.race([server.read_picture(asked), silence]);
    if (error) throw sentence(error);
    return found;
  },
};
