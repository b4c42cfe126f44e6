/** A card: one chart with its title, read-out, table of the same numbers, and "Save SVG". */
import { html, svg } from "./dom.js";
import { Readout } from "./readout.js";
import { saveSvg } from "./save_svg.js";
import { dataTable } from "./tables.js";

/**
 * @typedef {object} Chart
 * @property {string} title
 * @property {string} subtitle what exactly is drawn
 * @property {string | (() => string)} says the chart in one sentence, for those who hear it
 * @property {string[]} [notes] what is not drawn, and why
 * @property {boolean} [wide] takes the whole row
 * @property {string} [keys] what the keyboard does, where that is more than to read the figures
 * @property {(changed: () => void) => (Node | null)[]} [controls] stand above the drawing, and call
 *   `changed` when it and its table must be made anew
 * @property {(changed: () => void) => void} [follow] is told once how to have it made anew
 * @property {(width: number) => number} height
 * @property {(width: number) => import("./drawing.js").Drawing | null} draw of the strategies that
 *   are shown; null where none is
 * @property {() => {columns: string[], rows: (string | number | null)[][]}} table of all strategies
 */

/**
 * @param {Chart} chart
 * @param {{strategies: import("./strategies.js").Strategies, lazy: import("./lazy.js").Lazy}} page
 */
export function card(chart, { strategies, lazy }) {
  const label = [chart.title, chart.subtitle].filter(Boolean).join(": ");
  const box = html("div", {
    class: "drawing", tabindex: 0, role: "group",
    "aria-label": `${label}. ${chart.keys ?? "Arrow keys read the figures."}`,
  });
  const readout = new Readout(box, strategies);
  const data = dataDetails(label, chart.table);
  const button = html("button", { type: "button", class: "save", disabled: "" }, "Save SVG");
  const element = html("article", { class: chart.wide ? "card wide" : "card" },
    html("h3", {}, chart.title),
    html("p", { class: "subtitle" }, chart.subtitle),
    chart.controls ? html("div", { class: "controls" }, chart.controls(changed)) : null,
    box,
    (chart.notes ?? []).map((note) => html("p", { class: "note" }, note)),
    html("div", { class: "foot" }, data.details, button));

  let node = svg("svg", { width: 1, height: 1, "aria-hidden": "true" });
  box.prepend(node);
  button.addEventListener("click", () => saveSvg(node, element, chart.title, chart.subtitle));
  let room = 0;
  lazy.add(box, reserve, draw);
  chart.follow?.(changed);
  return element;

  function changed() {
    if (room > 0) draw(room);
    data.renew();
  }

  function reserve(width) {
    if (room === 0 && width > 0) node.setAttribute("height", chart.height(width));
  }

  function draw(width) {
    room = width;
    const drawing = chart.draw(width);
    const next = drawing?.node ?? html("p", { class: "nothing" }, "Every strategy drawn here is hidden.");
    if (drawing) name(next, label, typeof chart.says === "function" ? chart.says() : chart.says);
    node.replaceWith(next);
    node = next;
    button.disabled = !drawing;
    readout.use(drawing);
  }
}

function name(node, label, says) {
  node.setAttribute("role", "img");
  node.setAttribute("aria-label", says ? `${label}. ${says}` : label);
  node.prepend(svg("title", {}, label));
}

/** The numbers, made when they are asked for, and again when others are drawn. */
function dataDetails(label, table) {
  const summary = html("summary", {}, "Show data");
  const details = html("details", {}, summary);
  let made = false;
  const make = () => {
    if (!details.open || made) return;
    const { columns, rows } = table();
    details.replaceChildren(summary, dataTable(`Data of ${label}`, columns, rows));
    made = true;
  };
  details.addEventListener("toggle", make);
  return {
    details,
    renew() {
      made = false;
      make();
    },
  };
}
