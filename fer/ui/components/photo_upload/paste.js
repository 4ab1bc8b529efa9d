// Pastes a photo with the keyboard, too, takes those whose kind the browser does not know, such as
// HEIC, and says so when camera or clipboard were refused: gradio knows none of it.

document.addEventListener('paste', (event) => {
  const input = document.querySelector('#picture input[type=file]');
  const [photo] = event.clipboardData.files;
  if (!photo || !input?.closest('#picture').offsetParent) return; // none, or on another tab
  input.files = event.clipboardData.files;
  input.dispatchEvent(new Event('change'));
});

// gradio refuses a file without a type. The library looks at what is in it.
function typed(files) {
  const transfer = new DataTransfer();
  for (const file of files) {
    transfer.items.add(file.type ? file : new File([file], file.name, { type: 'image/unknown' }));
  }
  return transfer;
}

document.addEventListener('change', ({ target }) => {
  if (target.matches('#picture input[type=file]')) target.files = typed(target.files).files;
}, true); // before gradio hears of it

document.addEventListener('drop', (event) => {
  if (!event.target.closest('#picture') || !event.dataTransfer.files.length) return;
  Object.defineProperty(event, 'dataTransfer', { value: typed(event.dataTransfer.files) });
}, true);

const REFUSALS = ['NotAllowedError', 'NotFoundError', 'NotReadableError'];
window.addEventListener('unhandledrejection', ({ reason }) => {
  if (REFUSALS.includes(reason?.name)) trigger('refused');
});
