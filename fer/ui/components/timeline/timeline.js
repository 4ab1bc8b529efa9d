// The plot of a clip: choose a face, hide lines, and move through the time.

const SVG = 'http://www.w3.org/2000/svg';
const GAP = 1.5; // seconds; a face that was away for longer leaves a gap
let moments = []; // of the chosen face: seconds, valence, probabilities, and all of it as a text
let length = 1;

const part = (selector) => element.querySelector(selector);
const lines = () => [...element.querySelectorAll('[data-line]')];

const path = (height) => {
  let last = -Infinity;
  return moments
    .map((moment) => {
      const move = moment.seconds - last > GAP ? 'M' : 'L';
      last = moment.seconds;
      return `${move}${(100 * moment.seconds) / length} ${1 - height(moment)}`;
    })
    .join('');
};

const curve = (svg, d, colour) => {
  const line = document.createElementNS(SVG, 'path');
  line.setAttribute('d', d);
  line.setAttribute('stroke', colour);
  svg.append(line);
};

const cursor = (svg, seconds) => {
  const line = document.createElementNS(SVG, 'path');
  line.setAttribute('d', `M${(100 * seconds) / length} 0V1`);
  line.setAttribute('class', 'cursor');
  svg.append(line);
};

const draw = () => {
  const [expressions, valence] = [part('.expressions'), part('.valence-line')];
  const seconds = Number(part('.timeline input').value);
  for (const svg of [expressions, valence]) svg.querySelectorAll('path').forEach((old) => old.remove());
  lines().forEach((button, i) => {
    if (button.getAttribute('aria-pressed') === 'true')
      curve(
        expressions,
        path((moment) => moment.probabilities[i]),
        button.style.getPropertyValue('--line')
      );
  });
  curve(valence, path((moment) => (moment.valence + 1) / 2), 'var(--bar-top)');
  [expressions, valence].forEach((svg) => cursor(svg, seconds));
  const away = (moment) => Math.abs(moment.seconds - seconds);
  part('.moment').textContent = moments.reduce((a, b) => (away(b) < away(a) ? b : a)).text;
};

const choose = (number) => {
  const faces = JSON.parse(part('.timeline').dataset.faces);
  moments = faces[number];
  length = Math.max(0.1, ...Object.values(faces).flatMap((face) => face.map(({ seconds }) => seconds)));
  part('.timeline input').max = length;
  for (const button of element.querySelectorAll('[data-number]'))
    button.setAttribute('aria-pressed', button.dataset.number === String(number));
  draw();
};

watch('value', () => {
  const first = part('[data-number]');
  if (first) choose(first.dataset.number);
});

element.addEventListener('input', draw);
element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (button?.dataset.number) choose(button.dataset.number);
  if (button?.dataset.line) {
    button.setAttribute('aria-pressed', button.getAttribute('aria-pressed') !== 'true');
    draw();
  }
});
element.addEventListener('pointermove', (event) => {
  const svg = event.target.closest('svg');
  if (!svg) return;
  const { left, width } = svg.getBoundingClientRect();
  part('.timeline input').value = (length * (event.clientX - left)) / width;
  draw();
});
