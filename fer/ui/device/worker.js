// A thread of its own for one network, which finds faces or reads them. No picture leaves it.
//
// It is first told what to `make`, then given one task after the other; it answers in that order.

import { cropOf, readCrops } from './classifier.js';
import { findFaces } from './detector.js';
import { classifierNetwork, detectorNetwork, modelConfig } from './networks.js';
import { match } from './tracking.js';

const MOST = 5; // faces

const makers = {
  // Known faces are followed; others are looked for where none is known, or if asked to.
  async finder() {
    const [look, config] = await Promise.all([detectorNetwork(), modelConfig()]);
    return async ({ picture, known, everywhere }) => {
      const faces = (await findFaces(look, picture, known, everywhere)).slice(0, MOST);
      const was = match(known, faces);
      return faces.map((face, i) => ({ ...face, was: was[i], crop: cropOf(picture, face, config) }));
    };
  },
  async reader() {
    const [run, config] = await Promise.all([classifierNetwork(), modelConfig()]);
    return (crops) => readCrops(run, crops, config);
  },
};

let work;

onmessage = async ({ data: { make, task } }) => {
  try {
    if (make) work = await makers[make]();
    postMessage({ answer: make ? null : await work(task) });
  } catch (error) {
    postMessage({ error: String(error) });
  }
};
