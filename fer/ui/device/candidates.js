// Places that may show a face, each place once: what fer/faces/candidates.py does.
// A candidate is { score, box: [x0, y0, x1, y1], landmarks: five [x, y] }.

const STRIDES = [8, 16, 32];
export const SAME = 0.3;
const [INSIDE, ALIKE] = [0.7, 0.5];

// What the network's three maps say of one picture of the batch, above a score.
export const decode = (maps, index, threshold) =>
  maps.flatMap(({ data, dims: [, channels, height, width] }, level) => {
    const [stride, cells] = [STRIDES[level], height * width];
    const start = index * channels * cells;
    const found = [];
    for (let cell = 0; cell < cells; cell++) {
      const value = (channel) => data[start + channel * cells + cell];
      if (!(value(0) > threshold)) continue;
      const [column, row] = [cell % width, Math.floor(cell / width)];
      const [x, y] = [column + value(1), row + value(2)];
      const [halfWidth, halfHeight] = [Math.exp(value(3)) / 2, Math.exp(value(4)) / 2];
      const box = [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight];
      const landmarks = [5, 7, 9, 11, 13].map((at) => [column + value(at), row + value(at + 1)]);
      found.push(scaled({ score: value(0), box, landmarks }, [stride, stride]));
    }
    return found;
  });

// The same in another picture, larger by factors and moved.
export const scaled = ({ score, box, landmarks }, [across, down], [x, y] = [0, 0]) => ({
  score,
  box: box.map((side, i) => (i % 2 ? side * down + y : side * across + x)),
  landmarks: landmarks.map(([u, v]) => [u * across + x, v * down + y]),
});

export const centre = ({ box: [x0, y0, x1, y1] }) => [(x0 + x1) / 2, (y0 + y1) / 2];

export const area = ([x0, y0, x1, y1]) => (x1 - x0) * (y1 - y0);

// What two boxes share: as part of the union, and of the smaller one.
export const overlaps = (one, other) => {
  const width = Math.min(one[2], other[2]) - Math.max(one[0], other[0]);
  const height = Math.min(one[3], other[3]) - Math.max(one[1], other[1]);
  const shared = Math.max(width, 0) * Math.max(height, 0);
  return [shared / (area(one) + area(other) - shared), shared / Math.min(area(one), area(other))];
};

// Of candidates for the same face one, the mean of its like; the best come first.
export const eachOnce = (candidates) => {
  let left = [...candidates].sort((one, other) => other.score - one.score);
  const faces = [];
  while (left.length) {
    const [best] = left;
    const apart = left.map(({ box }) => overlaps(best.box, box));
    const alike = left.filter((_, i) => apart[i][0] >= ALIKE);
    const total = alike.reduce((sum, { score }) => sum + score ** 3, 0);
    const average = (value) => alike.reduce((sum, one) => sum + (value(one) * one.score ** 3) / total, 0);
    faces.push({
      score: best.score,
      box: best.box.map((_, i) => average(({ box }) => box[i])),
      landmarks: best.landmarks.map((_, i) => [0, 1].map((j) => average((one) => one.landmarks[i][j]))),
    });
    left = left.filter((one, i) => one !== best && apart[i][0] < SAME && apart[i][1] < INSIDE);
  }
  return faces;
};
