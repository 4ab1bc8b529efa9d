// The camera, its faces and what they show. One picture is under way at a time.

const WIDTH = 480; // of the picture that is sent
const SMOOTH = 0.35; // the share of the newest answer
const FRESH = 10; // pictures after which new faces are looked for everywhere
const MINUTE = 60_000;

const part = (selector) => element.querySelector(selector);
const [video, camera, start] = [part('video'), part('.camera'), part('.start')];
const rows = [...element.querySelectorAll('.bars tr')];
const names = rows.map((row) => row.cells[0].textContent);
const sure = Number(part('.live').dataset.sure);
const percents = JSON.parse(part('.live').dataset.percents); // the text of each whole per cent
const canvas = document.createElement('canvas');

let running = false;
let faces = []; // box, smoothed probabilities and valence of each
let trace = []; // [time, valence] of the first face
let times = []; // of the answers of the last seconds
let count = 0;

const say = (text) => {
  part('.message').textContent = text;
  part('.message').hidden = !text;
};

const picture = () => {
  canvas.width = WIDTH;
  canvas.height = Math.round((WIDTH * video.videoHeight) / video.videoWidth);
  canvas.getContext('2d').drawImage(video, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/jpeg', 0.85);
};

const drawBoxes = () => {
  camera.querySelectorAll('.box').forEach((box) => box.remove());
  faces.forEach(({ box: [x0, y0, x1, y1] }, i) => {
    const box = document.createElement('div');
    box.className = 'box';
    // The picture is shown as in a mirror.
    box.style.cssText = `right: ${(100 * x0) / canvas.width}%; top: ${(100 * y0) / canvas.height}%;
      width: ${(100 * (x1 - x0)) / canvas.width}%; height: ${(100 * (y1 - y0)) / canvas.height}%`;
    box.innerHTML = `<span>${i + 1}</span>`;
    camera.append(box);
  });
};

const drawBars = () => {
  const shares = faces[0]?.probabilities ?? names.map(() => 0);
  const top = Math.max(...shares);
  rows.forEach((row, i) => {
    row.className = faces.length && shares[i] === top ? 'top' : '';
    row.querySelector('.bar').style.width = `${100 * shares[i]}%`;
    row.cells[2].textContent = faces.length ? percents[Math.round(100 * shares[i])] : '';
  });
  const name = names[shares.indexOf(top)];
  part('.now').textContent = !faces.length ? 'no face' : top < sure ? `not sure (${name}?)` : name;
};

const drawTrace = (now) => {
  trace = trace.filter(([when]) => now - when < MINUTE);
  const points = trace.map(([when, valence]) => [600 - (600 * (now - when)) / MINUTE, 60 - 55 * valence]);
  part('polyline').setAttribute('points', points.map((point) => point.join(',')).join(' '));
};

const smooth = (found, now) => {
  faces = found.map(({ box, was, probabilities, valence }) => {
    const before = faces[was];
    const towards = (old, value) => (before ? old + SMOOTH * (value - old) : value);
    return {
      box,
      probabilities: probabilities.map((p, i) => towards(before?.probabilities[i], p)),
      valence: towards(before?.valence, valence),
    };
  });
  if (faces.length) trace.push([now, faces[0].valence]);
  times = [...times.filter((when) => now - when < 3000), now];
  const seconds = (now - times[0]) / 1000;
  part('.rate').textContent = seconds > 1 ? `${((times.length - 1) / seconds).toFixed(1)} a second` : '';
};

const stop = () => {
  running = false;
  video.srcObject?.getTracks().forEach((track) => track.stop());
  start.textContent = 'Start';
  part('.rate').textContent = '';
  times = [];
};

// Nobody looks at another tab's camera.
const stopUnseen = () => running && (!element.offsetParent || document.hidden) && stop();
new IntersectionObserver(stopUnseen).observe(element);
document.addEventListener('visibilitychange', stopUnseen);

const stream = async () => {
  while (running) {
    count += 1;
    const before = count % FRESH ? faces.map(({ box }) => box) : [];
    let answer;
    try {
      answer = await server.read_picture({ picture: picture(), before });
    } catch {
      answer = { error: 'The server does not answer: try again in a minute.' };
    }
    if (!running) return;
    if (answer.error) {
      say(answer.error);
      return stop();
    }
    smooth(before.length ? answer.faces : matched(answer.faces), performance.now());
    drawBoxes();
    drawBars();
    drawTrace(performance.now());
  }
};

// Faces looked for everywhere know none before: the nearest earlier one is the same.
const matched = (found) =>
  found.map((face) => {
    const far = faces.map(({ box }) => Math.hypot(box[0] - face.box[0], box[1] - face.box[1]));
    const was = far.indexOf(Math.min(...far));
    return { ...face, was: far[was] < face.box[2] - face.box[0] ? was : null };
  });

start.addEventListener('click', async () => {
  if (running) return stop();
  say('');
  start.disabled = true; // until the visitor has allowed the camera: two loops would run
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({
      video: { width: 640, height: 480, facingMode: 'user' },
    });
    await video.play();
  } catch {
    return say('The camera cannot be used: allow it in the browser and press Start again.');
  } finally {
    start.disabled = false;
  }
  part('.off').hidden = true;
  running = true;
  start.textContent = 'Pause';
  stopUnseen(); // the visitor may have gone to another tab meanwhile
  stream();
});
