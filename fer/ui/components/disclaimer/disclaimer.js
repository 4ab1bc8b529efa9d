// Shows the disclaimer until it was closed once. The note of that stays in this browser.
const dialog = element.querySelector('dialog');
const read = () => {
  try {
    return localStorage.getItem('disclaimer-read');
  } catch {
    return null; // a browser that keeps nothing shows it every time
  }
};
if (!read()) dialog.showModal();
dialog.addEventListener('close', () => {
  try {
    localStorage.setItem('disclaimer-read', 'yes');
  } catch {}
});
