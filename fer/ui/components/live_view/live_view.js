// The camera and the loop: one picture is under way at a time.

const LONGEST = 480; // side of the picture that is looked at
const FRESH = 10; // pictures after which new faces are looked for everywhere
const AGAIN = 2000; // milliseconds until a silent server is asked again

const part = (selector) => element.querySelector(selector);
const [video, camera, start] = [part('video'), part('.camera'), part('.start')];
const [canvas, { dataset }] = [part('canvas'), part('.live')];
const rows = [...element.querySelectorAll('.bars tr')];
const names = rows.map((row) => row.cells[0].textContent);
const sure = Number(dataset.sure);
const percents = JSON.parse(dataset.percents); // the text of each whole per cent
const valences = JSON.parse(dataset.valences); // of each emotion
const context = canvas.getContext('2d', { willReadFrequently: true });

let running = false;
let source = null; // a promise of one, from when the tab is first looked at
let reading = false;
let times = []; // of the pictures of the last seconds

const say = (text) => {
  part('.message').textContent = text;
  part('.message').hidden = !text;
};

const tell = (where) => {
  part('.where').textContent = WHERE[where];
};

// The networks are loaded when the tab is first looked at.
const prepare = () => {
  source ??= dataset.device
    ? deviceSource(dataset.device).catch(() => {
        tell('unable');
        return serverSource;
      })
    : Promise.resolve(serverSource);
};
tell(dataset.device ? 'device' : 'server');
new IntersectionObserver(() => element.offsetParent && prepare()).observe(element);

const takePicture = () => {
  const scale = LONGEST / Math.max(video.videoWidth, video.videoHeight);
  const [width, height] = [video.videoWidth, video.videoHeight].map((side) => Math.round(side * scale));
  if (canvas.width !== width || canvas.height !== height) {
    Object.assign(canvas, { width, height });
    camera.style.aspectRatio = `${width} / ${height}`;
    camera.style.maxWidth = `${(70 * width) / height}vh`;
  }
  context.drawImage(video, 0, 0, width, height);
};

const stop = () => {
  running = false;
  // The picture that was looked at last stays, with its boxes.
  camera.classList.add('frozen');
  video.srcObject?.getTracks().forEach((track) => track.stop());
  start.textContent = 'Start';
  part('.rate').textContent = '';
  times = [];
};

// Nobody looks at another tab's camera.
const stopUnseen = () => running && (!element.offsetParent || document.hidden) && stop();
new IntersectionObserver(stopUnseen).observe(element);
document.addEventListener('visibilitychange', stopUnseen);

const count = () => {
  const now = performance.now();
  times = [...times.filter((when) => now - when < 3000), now];
  const seconds = (now - times[0]) / 1000;
  const rate = ((times.length - 1) / seconds).toFixed(0);
  part('.rate').textContent = seconds > 1 ? `${rate} pictures a second` : '';
};

const read = async (from) => {
  if (!from.read || reading || !faces.length) return;
  reading = true;
  try {
    (await from.read(faces)).forEach(take);
  } finally {
    reading = false;
  }
};

const stream = async (from) => {
  for (let number = 0; running; number++) {
    takePicture();
    let found;
    try {
      found = await from.look(canvas, faces, number % FRESH === 0);
    } catch (error) {
      if (!running) return;
      if (error?.said) {
        say(error.message);
        return stop();
      }
      say('The server does not answer. It is asked again until it does.');
      await new Promise((done) => setTimeout(done, AGAIN));
      continue;
    }
    if (!running) return;
    say('');
    follow(found);
    read(from);
    count();
    draw();
  }
};

start.addEventListener('click', async () => {
  if (running) return stop();
  start.disabled = true; // until the visitor has allowed the camera: two loops would run
  const told = part('.where').textContent;
  let from;
  try {
    prepare();
    if (dataset.device) say('What reads faces is being loaded: 15 MB, once.');
    from = await source;
    say('');
    // Nobody's picture is sent who was told that it is not.
    if (part('.where').textContent !== told) return say('Press Start again if that is fine.');
    video.srcObject = await navigator.mediaDevices.getUserMedia({
      // Whole, or a picture that is higher than wide would be cut off.
      video: { width: 640, height: 480, facingMode: 'user', resizeMode: 'none' },
    });
    await video.play();
  } catch {
    return say('The camera cannot be used: allow it in the browser and press Start again.');
  } finally {
    start.disabled = false;
  }
  part('.off').hidden = true;
  part('.card').hidden = false;
  camera.classList.remove('frozen');
  running = true;
  start.textContent = 'Pause';
  stopUnseen(); // the visitor may have gone to another tab meanwhile
  stream(from);
});

part('.calm').addEventListener('click', () => {
  calm = { id: chosen, answers: [], mean: null };
  draw();
});

part('.save').addEventListener('click', () => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([traceTable()], { type: 'text/csv' }));
  link.download = 'last minute.csv';
  link.click();
  URL.revokeObjectURL(link.href);
});
