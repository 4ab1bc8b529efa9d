// Gives the visitor the picture of that name, which `draw` makes on a canvas, so that the server
// needs to write no file.
const offerDrawn = (name, draw) =>
  element.addEventListener('click', (event) => {
    if (event.target.closest('button')?.dataset.download !== name) return;
    draw().toBlob((blob) => {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(blob);
      link.download = name;
      link.click();
      URL.revokeObjectURL(link.href);
    });
  });
