// The faces in the camera's picture, from one picture to the next.

const SMOOTH = 0.35; // the share of the newest answer
const MINUTE = 60_000;
const CALM = 12; // answers that make up a neutral face

let faces = []; // id, box and smoothed probabilities of each, largest first
let chosen = null; // the id of the one whose answer is shown
let trace = []; // what was read in the last minute: { when, id, probabilities }
let calm = null; // { id, answers, mean } of the neutral face to compare with
let newest = 0; // id

const follow = (found) => {
  faces = found.map(({ was, probabilities, ...face }) => {
    const before = faces[was] ?? { id: ++newest };
    return { ...before, ...face };
  });
  if (!faces.some(({ id }) => id === chosen)) chosen = faces[0]?.id ?? null;
  found.forEach(({ probabilities }, i) => probabilities && take({ id: faces[i].id, probabilities }));
};

const take = ({ id, probabilities }) => {
  const face = faces.find((one) => one.id === id);
  if (!face) return; // gone meanwhile
  const before = face.probabilities;
  face.probabilities = probabilities.map((p, i) => (before ? before[i] + SMOOTH * (p - before[i]) : p));
  const now = performance.now();
  trace = trace.filter(({ when }) => now - when < MINUTE);
  trace.push({ when: now, id, probabilities: face.probabilities });
  if (calm?.id === id && !calm.mean) {
    calm.answers.push(probabilities);
    const count = calm.answers.length;
    if (count === CALM)
      calm.mean = names.map((_, i) => calm.answers.reduce((sum, answer) => sum + answer[i] / count, 0));
  }
};

const shown = () => faces.find(({ id }) => id === chosen);
const valence = (probabilities) => probabilities.reduce((sum, p, i) => sum + p * valences[i], 0);
const topOf = (probabilities) => names[probabilities.indexOf(Math.max(...probabilities))];
const isSure = (probabilities) => Math.max(...probabilities) >= sure;

// The last minute as a table; seconds count back from the newest answer.
const traceTable = () => {
  const end = trace.at(-1)?.when ?? 0;
  const rows = trace.map(({ when, id, probabilities }) => [
    ((when - end) / 1000).toFixed(2),
    id,
    valence(probabilities).toFixed(3),
    ...probabilities.map((p) => p.toFixed(4)),
  ]);
  return [['seconds', 'face', 'valence', ...names], ...rows].map((row) => `${row.join(',')}\n`).join('');
};
