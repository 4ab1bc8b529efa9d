// A face turned, scaled and cropped so that its landmarks land on fixed places: what
// fer/faces/alignment.py does, whose comments say why.

import { blank, crop, resize, transform } from './resampling.js';

const LEAST = 16;

export const mean = (points) =>
  points.reduce(([x, y], [u, v]) => [x + u / points.length, y + v / points.length], [0, 0]);

// Where the 2×3 matrix takes a point.
export const applied = ([[a, b, c], [d, e, f]], [x, y]) => [a * x + b * y + c, d * x + e * y + f];

// The 2×3 matrix back.
export const inverse = ([[a, b, c], [d, e, f]]) => {
  const area = a * e - b * d;
  const [p, q, r, s] = [e / area, -b / area, -d / area, a / area];
  return [[p, q, -(p * c + q * f)], [r, s, -(r * c + s * f)]];
};

// The 2×3 matrix that takes points nearest to others by turn, scale and shift; null without one.
export const similarity = (source, target) => {
  const [[zx, zy], [wx, wy]] = [mean(source), mean(target)];
  let [length, real, imaginary] = [0, 0, 0];
  source.forEach(([x, y], i) => {
    const [u, v] = [x - zx, y - zy];
    const [s, t] = [target[i][0] - wx, target[i][1] - wy];
    length += u * u + v * v;
    real += u * s + v * t;
    imaginary += u * t - v * s;
  });
  const [a, b] = [real / length, imaginary / length];
  if (!Number.isFinite(a + b) || (!a && !b)) return null;
  return [[a, -b, wx - a * zx + b * zy], [b, a, wy - b * zx - a * zy]];
};

// The square crop that the matrix describes; black where the photo has no pixels.
export const cutCrop = (photo, matrix, size, smooth) => {
  const back = inverse(matrix);
  const sides = [photo.width, photo.height];
  const scale = [0, 1].map((i) =>
    Math.min(Math.max(Math.hypot(matrix[0][i], matrix[1][i]), Math.min(LEAST / sides[i], 1)), 1),
  );
  const middle = applied(back, [size / 2, size / 2]).map((at, i) => (scale[i] < 1 ? at : Math.round(at)));
  const corners = [[0, 0], [size, 0], [0, size], [size, size]].map((corner) => applied(back, corner));
  const [before, after] = [[], []];
  for (const i of [0, 1]) {
    const places = corners.map((corner) => corner[i]);
    const low = Math.min(middle[i] - Math.min(...places), middle[i]);
    const high = Math.min(Math.max(...places) - middle[i], sides[i] - middle[i]);
    before.push(Math.ceil(low * scale[i] + 2));
    after.push(Math.ceil(high * scale[i] + 2));
  }
  const count = before.map((own, i) => own + after[i]);
  if (Math.min(...count) <= 0) return blank(size, size);
  const start = middle.map((at, i) => at - before[i] / scale[i]);
  const end = middle.map((at, i) => at + after[i] / scale[i]);
  const region = part(photo, start, end, count);
  const rows = back.map(([a, b, c], i) => [a, b, c - start[i]].map((value) => value * scale[i]));
  return transform(region, size, rows, smooth);
};

// From start to end in another size; black beyond the photo.
const part = (photo, start, end, size) => {
  const sides = [photo.width, photo.height];
  const seen = size.map((count, i) => Math.ceil((end[i] - start[i]) / count) + 1);
  const low = start.map((at, i) => Math.min(Math.max(Math.floor(at) - seen[i], 0), Math.floor(at)));
  const high = end.map((at, i) => Math.max(Math.min(Math.ceil(at) + seen[i], sides[i]), Math.ceil(at)));
  const box = [...start.map((at, i) => at - low[i]), ...end.map((at, i) => at - low[i])];
  return resize(crop(photo, low, high), ...size, box);
};
