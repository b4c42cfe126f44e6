/**
 * The read-out of a drawing: the figures nearest to the pointer or, by arrow keys, one stop after
 * the other. It lies beside the stop, and inside the drawing's box.
 */
import { html, svg, swatch } from "./dom.js";

const kGap = 12;

export class Readout {
  #box;
  #strategies;
  #drawing = null;
  #at = -1;
  #lit = null;
  #cursor = null;
  #panel = html("div", { class: "readout", role: "status", hidden: "" });

  /** @param {HTMLElement} box holds the drawing and takes the keyboard's focus */
  constructor(box, strategies) {
    this.#box = box;
    this.#strategies = strategies;
    box.append(this.#panel);
    box.addEventListener("pointermove", (event) => this.#point(event));
    box.addEventListener("pointerdown", (event) => this.#point(event));
    box.addEventListener("click", () => this.#act());
    box.addEventListener("pointerleave", (event) => {
      if (event.pointerType !== "touch") this.hide();
    });
    box.addEventListener("blur", () => this.hide());
    box.addEventListener("focus", () => {
      if (box.matches(":focus-visible")) this.#go(0);
    });
    box.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {import("./drawing.js").Drawing | null} drawing */
  use(drawing) {
    this.hide();
    this.#drawing = drawing?.stops.length ? drawing : null;
  }

  hide() {
    this.#panel.hidden = true;
    this.#cursor?.remove();
    this.#cursor = null;
    this.#at = -1;
    this.#light(null);
  }

  /** Brings the strategy to the fore, in the drawing and in the list. */
  #light(strategy) {
    if (!this.#drawing?.light || strategy === this.#lit) return;
    this.#lit = strategy;
    this.#drawing.light(strategy);
    for (const row of this.#panel.querySelectorAll("tr")) row.classList.toggle("on", row.dataset.strategy === strategy);
  }

  /** Whether a stop has a line of each strategy, one of which can be brought to the fore. */
  #choosesLines() {
    return this.#drawing.light && this.#drawing.nearest === "x";
  }

  /** The strategies of a stop from the top to the bottom. */
  #lines() {
    return (this.#drawing.stops[this.#at]?.lines ?? []).filter(({ strategy, y }) => strategy && y !== undefined)
      .sort((a, b) => a.y - b.y);
  }

  #point(event) {
    if (!this.#drawing) return;
    const { node, stops, nearest, find } = this.#drawing;
    const frame = node.getBoundingClientRect();
    const scale = Number(node.getAttribute("width")) / frame.width;
    const x = (event.clientX - frame.left) * scale;
    const y = (event.clientY - frame.top) * scale;
    if (find) {
      const found = find(x, y);
      return found < 0 ? this.hide() : this.#go(found);
    }
    const distance = (stop) =>
      (nearest === "y" ? 0 : (stop.x - x) ** 2) + (nearest === "x" ? 0 : (stop.y - y) ** 2);
    let best = 0;
    stops.forEach((stop, index) => {
      if (distance(stop) < distance(stops[best])) best = index;
    });
    this.#go(best);
    if (!this.#choosesLines()) return;
    const near = this.#lines().reduce((a, b) => (a && Math.abs(a.y - y) <= Math.abs(b.y - y) ? a : b), null);
    if (near) this.#light(near.strategy);
  }

  #key(event) {
    if (event.key === "Escape") return this.hide();
    if (!this.#drawing || event.target !== this.#box) return;
    if (this.#drawing.act && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      return this.#act();
    }
    if (this.#choosesLines() && this.#at >= 0 && ["ArrowUp", "ArrowDown"].includes(event.key)) {
      event.preventDefault();
      const lines = this.#lines();
      const at = lines.findIndex(({ strategy }) => strategy === this.#lit);
      const to = at < 0 ? 0 : at + (event.key === "ArrowDown" ? 1 : -1);
      return this.#light(lines[Math.max(0, Math.min(lines.length - 1, to))]?.strategy ?? null);
    }
    const last = this.#drawing.stops.length - 1;
    const to = this.#drawing.step ? this.#drawing.step(this.#at, event.key) : {
      ArrowRight: this.#at + 1, ArrowDown: this.#at + 1,
      ArrowLeft: this.#at - 1, ArrowUp: this.#at - 1,
      Home: 0, End: last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.#go(Math.max(0, Math.min(last, to)));
  }

  /** What a drawing does with the stop that is read: it may draw itself anew. */
  #act() {
    if (!this.#drawing?.act || this.#at < 0) return;
    this.#drawing.act(this.#at);
    if (this.#box.matches(":focus-visible")) this.#go(this.#drawing.start ?? 0);
  }

  /** By the style's object, not its attribute: that is what the page's policy allows. */
  #place(stop, nearest) {
    const { node } = this.#drawing;
    const scale = node.getBoundingClientRect().width / Number(node.getAttribute("width"));
    const { clientWidth: room } = this.#box;
    const { offsetWidth: width } = this.#panel;
    const right = stop.x * scale + kGap;
    const left = right + width <= room ? right : stop.x * scale - kGap - width;
    this.#panel.style.left = `${Math.max(0, Math.min(left, room - width))}px`;
    this.#panel.style.top = `${nearest === "x" ? 4 : stop.y * scale + kGap}px`;
  }

  #swatch({ strategy, fill }) {
    if (strategy) return swatch(this.#strategies.look(strategy));
    return fill ? swatch({ stroke: fill }) : null;
  }

  #go(index) {
    if (!this.#drawing || index === this.#at) return;
    const lit = this.#lit;
    this.hide();
    this.#at = index;
    const { node, stops, nearest } = this.#drawing;
    const stop = stops[index];
    this.#panel.replaceChildren(
      html("strong", {}, stop.heading),
      html("table", {},
        stop.lines.map((line) => html("tr", { "data-strategy": line.strategy },
          html("td", {}, this.#swatch(line)),
          html("th", { scope: "row" }, line.name ?? line.strategy ?? ""),
          html("td", { class: "number" }, line.text)))));
    this.#panel.hidden = false;
    this.#place(stop, nearest);
    this.#cursor = svg("g", { class: "cursor", "aria-hidden": "true" },
      nearest === "x" && stop.top !== undefined
        ? svg("line", { x1: stop.x, x2: stop.x, y1: stop.top, y2: stop.bottom })
        : null,
      stop.outline ? svg("rect", { class: "outline", ...stop.outline }) : null,
      stop.lines.filter((line) => line.y !== undefined).map((line) =>
        svg("circle", {
          cx: line.x ?? stop.x, cy: line.y, r: 4,
          fill: line.strategy ? this.#strategies.look(line.strategy).stroke : "currentColor",
        })));
    node.append(this.#cursor);
    this.#light(this.#choosesLines() ? lit : (this.#lines()[0]?.strategy ?? null));
  }
}
