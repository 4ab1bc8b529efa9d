// Gives the visitor a picture that was drawn here, so that the server needs to write no file.
const save = (canvas, name) =>
  canvas.toBlob((blob) => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  });
