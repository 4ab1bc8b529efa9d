// A click on a face, in the photo or in the strip, chooses it; the photo can be taken away with its
// boxes.

element.addEventListener('click', (event) => {
  const face = event.target.closest('button')?.dataset.face;
  if (!face) return;
  for (const button of element.querySelectorAll('[data-face]'))
    button.setAttribute('aria-pressed', button.dataset.face === face);
  trigger('choose', { face: Number(face) });
});

offerDrawn(() => {
  const photo = element.querySelector('.photo img');
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [photo.naturalWidth, photo.naturalHeight];
  const pen = canvas.getContext('2d');
  pen.drawImage(photo, 0, 0);
  const [mark, ink] = ['--mark', '--ink'].map((name) => getComputedStyle(element).getPropertyValue(name));
  const line = Math.max(2, canvas.width / 250);
  const size = Math.max(14, canvas.width / 45);
  pen.font = `600 ${size}px system-ui, sans-serif`;
  pen.textBaseline = 'top';
  element.querySelectorAll('.box').forEach((box, i) => {
    const [x, y, width, height] = ['left', 'top', 'width', 'height'].map(
      (side, axis) => (parseFloat(box.style[side]) / 100) * (axis % 2 ? canvas.height : canvas.width)
    );
    pen.strokeStyle = ink;
    pen.lineWidth = line + 2;
    pen.strokeRect(x, y, width, height);
    pen.strokeStyle = mark;
    pen.lineWidth = line;
    pen.strokeRect(x, y, width, height);
    const text = `${i + 1} ${box.dataset.label}`;
    const top = Math.max(0, y - 1.4 * size);
    pen.fillStyle = mark;
    pen.fillRect(x, top, pen.measureText(text).width + 0.6 * size, 1.4 * size);
    pen.fillStyle = ink;
    pen.fillText(text, x + 0.3 * size, top + 0.2 * size);
  });
  return canvas;
});
