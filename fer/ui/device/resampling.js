// Pictures made smaller, larger and turned, to the same pixels as Pillow makes them in Python.
// A picture is { width, height, data }, RGBA like a canvas's; its alpha is not looked at.

export const blank = (width, height) => ({ width, height, data: new Uint8ClampedArray(4 * width * height) });

const triangle = (x) => Math.max(0, 1 - Math.abs(x));
const cubic = (x) => {
  const d = Math.abs(x);
  if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
  return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
};
export const BILINEAR = { reach: 1, weigh: triangle };
export const BICUBIC = { reach: 2, weigh: cubic };

// The part from low to high, whole pixels; black where the picture has none.
export const crop = (picture, [x0, y0], [x1, y1]) => {
  const part = blank(x1 - x0, y1 - y0);
  const [left, right] = [Math.max(x0, 0), Math.min(x1, picture.width)];
  for (let y = Math.max(y0, 0); y < Math.min(y1, picture.height) && left < right; y++) {
    const row = 4 * y * picture.width;
    const own = picture.data.subarray(row + 4 * left, row + 4 * right);
    part.data.set(own, 4 * ((y - y0) * part.width + left - x0));
  }
  return part;
};

// Averages of whole numbers of pixels, wide × high.
export const reduce = (picture, wide, high) => {
  const { width, height, data } = picture;
  const small = blank(Math.ceil(width / wide), Math.ceil(height / high));
  for (let y = 0; y < small.height; y++) {
    const bottom = Math.min((y + 1) * high, height);
    for (let x = 0; x < small.width; x++) {
      const right = Math.min((x + 1) * wide, width);
      const count = (bottom - y * high) * (right - x * wide);
      const share = Math.trunc(Math.fround(2 ** 24 / count)); // as Pillow divides
      for (let channel = 0; channel < 3; channel++) {
        let sum = Math.floor(count / 2);
        for (let v = y * high; v < bottom; v++)
          for (let u = x * wide; u < right; u++) sum += data[4 * (v * width + u) + channel];
        small.data[4 * (y * small.width + x) + channel] = Math.floor((sum * share) / 2 ** 24);
      }
    }
  }
  return small;
};

// The box (x0, y0, x1, y1, parts of pixels) in another size: rows first, then columns.
export const resize = (picture, width, height, box, filter = BILINEAR) => {
  const [x0, y0, x1, y1] = (box ?? [0, 0, picture.width, picture.height]).map(Math.fround);
  const columns = weights(x0, x1, picture.width, width, filter);
  const rows = weights(y0, y1, picture.height, height, filter);
  const narrow = blank(width, picture.height);
  const [top, bottom] = [rows[0].first, rows[height - 1].first + rows[height - 1].shares.length];
  for (let y = top; y < bottom; y++)
    mix(picture, 4 * y * picture.width, 4, columns, narrow, 4 * y * width, 4);
  const done = blank(width, height);
  for (let x = 0; x < width; x++) mix(narrow, 4 * x, 4 * width, rows, done, 4 * x, 4 * width);
  return done;
};

const WHOLE = 2 ** 22; // the sum of shares, which are whole numbers

// For each pixel to come, the first one that it is mixed from and the share of each.
const weights = (start, end, length, size, { reach, weigh }) => {
  const scale = (end - start) / size;
  const wide = Math.max(scale, 1);
  return Array.from({ length: size }, (_, i) => {
    const centre = start + (i + 0.5) * scale;
    const first = Math.max(Math.trunc(centre - reach * wide + 0.5), 0);
    const last = Math.min(Math.trunc(centre + reach * wide + 0.5), length);
    const shares = new Float64Array(last - first).map((_, j) => weigh((first + j - centre + 0.5) / wide));
    const sum = shares.reduce((a, b) => a + b, 0);
    return { first, shares: shares.map((share) => Math.round((share / sum) * WHOLE)) };
  });
};

// One row or column; `step` leads from a pixel's number to the next one's.
const mix = (from, start, step, parts, to, begin, stride) => {
  for (let i = 0; i < parts.length; i++) {
    const { first, shares } = parts[i];
    let [r, g, b] = [WHOLE / 2, WHOLE / 2, WHOLE / 2];
    for (let j = 0, at = start + first * step; j < shares.length; j++, at += step) {
      r += shares[j] * from.data[at];
      g += shares[j] * from.data[at + 1];
      b += shares[j] * from.data[at + 2];
    }
    const at = begin + i * stride; // the array keeps numbers from 0 to 255
    to.data[at] = Math.floor(r / WHOLE);
    to.data[at + 1] = Math.floor(g / WHOLE);
    to.data[at + 2] = Math.floor(b / WHOLE);
  }
};

const linear = (a, b, c, d, at) => b + at * (c - b);
const bent = (a, b, c, d, at) =>
  b + at * (c - a + at * (2 * (a - b) + c - d + at * (b - a - c + d)));

// A square picture whose pixel (x, y) lies in the given one where the 2×3 matrix takes it.
export const transform = (picture, size, [[a, b, c], [d, e, f]], smooth) => {
  const { width, height, data } = picture;
  const square = blank(size, size);
  const between = smooth ? bent : linear;
  const bounded = (at, length) => Math.min(Math.max(at, 0), length - 1);
  const [columns, rows] = [new Int32Array(4), new Int32Array(4)];
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) {
      const x = a * (i + 0.5) + b * (j + 0.5) + c;
      const y = d * (i + 0.5) + e * (j + 0.5) + f;
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      const left = Math.floor(x - 0.5);
      const top = Math.floor(y - 0.5);
      const right = x - 0.5 - left;
      const down = y - 0.5 - top;
      for (let k = 0; k < 4; k++) {
        columns[k] = 4 * bounded(left - 1 + k, width);
        rows[k] = 4 * width * bounded(top - 1 + k, height);
      }
      const [k, l, m, n] = columns;
      const along = (at) => between(data[at + k], data[at + l], data[at + m], data[at + n], right);
      for (let channel = 0; channel < 3; channel++) {
        const [first, second] = [along(rows[1] + channel), along(rows[2] + channel)];
        const value = smooth
          ? bent(along(rows[0] + channel), first, second, along(rows[3] + channel), down)
          : first + down * (second - first);
        square.data[4 * (j * size + i) + channel] = Math.floor(Math.max(value, 0));
      }
    }
  }
  return square;
};
