/** One row of the answer as a picture: a lane for each family, its interval, and its strategies on it. */
import { svg } from "../dom.js";
import { ratio } from "../format.js";
import { markerPath } from "../markers.js";

const kLane = 11;
const kLabels = 12;

/** The labels of the strips' axis, for the head of their column. */
export const stripHead = (axis, width) => svg("svg", { class: "plot forest", width, height: 14, viewBox: `0 0 ${width} 14`, "aria-hidden": "true" },
  axis.ticks.map(({ x, text }) => svg("text", { x, y: 11, class: "label", "text-anchor": "middle" }, text)));

const familiesOf = (rows, strategies) => [...new Set(rows.map(({ strategy }) => strategies.look(strategy).family))];
const heightOf = (families, labels) => families.length * kLane + (labels ? 6 + kLabels : 6);

/** The room that a strip of these rows takes, whoever is hidden. */
export const stripHeight = (rows, strategies, labels) => heightOf(familiesOf(rows.filter(({ ratio: known }) => known), strategies), labels);

/**
 * @param {import("./forest.js").ForestRow[]} rows
 * @param {{width: number, axis: ReturnType<typeof import("./forest_scale.js").ratioAxis>, noise: [number, number] | null,
 *   margin: number | null, reference: string, label: string, labels: boolean}} how `labels`: of an own axis
 * @returns {SVGSVGElement}
 */
export function strip(rows, strategies, { width, axis, noise, margin, reference, label, labels }) {
  const drawn = rows.filter((row) => row.ratio && strategies.shown(row.strategy));
  const families = familiesOf(drawn, strategies);
  const height = heightOf(families, labels);
  const bottom = labels ? height - kLabels : height;
  const band = noise ?? (margin ? [1 / (1 + margin), 1 + margin] : null);
  const lane = ({ strategy }) => 3 + (families.indexOf(strategies.look(strategy).family) + 0.5) * kLane;
  return svg("svg", { class: "plot forest strip", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    svg("title", {}, label),
    band ? svg("rect", { class: "floor", x: axis.clamped(band[0]), width: axis.clamped(band[1]) - axis.clamped(band[0]), y: 0, height: bottom }) : null,
    axis.ticks.map(({ x }) => svg("line", { x1: x, x2: x, y1: 0, y2: bottom, class: "tick" })),
    labels ? axis.ticks.map(({ x, text }) => svg("text", { x, y: height - 2, class: "label", "text-anchor": "middle" }, text)) : null,
    svg("line", { x1: axis.one, x2: axis.one, y1: 0, y2: bottom, class: "reference", stroke: strategies.look(reference).stroke }),
    [...drawn].sort((a, b) => (b.kind === "family") - (a.kind === "family")).map((row) => {
      const look = strategies.look(row.strategy);
      const y = lane(row);
      const { estimate, low, high } = row.ratio;
      if (row.kind === "family") {
        if (low === null || high === null) return null;
        const [from, to] = [axis.clamped(low), axis.clamped(high)];
        return svg("g", { stroke: look.stroke, class: "interval" }, svg("line", { x1: from, x2: Math.max(to, from + 1), y1: y, y2: y }));
      }
      const side = axis.beyond(estimate);
      if (side !== 0) {
        return svg("text", {
          x: side < 0 ? axis.left : axis.right, y, dy: "0.32em", "text-anchor": side < 0 ? "start" : "end", class: "beyond", fill: look.text,
        }, side < 0 ? `◂${ratio(estimate)}` : `${ratio(estimate)}▸`);
      }
      return svg("path", { d: markerPath(look.symbol, 3.4), transform: `translate(${axis.clamped(estimate).toFixed(1)},${y})`, fill: look.stroke, class: "marker" });
    }));
}
