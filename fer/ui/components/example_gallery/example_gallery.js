// A click on an example chooses it.
element.addEventListener('click', (event) => {
  const example = event.target.closest('button')?.dataset.example;
  if (example) trigger('choose', { example: Number(example) });
});
