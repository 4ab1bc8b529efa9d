// Boxes over the picture, bars and the trace of the chosen face.

const SLIGHT = 5; // points, which come and go by themselves

const boxes = new Map(); // by the face's id

const boxOf = (id) => {
  if (!boxes.has(id)) {
    const box = document.createElement('button');
    box.className = 'box';
    box.append(document.createElement('span'));
    box.addEventListener('click', () => {
      chosen = id;
      draw();
    });
    camera.append(box);
    boxes.set(id, box);
  }
  return boxes.get(id);
};

const drawBoxes = () => {
  for (const [id, box] of boxes)
    if (!faces.some((face) => face.id === id)) {
      box.remove();
      boxes.delete(id);
    }
  for (const { id, box: [x0, y0, x1, y1], probabilities } of faces) {
    const box = boxOf(id);
    const [across, down] = [100 / canvas.width, 100 / canvas.height];
    // The picture is shown as in a mirror.
    box.style.cssText = `right: ${x0 * across}%; top: ${y0 * down}%;
      width: ${(x1 - x0) * across}%; height: ${(y1 - y0) * down}%`;
    box.setAttribute('aria-pressed', id === chosen);
    box.classList.toggle('high', y0 * down < 6); // its label has no room above
    const text = !probabilities ? '…' : isSure(probabilities) ? topOf(probabilities) : 'not sure';
    if (box.textContent !== text) box.firstChild.textContent = text;
    box.setAttribute('aria-label', `Face ${id}: ${text}`);
  }
};

const drawBars = () => {
  const shares = shown()?.probabilities;
  part('.answer').hidden = !shares;
  const said = !shares ? 'no face' : isSure(shares) ? topOf(shares) : `not sure (${topOf(shares)}?)`;
  part('.now').textContent = said;
  if (!shares) return;
  const before = calm?.id === chosen ? calm.mean : null;
  const change = shares.map((share, i) => Math.round(100 * (share - (before?.[i] ?? share))));
  rows.forEach((row, i) => {
    row.className = names[i] === topOf(shares) ? 'top' : '';
    row.querySelector('.bar').style.width = `${100 * shares[i]}%`;
    row.cells[1].classList.toggle('compared', Boolean(before));
    row.cells[1].style.setProperty('--calm', `${100 * (before?.[i] ?? 0)}%`);
    row.cells[2].textContent = percents[Math.round(100 * shares[i])];
  });
  const most = change.indexOf(Math.max(...change));
  const more = change[most] < SLIGHT ? 'As' : `${change[most]} points more ${names[most]} than`;
  const waiting = calm?.id === chosen ? 'Keep a neutral face…' : '';
  part('.against').textContent = before ? `${more} on the neutral face, which the marks show.` : waiting;
};

const drawTrace = () => {
  const now = performance.now();
  const points = trace
    .filter(({ when, id }) => id === chosen && now - when < MINUTE)
    .map(({ when, probabilities }) => [600 - (600 * (now - when)) / MINUTE, 60 - 55 * valence(probabilities)]);
  part('polyline').setAttribute('points', points.map((point) => point.join(',')).join(' '));
};

const draw = () => {
  drawBoxes();
  drawBars();
  drawTrace();
};
