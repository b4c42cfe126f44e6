/** Elements without markup in strings: whatever a name holds, it stays text. */

import { markerPath } from "./markers.js";

const kSvg = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

/** html("button", {type: "button", onclick: f}, "Save") */
export const html = (name, attributes = {}, ...children) =>
  fill(document.createElement(name), attributes, children);

/** The same for SVG. */
export const svg = (name, attributes = {}, ...children) =>
  fill(document.createElementNS(kSvg, name), attributes, children);

/** What is folded away is made when it is opened. */
export function fold(summary, make) {
  const details = html("details", { class: "fold" }, html("summary", {}, summary));
  details.addEventListener("toggle", () => details.append(make()), { once: true });
  return details;
}

/** Lets the browser save a text as a file. */
export function save(text, type, fileName) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  html("a", { href: url, download: fileName }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** A short piece of a strategy's line with its marker, for the legend and read-outs. */
export const swatch = (look) =>
  svg("svg", { class: "swatch", width: 30, height: 12, "aria-hidden": "true" },
    svg("line", {
      x1: 1, x2: 29, y1: 6, y2: 6,
      stroke: look.stroke, "stroke-width": 2, "stroke-dasharray": look.dash || null,
    }),
    // The hole of a marker shows no line.
    look.symbol ? svg("circle", { cx: 15, cy: 6, r: 4, fill: "var(--page)" }) : null,
    look.symbol ? svg("path", { d: markerPath(look.symbol, 4.2), transform: "translate(15,6)", fill: look.stroke }) : null);
