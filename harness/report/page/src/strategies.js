/**
 * How each strategy is drawn, and which ones the reader wants to see: the same in every chart.
 */

const kColours = 8;
const kDashes = ["", "7 3", "2 3", "8 3 2 3"];

/**
 * @typedef {object} Look
 * @property {string} stroke for lines and bars, a CSS variable of style.css
 * @property {string} text the same hue, dark (or light) enough to be read
 * @property {string} dash for stroke-dasharray; with the colour, 32 different looks
 */

/** @returns {Look} */
function lookOf(style) {
  const colour = style % kColours;
  const round = Math.floor(style / kColours);
  return {
    stroke: `var(--c${colour})`,
    text: `var(--t${colour})`,
    dash: kDashes[(colour + round) % kDashes.length],
  };
}

export class Strategies {
  #looks = new Map();
  #hidden = new Set();
  #listeners = [];

  /** @param {{name: string, style: number}[]} strategies of the report's data */
  constructor(strategies) {
    for (const { name, style } of strategies) this.#looks.set(name, lookOf(style));
  }

  get names() {
    return [...this.#looks.keys()];
  }

  /** @returns {Look} */
  look(name) {
    if (!this.#looks.has(name)) this.#looks.set(name, lookOf(this.#looks.size));
    return this.#looks.get(name);
  }

  shown(name) {
    return !this.#hidden.has(name);
  }

  /** Shows these strategies alone, and tells everybody. */
  show(names) {
    const wanted = new Set(names);
    this.#hidden = new Set(this.names.filter((name) => !wanted.has(name)));
    for (const listener of this.#listeners) listener();
  }

  toggle(name) {
    this.show(this.names.filter((each) => this.shown(each) !== (each === name)));
  }

  onChange(listener) {
    this.#listeners.push(listener);
  }
}
