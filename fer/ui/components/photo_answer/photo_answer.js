// Chooses a face, in the photo or in the strip, and shows an answer that has come.

const part = (selector) => element.querySelector(selector);
const all = (selector) => [...element.querySelectorAll(selector)];
const chosen = () => part('.box[aria-pressed="true"]');

const choose = (face) => {
  for (const button of all('[data-face]'))
    button.setAttribute('aria-pressed', button.dataset.face === face);
  for (const one of all('[data-of]')) one.hidden = one.dataset.of !== face;
  zoom();
  explainAnswer();
};

element.addEventListener('click', ({ target }) => {
  const button = target.closest('button');
  if (button?.dataset.face) choose(button.dataset.face);
  if (button?.matches('.again')) trigger('again');
});

watch('value', () => {
  if (!chosen()) return;
  choose(chosen().dataset.face);
  part('h2').focus({ preventScroll: true }); // what had the focus is gone
  const { bottom } = part('.photo').getBoundingClientRect();
  if (bottom > innerHeight || part('h2').getBoundingClientRect().top < 0) element.scrollIntoView();
});
