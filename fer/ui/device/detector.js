// The faces of a picture, as fer/faces/detector.py finds them in photos that are not searched in
// full size; its comments say why. `look` runs the network: pixels B×3×H×W to its maps.

import { applied, cutCrop, inverse, mean, similarity } from './alignment.js';
import { area, centre, decode, eachOnce, overlaps, SAME, scaled } from './candidates.js';
import { BICUBIC, BILINEAR, reduce, resize } from './resampling.js';

const [GLANCE, WIDEST, THUMBNAIL, HINT] = [1000, 320, 192, 0.2];
const [FACE, NARROWEST, MULTIPLE] = [0.7, 12, 64];

const [CLOSE, FACE_SIDE, LOOKS] = [192, 136, 4];
const FRAME = [[66, 78], [126, 78], [96, 110], [73, 137], [119, 137]];
const MIDDLE = [96, 102];
const [TURNED, SEEN_TURN] = [(5 * Math.PI) / 180, 0.8];

// Largest first. Known faces are looked for where they were; others at a glance at the whole
// picture, where none is known or `everywhere` asks for it.
export const findFaces = async (look, photo, known, everywhere) => {
  const others = everywhere || !known.length ? await glance(look, photo) : [];
  const fresh = others.filter((one) => !known.some(({ box }) => overlaps(box, one.box)[0] >= SAME));
  const hints = [...known, ...fresh];
  const inside = ([x0, y0, x1, y1]) => [
    ...[Math.max(x0, 0), Math.max(y0, 0)],
    ...[Math.min(x1, photo.width), Math.min(y1, photo.height)],
  ];
  return (await closer(look, photo, hints))
    .map((face) => ({ ...face, box: inside(face.box) }))
    .filter(({ box }) => box[2] - box[0] >= NARROWEST)
    .sort((one, other) => area(other.box) - area(one.box));
};

const glance = async (look, photo) => {
  const shrink = Math.ceil(Math.max(photo.width, photo.height) / GLANCE);
  const small = shrink > 1 ? reduce(photo, shrink, shrink) : photo;
  const longest = Math.max(small.width, small.height);
  const pictures = longest >= THUMBNAIL ? [small] : [];
  if (longest < THUMBNAIL || longest > WIDEST) pictures.push(thumbnail(small, THUMBNAIL / longest));
  const found = [];
  for (const picture of pictures) {
    const factors = [photo.width / picture.width, photo.height / picture.height];
    const seen = decode(await look(batch([picture])), 0, HINT);
    found.push(...seen.map((one) => scaled(one, factors)));
  }
  return eachOnce(found);
};

const thumbnail = (picture, factor) => {
  const sides = [picture.width, picture.height];
  const [width, height] = sides.map((side) => Math.max(1, Math.round(side * factor)));
  const [wide, high] = [sides[0] / width, sides[1] / height].map((by) => Math.trunc(by / 1.5) || 1);
  const reduced = wide > 1 || high > 1 ? reduce(picture, wide, high) : picture;
  const box = [0, 0, sides[0] / wide, sides[1] / high];
  return resize(reduced, width, height, box, factor < 1 ? BILINEAR : BICUBIC);
};

const closer = async (look, photo, hints) => {
  const faces = [];
  let left = hints;
  for (let turn = 0; turn < LOOKS && left.length; turn++) {
    const places = left.map(upright).filter(Boolean);
    left = [];
    for (const toWindow of places) {
      const seen = await inWindow(look, cutCrop(photo, toWindow, CLOSE, false));
      if (!seen) continue;
      const angle = turnOf(seen.landmarks);
      const face = fromWindow(turned(seen, angle / SEEN_TURN - angle), toWindow);
      (Math.abs(angle) < TURNED || turn === LOOKS - 1 ? faces : left).push(face);
    }
  }
  return eachOnce(faces);
};

// The face in the middle of a window: the mean of what it and its mirror image show.
const inWindow = async (look, window) => {
  const maps = await look(batch([window, mirrored(window)]));
  const views = [decode(maps, 0, HINT), decode(maps, 1, HINT).map(back)].map((view) =>
    view.filter((one) => centre(one).every((at, i) => Math.abs(at - MIDDLE[i]) < CLOSE / 5)),
  );
  const [both] = eachOnce(views.flat());
  const best = views.map((view) => view.reduce((most, { score }) => Math.max(most, score), 0));
  const score = (best[0] + best[1]) / 2;
  return both && score > FACE ? { ...both, score } : null;
};

// What is seen in a mirror, where left and right have changed places.
const back = (candidate) => {
  const { score, box, landmarks } = scaled(candidate, [-1, 1], [CLOSE, 0]);
  return { score, box: [2, 1, 0, 3].map((i) => box[i]), landmarks: [1, 0, 2, 4, 3].map((i) => landmarks[i]) };
};

const mirrored = ({ width, height, data }) => {
  const pixels = new Uint32Array(data.buffer.slice(0));
  for (let y = 0; y < height; y++) pixels.subarray(y * width, (y + 1) * width).reverse();
  return { width, height, data: new Uint8ClampedArray(pixels.buffer) };
};

// Pictures of one size, BGR, filled up to the right and below with black.
const batch = (pictures) => {
  const [{ width, height }] = pictures;
  const [wide, high] = [width, height].map((side) => Math.ceil(side / MULTIPLE) * MULTIPLE);
  const data = new Float32Array(pictures.length * 3 * high * wide);
  pictures.forEach((picture, index) => {
    for (let channel = 0; channel < 3; channel++) {
      const start = (3 * index + 2 - channel) * high * wide;
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++)
          data[start + y * wide + x] = picture.data[4 * (y * width + x) + channel];
    }
  });
  return { data, dims: [pictures.length, 3, high, wide] };
};

// The matrix to the window in which a face stands upright; null where the landmarks define none.
const upright = (face) => {
  const matrix = similarity(face.landmarks, FRAME);
  if (!matrix) return null;
  const [[a, b], [c, d]] = matrix;
  const factor = FACE_SIDE / Math.sqrt(area(face.box)) / Math.sqrt(a * d - b * c);
  const [p, q, r, s] = [a, b, c, d].map((value) => value * factor);
  const [x, y] = centre(face);
  return [[p, q, MIDDLE[0] - p * x - q * y], [r, s, MIDDLE[1] - r * x - s * y]];
};

const turnOf = (landmarks) => {
  const matrix = similarity(FRAME, landmarks);
  return matrix ? Math.atan2(matrix[1][0], matrix[0][0]) : 0;
};

const turned = ({ score, box, landmarks }, angle) => {
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const [x, y] = mean(landmarks);
  const turn = ([u, v]) => [x + (u - x) * cosine - (v - y) * sine, y + (u - x) * sine + (v - y) * cosine];
  return { score, box, landmarks: landmarks.map(turn) };
};

// A face seen in the window, in pixels of the photo. The box surrounds the ellipse in it.
const fromWindow = (face, toWindow) => {
  const matrix = inverse(toWindow);
  const [x, y] = applied(matrix, centre(face));
  const halves = [(face.box[2] - face.box[0]) / 2, (face.box[3] - face.box[1]) / 2];
  const [across, down] = matrix.map(([a, b]) => Math.hypot(a * halves[0], b * halves[1]));
  const landmarks = face.landmarks.map((point) => applied(matrix, point));
  return { score: face.score, box: [x - across, y - down, x + across, y + down], landmarks };
};
