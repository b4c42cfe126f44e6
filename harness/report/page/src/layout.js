/** Where labels and ticks go, in numbers alone. */

/** Moves positions apart, in their order, until each has its room between `from` and `to`. */
export function pushApart(positions, room, from, to) {
  const order = positions.map((_, index) => index).sort((a, b) => positions[a] - positions[b]);
  const moved = [...positions];
  const step = Math.min(room, (to - from) / Math.max(1, positions.length - 1));
  let least = from;
  for (const index of order) {
    moved[index] = Math.max(moved[index], least);
    least = moved[index] + step;
  }
  let most = to;
  for (const index of order.reverse()) {
    moved[index] = Math.min(moved[index], most);
    most = moved[index] - step;
  }
  return moved;
}

/** 1, 2, 5, 10 ... within a range of positive numbers; tens alone where these would be many. */
export function logTicks(low, high, most) {
  for (const steps of [[1, 2, 5], [1, 3], [1]]) {
    const ticks = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); ++power) {
      for (const step of steps) {
        const value = Number(`${step}e${power}`);
        if (value >= low * 0.999 && value <= high * 1.001) ticks.push(value);
      }
    }
    if (ticks.length <= most || steps.length === 1) return ticks;
  }
  return [];
}

/** Leaves out ticks that would touch the one before. */
export function sparse(values, position, room) {
  let last = -Infinity;
  return values.filter((value) => {
    if (position(value) - last < room) return false;
    last = position(value);
    return true;
  });
}
