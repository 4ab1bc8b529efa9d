// Draws what the model looked at over the chosen face: fer/heatmap.py in JavaScript, with a soft
// edge around the face.

const ROOM = 1.15; // of the oval that is coloured, in half sides of the box
const FULL = 0.6; // of its radius that is coloured fully
const FULL_CROP = 0.8; // likewise of the circle that the crop has room for

// The two of `length` values that a pixel of `side` lies between, and the share of the second.
const between = (pixel, side, length) => {
  const at = (((2 * pixel + 1) * length) / side - 1) / 2;
  const [first, inside] = [Math.floor(at), (i) => Math.min(Math.max(i, 0), length - 1)];
  return [inside(first), inside(first + 1), at - first];
};

const enlarged = (map, [height, width], side) => {
  const values = new Float32Array(side * side);
  for (let y = 0; y < side; y++) {
    const [above, below, down] = between(y, side, height);
    for (let x = 0; x < side; x++) {
      const [left, right, across] = between(x, side, width);
      const at = (row) => map[row * width + left] * (1 - across) + map[row * width + right] * across;
      values[y * side + x] = at(above) * (1 - down) + at(below) * down;
    }
  }
  return values;
};

// The colours over a model's crop; the colder, the more transparent.
const coloured = ({ maps, shape, side }, emotion, colours) => {
  const size = shape[0] * shape[1];
  const bytes = Uint8Array.from(atob(maps), (letter) => letter.charCodeAt(0));
  const values = enlarged(bytes.subarray(emotion * size, (emotion + 1) * size), shape, side);
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  const pen = canvas.getContext('2d');
  const picture = pen.createImageData(side, side);
  values.forEach((value, i) => {
    const heat = high > low ? (value - low) / (high - low) : 0;
    const step = Math.min(Math.floor(heat * (colours.length - 1)), colours.length - 2);
    const share = heat * (colours.length - 1) - step;
    const channel = (c) => colours[step][c] * (1 - share) + colours[step + 1][c] * share;
    picture.data.set([channel(0), channel(1), channel(2), 255 * heat], 4 * i);
  });
  pen.putImageData(picture, 0, 0);
  return canvas;
};

// Only what lies in an oval stays, where the oval is what becomes of a circle of radius 1.
const keep = (pen, oval, full) => {
  pen.setTransform(oval);
  const edge = pen.createRadialGradient(0, 0, full, 0, 0, 1);
  edge.addColorStop(0, '#000f');
  edge.addColorStop(1, '#0000');
  pen.fillStyle = edge;
  pen.globalCompositeOperation = 'destination-in';
  pen.beginPath();
  pen.arc(0, 0, 1, 0, 2 * Math.PI);
  pen.fill();
};

const explain = () => {
  const { models, box } = JSON.parse(chosen().dataset.heat);
  const { value: emotion, selectedIndex } = part('.emotion');
  const model = models[part('.member')?.selectedIndex ?? 0];
  const canvas = part('.layer');
  const pen = canvas.getContext('2d');
  const [width, height] = JSON.parse(part('.photo').dataset.size);
  pen.reset();
  const scaled = new DOMMatrix().scale(canvas.width / width, canvas.height / height);
  const placed = scaled.multiply(new DOMMatrix(model.to_crop).inverse());
  pen.setTransform(placed);
  const colours = JSON.parse(part('.heatmap').dataset.colours);
  pen.drawImage(coloured(model, selectedIndex, colours), 0, 0);
  const [x0, y0, x1, y1] = box;
  const oval = scaled.translate((x0 + x1) / 2, (y0 + y1) / 2);
  keep(pen, oval.scale((ROOM * (x1 - x0)) / 2, (ROOM * (y1 - y0)) / 2), FULL);
  const half = model.side / 2;
  keep(pen, placed.translate(half, half).scale(half, half), FULL_CROP);
  canvas.setAttribute('aria-label', `The face, coloured by what spoke for ${emotion}`);
  part('.asked').textContent = emotion;
  strengthen();
};

const strengthen = () =>
  part('.photo').style.setProperty('--strength', part('.before-after input').value / 100);

const explainAnswer = () => {
  part('.emotion').value = JSON.parse(chosen().dataset.heat).emotion;
  if (part('.member')) part('.member').selectedIndex = 0;
  explain();
};

element.addEventListener('input', ({ target }) => (target.matches('select') ? explain() : strengthen()));

offerDrawn('heatmap.png', () => {
  const [photo, layer] = [part('.photo img'), part('.layer')];
  const [width, height] = JSON.parse(part('.photo').dataset.size);
  const [x0, y0, x1, y1] = JSON.parse(chosen().dataset.region);
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = part('.heatmap').dataset.closeUpSide;
  const pen = canvas.getContext('2d');
  const draw = (picture, [across, down]) =>
    pen.drawImage(
      picture,
      ...[(x0 * across) / width, (y0 * down) / height],
      ...[((x1 - x0) * across) / width, ((y1 - y0) * down) / height],
      ...[0, 0, canvas.width, canvas.height]
    );
  draw(photo, [photo.naturalWidth, photo.naturalHeight]);
  pen.globalAlpha = getComputedStyle(layer).opacity;
  draw(layer, [layer.width, layer.height]);
  return canvas;
});
