// Gives the visitor the picture that `draw` makes on a canvas, so that the server needs to write no
// file.
const offerDrawn = (draw) =>
  element.addEventListener('click', (event) => {
    const name = event.target.closest('button')?.dataset.download;
    if (!name) return;
    draw().toBlob((blob) => {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(blob);
      link.download = name;
      link.click();
      URL.revokeObjectURL(link.href);
    });
  });
