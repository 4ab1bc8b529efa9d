// The plot of a clip: choose a face, hide lines, and move through the time.

const SVG = 'http://www.w3.org/2000/svg';
let rows = []; // seconds, valence and probabilities of the chosen face at each moment
let length = 1;

const part = (selector) => element.querySelector(selector);
const lines = () => [...element.querySelectorAll('[data-line]')];

const path = (values) => {
  let last = -Infinity;
  return rows
    .map(([seconds], i) => {
      const move = seconds - last > 1.5 ? 'M' : 'L'; // a face that was away leaves a gap
      last = seconds;
      return `${move}${(100 * seconds) / length} ${1 - values(rows[i])}`;
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

const signed = (value) => {
  const size = Math.abs(value).toFixed(1);
  return size === '0.0' ? size : `${value < 0 ? '−' : '+'}${size}`;
};

const draw = () => {
  const [expressions, valence] = [part('.expressions'), part('.valence-line')];
  const seconds = Number(part('.timeline input').value);
  for (const svg of [expressions, valence]) svg.querySelectorAll('path').forEach((old) => old.remove());
  lines().forEach((button, i) => {
    if (button.getAttribute('aria-pressed') === 'true')
      curve(expressions, path((row) => row[2 + i]), button.style.getPropertyValue('--line'));
  });
  curve(valence, path((row) => (row[1] + 1) / 2), 'var(--bar-top)');
  [expressions, valence].forEach((svg) => cursor(svg, seconds));
  const near = rows.reduce((a, b) => (Math.abs(b[0] - seconds) < Math.abs(a[0] - seconds) ? b : a));
  const top = Math.max(...near.slice(2));
  const name = lines()[near.indexOf(top, 2) - 2].textContent;
  part('.moment').textContent =
    `At ${near[0].toFixed(1)} s: ${top < 0.5 ? 'not sure, maybe ' : ''}${name} ` +
    `${top >= 0.995 ? '> 99' : Math.round(100 * top)} %, valence ${signed(near[1])}`;
};

const choose = (number) => {
  const faces = JSON.parse(part('.timeline').dataset.faces);
  rows = faces[number];
  length = Math.max(0.1, ...Object.values(faces).flatMap((face) => face.map(([seconds]) => seconds)));
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
