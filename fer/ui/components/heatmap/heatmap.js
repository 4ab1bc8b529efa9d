// Runs once for the heatmap: its strength is changed here, without asking the server.
element.addEventListener('input', (event) => {
  element.style.setProperty('--strength', event.target.value / 100);
});

offerDrawn(() => {
  const [face, layer] = element.querySelectorAll('.after img');
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [face.naturalWidth, face.naturalHeight];
  const pen = canvas.getContext('2d');
  pen.drawImage(face, 0, 0);
  pen.globalAlpha = getComputedStyle(layer).opacity;
  pen.drawImage(layer, 0, 0);
  return canvas;
});
