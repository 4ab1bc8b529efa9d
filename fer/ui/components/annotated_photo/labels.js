// Labels stand beside their faces, and on nobody's.

const apart = (a, b) =>
  a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
const within = (a, b) =>
  a.x >= b.x && a.y >= b.y && a.x + a.width <= b.x + b.width && a.y + a.height <= b.y + b.height;

// Where each label goes, given whose it is and its size; undefined where there is no room in the
// frame. The first ones choose first.
const places = (labels, faces, frame) => {
  const taken = [...faces];
  return labels.map(({ face, width, height }) => {
    const { x, y, ...box } = faces[face];
    const [right, bottom] = [x + box.width, y + box.height];
    const corners = [
      [x, y - height], [x, bottom], [right - width, y - height], [right - width, bottom],
      [right, y], [x - width, y], [right, bottom - height], [x - width, bottom - height],
    ];
    const free = corners
      .map(([x, y]) => ({ x, y, width, height }))
      .find((place) => within(place, frame) && taken.every((other) => apart(place, other)));
    if (free) taken.push(free);
    return free;
  });
};
