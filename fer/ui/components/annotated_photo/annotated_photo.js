// The boxes' labels, a closer look at a small face, and the photo to take away with its boxes.

const SMALL = 28; // pixels of the screen: narrower boxes have a label while chosen or pointed at
const FAR = 1.5; // a face that would not be that much larger is close enough

const label = (pointed) => {
  const boxes = all('.box');
  const faces = boxes.map((box) => box.getBoundingClientRect());
  const first = (box) => (box === chosen() ? 2 : 0) + (box === pointed ? 1 : 0);
  const labelled = boxes
    .filter((box, i) => first(box) || faces[i].width >= SMALL)
    .sort((a, b) => first(b) - first(a));
  const labels = labelled.map((box) => {
    const { width, height } = box.firstElementChild.getBoundingClientRect();
    return { face: boxes.indexOf(box), width, height };
  });
  for (const box of boxes) box.firstElementChild.classList.remove('placed');
  if (!boxes.length) return;
  places(labels, faces, part('.photo').getBoundingClientRect()).forEach((place, i) => {
    if (!place) return;
    const [box, { x, y }] = [labelled[i], faces[labels[i].face]];
    const { style, classList } = box.firstElementChild;
    style.left = `${place.x - x - box.clientLeft}px`; // its border is outside of its content
    style.top = `${place.y - y - box.clientTop}px`;
    classList.add('placed');
  });
};

const zoom = () => {
  const [width, height] = JSON.parse(part('.photo').dataset.size);
  const [x0, y0, x1, y1] = JSON.parse(chosen().dataset.region);
  const closer = part('.closer');
  const near = Math.min(width / (x1 - x0), height / (y1 - y0));
  const on = closer.getAttribute('aria-pressed') === 'true';
  closer.hidden = near < FAR && !on;
  const times = on ? near : 1;
  const shift = (low, high, side) =>
    Math.min(0, Math.max(side - times * side, (side - times * (low + high)) / 2)) / side;
  const style = { '--times': times, '--x': shift(x0, x1, width), '--y': shift(y0, y1, height) };
  for (const [name, value] of Object.entries(style)) part('.scene').style.setProperty(name, value);
  label();
};

new ResizeObserver(() => label()).observe(element);
element.addEventListener('pointerover', ({ target }) => label(target.closest('.box')));
element.addEventListener('click', ({ target }) => {
  const closer = target.closest('.closer');
  if (!closer) return;
  closer.setAttribute('aria-pressed', closer.getAttribute('aria-pressed') !== 'true');
  zoom();
});

offerDrawn('faces.png', () => {
  const photo = part('.photo img');
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [photo.naturalWidth, photo.naturalHeight];
  const pen = canvas.getContext('2d');
  pen.drawImage(photo, 0, 0);
  const [mark, ink] = ['--mark', '--ink'].map((name) => getComputedStyle(element).getPropertyValue(name));
  const line = Math.max(2, canvas.width / 250);
  const size = Math.max(14, canvas.width / 45);
  pen.font = `600 ${size}px system-ui, sans-serif`;
  pen.textBaseline = 'top';
  const boxes = all('.box');
  const faces = boxes.map(({ style }) => {
    const share = (side) => parseFloat(style[side]) / 100;
    const [x, width] = [share('left') * canvas.width, share('width') * canvas.width];
    const [y, height] = [share('top') * canvas.height, share('height') * canvas.height];
    return { x, y, width, height };
  });
  for (const { x, y, width, height } of faces) {
    for (const [colour, thickness] of [[ink, line + 2], [mark, line]]) {
      Object.assign(pen, { strokeStyle: colour, lineWidth: thickness });
      pen.strokeRect(x, y, width, height);
    }
  }
  const texts = boxes.map((box) => box.textContent);
  const labels = texts.map((text, face) => {
    return { face, width: pen.measureText(text).width + 0.6 * size, height: 1.4 * size };
  });
  const frame = { x: 0, y: 0, width: canvas.width, height: canvas.height };
  places(labels, faces, frame).forEach((place, i) => {
    if (!place) return;
    pen.fillStyle = mark;
    pen.fillRect(place.x, place.y, place.width, place.height);
    pen.fillStyle = ink;
    pen.fillText(texts[i], place.x + 0.3 * size, place.y + 0.2 * size);
  });
  return canvas;
});
