// For the answered photo and for the examples: a click on a face, in the photo or in the strip, or on
// an example, chooses it.

const chosen = (face) => {
  for (const button of element.querySelectorAll('[data-face]'))
    button.setAttribute('aria-pressed', button.dataset.face === face);
};

// The photo with its boxes.
const drawn = () => {
  const photo = element.querySelector('.photo img');
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [photo.naturalWidth, photo.naturalHeight];
  const pen = canvas.getContext('2d');
  pen.drawImage(photo, 0, 0);
  const line = Math.max(2, canvas.width / 250);
  const size = Math.max(14, canvas.width / 45);
  pen.font = `600 ${size}px system-ui, sans-serif`;
  pen.textBaseline = 'top';
  element.querySelectorAll('.box').forEach((box, i) => {
    const [x, y, width, height] = ['left', 'top', 'width', 'height'].map(
      (side, axis) => (parseFloat(box.style[side]) / 100) * (axis % 2 ? canvas.height : canvas.width)
    );
    pen.strokeStyle = '#16282c';
    pen.lineWidth = line + 2;
    pen.strokeRect(x, y, width, height);
    pen.strokeStyle = '#ffc247';
    pen.lineWidth = line;
    pen.strokeRect(x, y, width, height);
    const text = `${i + 1} ${box.dataset.label}`;
    const top = Math.max(0, y - 1.4 * size);
    pen.fillStyle = '#ffc247';
    pen.fillRect(x, top, pen.measureText(text).width + 0.6 * size, 1.4 * size);
    pen.fillStyle = '#16282c';
    pen.fillText(text, x + 0.3 * size, top + 0.2 * size);
  });
  return canvas;
};

element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (button?.dataset.download) save(drawn(), button.dataset.download);
  if (button?.dataset.face) {
    chosen(button.dataset.face);
    trigger('choose', { face: Number(button.dataset.face) });
  }
});
