// Pastes a photo with the keyboard, too, and says so when camera or clipboard were refused: gradio
// knows neither.

document.addEventListener('paste', (event) => {
  const input = document.querySelector('#picture input[type=file]');
  const [photo] = event.clipboardData.files;
  if (!photo || !input?.closest('#picture').offsetParent) return; // none, or on another tab
  input.files = event.clipboardData.files;
  input.dispatchEvent(new Event('change'));
});

const REFUSALS = ['NotAllowedError', 'NotFoundError', 'NotReadableError'];
window.addEventListener('unhandledrejection', ({ reason }) => {
  if (REFUSALS.includes(reason?.name)) trigger('refused');
});
