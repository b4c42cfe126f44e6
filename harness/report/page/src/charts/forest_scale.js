/** The axis of ratios that forest plots share: logarithmic, with 1 where the reference stands. */

/** Nobody compares beyond: such marks stand at the edge, with their figure. */
const kFurthest = 6;
const kNearest = 1.12;
const kLabelRoom = 26;

/** Ticks that people know, by how far the axis goes. */
const kTicks = [
  [4, [0.25, 0.5, 1, 2, 4]], [2, [0.25, 0.5, 0.7, 1, 1.4, 2, 4]], [1.45, [0.5, 0.7, 0.8, 1, 1.25, 1.4, 2]],
  [1.2, [0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.4]], [1, [0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.2]],
];
const kNames = { 0.25: "¼", 0.5: "½" };

/**
 * @typedef {object} Ratio times the reference's figure
 * @property {number} estimate
 * @property {number | null} low null: not known
 * @property {number | null} high
 * @property {string} decision
 */

/**
 * An axis on which these ratios lie, or nine in ten of them, and 1.
 * @param {Ratio[]} ratios
 * @param {{left: number, right: number, margin: number | null}} room in pixels; the margin as a share
 */
export function ratioAxis(ratios, { left, right, margin }) {
  const reach = ratios.flatMap(({ estimate, low, high }) => [estimate, low ?? estimate, high ?? estimate])
    .filter((value) => value > 0).map((value) => Math.abs(Math.log(value))).sort((a, b) => a - b);
  // All of them, unless some lie far beyond the others.
  const usual = reach[Math.floor(reach.length * 0.92)] ?? 0;
  const most = Math.min(reach.at(-1) ?? 0, 1.6 * usual);
  const far = Math.min(Math.log(kFurthest), Math.max(Math.log(kNearest), 1.5 * Math.log(1 + (margin ?? 0)), most * 1.06));
  const middle = (left + right) / 2;
  const at = (value) => middle + (Math.log(value) / far) * ((right - left) / 2);
  const [, ticks] = kTicks.find(([from]) => Math.exp(far) >= from);
  return {
    left, right, one: middle,
    /** Inside the axis, whatever the value. */
    clamped: (value) => Math.max(left, Math.min(right, at(value))),
    /** -1 left of the axis, 1 right of it. */
    beyond: (value) => (value > 0 && at(value) >= left - 0.5 ? (at(value) > right + 0.5 ? 1 : 0) : -1),
    ticks: labelled(ticks.filter((value) => Math.abs(Math.log(value)) <= far * 1.001), at),
  };
}

/** Each tick with its label, or, where they would touch, 1 and the outermost alone. */
function labelled(ticks, at) {
  const close = ticks.some((value, index) => index > 0 && at(value) - at(ticks[index - 1]) < kLabelRoom);
  return ticks.map((value, index) => ({
    x: at(value),
    text: close && value !== 1 && index > 0 && index < ticks.length - 1 ? "" : (kNames[value] ?? String(value)),
  }));
}
