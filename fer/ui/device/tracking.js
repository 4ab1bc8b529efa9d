// Which face of one picture is which of the next, as fer/faces/tracking.py says it.

import { overlaps, SAME } from './candidates.js';

// For each face of now the index of the same one before, or null; best pairs first.
export const match = (before, now) => {
  const pairs = before.flatMap((one, i) => now.map((other, j) => [overlaps(one.box, other.box)[0], i, j]));
  const same = now.map(() => null);
  for (const [shared, i, j] of pairs.sort((one, other) => other[0] - one[0]))
    if (shared >= SAME && same[j] === null && !same.includes(i)) same[j] = i;
  return same;
};
