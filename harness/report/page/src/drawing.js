/**
 * What every chart does alike around Plot: no style element of Plot's own (the page's Content
 * Security Policy would refuse it; style.css has its rules), names at the ends of lines, axes of
 * latencies.
 */
import * as Plot from "@observablehq/plot";
import { svg } from "./dom.js";
import { duration, tick } from "./format.js";
import { logTicks, pushApart } from "./layout.js";

/**
 * A drawing and where it can be read.
 * @typedef {object} Drawing
 * @property {SVGSVGElement} node
 * @property {Stop[]} stops
 * @property {"x" | "y" | "xy"} nearest by which distance the pointer finds its stop
 * @property {(x: number, y: number) => number} [find] which stop the pointer is at instead, or -1
 * @property {(at: number, key: string) => number | undefined} [step] where a key goes from a stop
 * @property {(at: number) => void} [act] what a click and Enter do, and
 * @property {number} [start] where the keyboard is then
 * @property {(strategy: string | null) => void} [light] brings one strategy's marks to the fore
 *
 * @typedef {object} Stop
 * @property {number} x in the drawing's pixels
 * @property {number} y
 * @property {string} heading
 * @property {{x: number, y: number, width: number, height: number}} [outline] drawn around what is read
 * @property {{strategy?: string, fill?: string, name?: string, text: string, y?: number, x?: number}[]} lines
 */

/**
 * Plot.plot without what the page's policy refuses. Marks that have a strategy as their
 * `ariaDescription` belong to it, see lighting().
 */
export function plot(options) {
  const node = Plot.plot({ className: "plot", ...options });
  for (const style of node.querySelectorAll("style")) style.remove();
  for (const mark of node.querySelectorAll("[aria-description]")) {
    mark.dataset.strategy = mark.getAttribute("aria-description");
    mark.removeAttribute("aria-description");
  }
  return node;
}

/** A drawing's `light`: the other strategies' marks and names step back. */
export const lighting = (node) => (strategy) => {
  node.classList.toggle("lit", strategy !== null);
  for (const mark of node.querySelectorAll("[data-strategy]")) {
    mark.classList.toggle("on", mark.dataset.strategy === strategy);
  }
};

/**
 * One strategy's line with its markers, strong or, where it only shows how the others lie, faint.
 * @param {object[]} points
 * @param {{x: Function, y: Function}} place of a point
 * @param {{faint: boolean, markers?: boolean}} how
 */
export function lineMarks(strategies, strategy, points, place, { faint, markers = true }) {
  const look = strategies.look(strategy);
  const own = { ariaDescription: strategy, className: faint ? "faint" : "strong" };
  const dots = markers && !faint;
  return [
    Plot.line(points, { ...place, ...own, stroke: look.stroke, strokeWidth: faint ? 1.25 : 2, strokeDasharray: look.dash }),
    // The hole of a marker shows no line.
    dots ? Plot.dot(points, { ...place, ...own, r: 3, fill: "var(--card)" }) : null,
    dots ? Plot.dot(points, { ...place, ...own, r: 3.4, fill: look.stroke, symbol: look.symbol }) : null,
  ];
}

/** Between the end of the longest line and the names. */
export const kNameGap = 16;

const ruler = document.createElement("canvas").getContext("2d");
ruler.font = '600 11.5px system-ui, "DejaVu Sans", sans-serif';
/** Of a name, in pixels. */
export const textWidth = (text) => ruler.measureText(text).width;

const kKeyRow = 18;

/**
 * What a drawing's colours mean, at its top: in the drawing itself, that a saved one has it too.
 * @param {{name: string, fill?: string}[]} items
 * @returns {{node: SVGGElement, height: number}}
 */
export function keys(items, width) {
  let x = 0;
  let y = 0;
  const parts = items.flatMap(({ name, fill }) => {
    const square = fill ? 16 : 0;
    const label = fitText(name, width - square);
    const room = square + textWidth(label) + 14;
    if (x > 0 && x + room - 14 > width) [x, y] = [0, y + kKeyRow];
    const left = x;
    x += room;
    return [
      fill ? svg("rect", { x: left, y: y + 2, width: 11, height: 11, rx: 2, fill }) : null,
      svg("text", { x: left + square, y: y + 12, "text-anchor": "start" }, label),
    ];
  });
  return { node: svg("g", { class: "keys" }, parts.filter(Boolean)), height: y + kKeyRow + 4 };
}

/** As much of a text as has room. */
export function fitText(text, pixels) {
  if (textWidth(text) <= pixels) return text;
  let length = Math.min(text.length - 1, Math.max(0, Math.floor(pixels / 3)));
  while (length > 0 && textWidth(`${text.slice(0, length)}…`) > pixels) --length;
  return length > 0 ? `${text.slice(0, length)}…` : "";
}

/**
 * The room that names beside a drawing take: `fit` cuts off what has none (the read-out has it all).
 * @returns {{pixels: number, fit: (name: string) => string}}
 */
export function nameRoom(names, width) {
  const most = Math.min(170, width * 0.33);
  const fit = (name) => fitText(name, most);
  return { pixels: Math.ceil(Math.max(30, ...names.map((name) => textWidth(fit(name))))) + 12, fit };
}

/**
 * Names at the ends of lines.
 * @param {{strategy: string, x: number, y: number}[]} ends in pixels
 * @param {{at: number, top: number, bottom: number, fit: (name: string) => string}} place x of the
 *   names, the range of their y
 */
export function endLabels(ends, strategies, { at, top, bottom, fit }) {
  const ys = pushApart(ends.map((end) => end.y), 14.5, top, bottom);
  return svg("g", { class: "ends", "aria-hidden": "true" },
    ends.map((end, index) => {
      const look = strategies.look(end.strategy);
      const y = ys[index];
      return [
        Math.abs(y - end.y) > 3 || at - end.x > kNameGap + 2
          ? svg("path", {
            d: `M${end.x + 3},${end.y}L${at - 5},${y}H${at - 2}`,
            stroke: look.stroke, class: "leader", "data-strategy": end.strategy,
          })
          : null,
        svg("text", { x: at, y, dy: "0.32em", fill: look.text, "data-strategy": end.strategy }, fit(end.strategy)),
      ];
    }));
}

/**
 * A logarithmic axis of latencies in ns around these values. Its labels are marks of their own:
 * a log scale's own labels leave out what it takes for too many.
 * @param {"x" | "y"} dimension
 */
export function latencyAxis(dimension, values, room, label = null) {
  const low = Math.max(1, Math.min(...values)) / 1.15;
  const high = Math.max(1, ...values) * 1.15;
  const ticks = logTicks(low, high, room);
  const [axis, grid] = dimension === "x" ? [Plot.axisX, Plot.gridX] : [Plot.axisY, Plot.gridY];
  return {
    scale: { type: "log", domain: [low, high], axis: null },
    marks: [
      grid(ticks),
      axis(ticks, { text: ticks.map(tick(duration)), tickSize: 0, label, labelArrow: "none" }),
    ],
  };
}
