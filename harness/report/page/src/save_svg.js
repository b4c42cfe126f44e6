/** A chart as a file of its own: styles resolved, a background, its title, no script, no link. */
import { save, svg } from "./dom.js";

const kProperties = [
  "fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray",
  "stroke-linecap", "stroke-linejoin", "opacity", "font-family", "font-size", "font-weight",
  "text-anchor", "paint-order",
];

/** Writes what the page's style sheet makes of each element into its attributes. */
function resolve(from, to) {
  const style = getComputedStyle(from);
  for (const property of kProperties) {
    const value = style.getPropertyValue(property);
    if (value) to.setAttribute(property, value);
  }
  to.removeAttribute("class");
  [...from.children].forEach((child, index) => resolve(child, to.children[index]));
}

/** @returns {string} the file's text */
export function standalone(node, card, title, subtitle) {
  const copy = node.cloneNode(true);
  resolve(node, copy);
  copy.querySelector(".cursor")?.remove();
  const width = Number(node.getAttribute("width"));
  const height = Number(node.getAttribute("height"));
  const head = 52;
  const style = getComputedStyle(card);
  const text = (content, y, size, weight) => svg("text", {
    x: 12, y, "font-size": size, "font-weight": weight, "font-family": style.fontFamily,
    fill: style.color,
  }, content);
  copy.setAttribute("y", head);
  const file = svg("svg", {
    xmlns: "http://www.w3.org/2000/svg", width, height: height + head,
    viewBox: `0 0 ${width} ${height + head}`, color: style.color,
  },
  svg("title", {}, title),
  svg("rect", { width: "100%", height: "100%", fill: style.backgroundColor }),
  text(title, 22, 15, 600), text(subtitle, 40, 11, 400), copy);
  return new XMLSerializer().serializeToString(file);
}

export function saveSvg(node, card, title, subtitle) {
  const name = `${title} ${subtitle}`.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "");
  save(standalone(node, card, title, subtitle), "image/svg+xml", `${name.slice(0, 80)}.svg`);
}
