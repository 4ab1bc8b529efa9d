// Runs once for the heatmap: its strength is changed here, without asking the server.
element.addEventListener('input', (event) => {
  element.style.setProperty('--strength', event.target.value / 100);
});
