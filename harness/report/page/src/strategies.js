/**
 * How each strategy is drawn, the same in every chart of every result: its family's colour, a marker
 * and a dash of its own. And which strategies the reader wants to see.
 */
import { marker, kMarkers } from "./markers.js";

/**
 * The families that have a colour of their own in style.css, in the legend's order: those of core/strategy.hpp, then the
 * languages of strategies/contenders.
 */
const kFamilies = {
  "long-lived threads": "threads", "thread per request": "thread_per_request", "readiness loops": "readiness",
  io_uring: "io_uring", libaio: "libaio", libcurl: "libcurl",
  "C++": "cpp", Rust: "rust", Go: "go", Java: "java", JavaScript: "javascript", Python: "python",
};
const kOther = "other";
const kDashes = ["", "7 3", "2 3", "8 3 2 3", "12 4", "1.5 2"];

/** Marker and dash of what the program comes with, never chosen by what a result happens to hold. */
const kMembers = {
  thread_per_connection: ["square", 0], thread_pool: ["plus", 1],
  thread_per_request: ["times", 0],
  epoll: ["circle", 0], asio: ["ring", 1], asio_coro: ["half", 2], libevent: ["star", 3], libuv: ["hourglass", 4],
  fiber: ["bow", 5],
  uring: ["diamond", 0], asio_uring: ["frame", 1],
  libaio: ["pentagon", 0],
  curl_multi: ["triangle", 0], curl_threads: ["triangle_down", 1],
  beast: ["ring", 0], poco: ["plus", 1], cpp_httplib: ["square", 2],
  rust: ["hourglass", 0],
  go: ["half", 0],
  netty: ["bow", 0], jdk: ["pentagon", 1],
  node: ["triangle", 0],
  asyncio: ["circle", 0], "asyncio:uvloop": ["diamond", 1], "asyncio:streams": ["frame", 2], aiohttp: ["star", 3],
  fastapi: ["triangle_down", 4], sanic: ["times", 5], python_threading: ["square", 2],
};

/**
 * @typedef {object} Look
 * @property {string} family
 * @property {string} stroke for lines, bars and markers, a CSS variable of style.css
 * @property {string} text the same hue, dark (or light) enough to be read
 * @property {string} dash for stroke-dasharray
 * @property {{draw: (context: object, size: number) => void}} symbol
 */

/** @returns {Look} */
function lookOf(family, [name, dash]) {
  const colour = Object.hasOwn(kFamilies, family) ? kFamilies[family] : kOther;
  return {
    family, stroke: `var(--c-${colour})`, text: `var(--t-${colour})`, dash: kDashes[dash],
    symbol: marker(name), key: `${colour} ${name} ${dash}`,
  };
}

/** Families of plugins and of other programs come last. */
const placeOf = (family) => (Object.hasOwn(kFamilies, family) ? Object.keys(kFamilies).indexOf(family) : Object.keys(kFamilies).length);

/** A number that is the same for a name everywhere. */
const hash = (name) => [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) >>> 0, 7);

export class Strategies {
  #looks = new Map();
  #hidden = new Set();
  #listeners = [];

  /** @param {{name: string, family: string}[]} strategies of the report's data */
  constructor(strategies) {
    const own = ({ name }) => Object.hasOwn(kMembers, name);
    for (const { name, family } of strategies.filter(own)) this.#looks.set(name, lookOf(family, kMembers[name]));
    for (const { name, family } of strategies.filter((each) => !own(each))) this.#add(name, family);
    const order = new Map(strategies.map(({ name }, index) => [name, index]));
    const place = ([name, { family }]) => placeOf(family) * 1000 + order.get(name);
    this.#looks = new Map([...this.#looks].sort((a, b) => place(a) - place(b)));
  }

  /** Others' looks come from their names; the next ones are tried where two would be alike. */
  #add(name, family) {
    const taken = new Set([...this.#looks.values()].map(({ key }) => key));
    const all = kMarkers.length * kDashes.length;
    let look;
    for (let step = 0; step < all; ++step) {
      const number = (hash(name) + step) % all;
      look = lookOf(family, [kMarkers[number % kMarkers.length], Math.floor(number / kMarkers.length)]);
      if (!taken.has(look.key)) break;
    }
    this.#looks.set(name, look);
  }

  /** By family, and within it in the order of the data. */
  get names() {
    return [...this.#looks.keys()];
  }

  /** @returns {Look} */
  look(name) {
    if (!this.#looks.has(name)) this.#add(name, name);
    return this.#looks.get(name);
  }

  shown(name) {
    return !this.#hidden.has(name);
  }

  get hidden() {
    return [...this.#hidden];
  }

  /** Hides these strategies alone, and tells everybody. */
  hide(names) {
    const wanted = new Set(names);
    this.#hidden = new Set(this.names.filter((name) => wanted.has(name)));
    for (const listener of this.#listeners) listener();
  }

  /**
   * The strategies that lead their families, the least by `badness` first; all of them where that
   * are few enough to be told apart.
   * @param {string[]} names
   * @param {(name: string) => number} badness
   */
  leaders(names, badness) {
    if (names.length <= kFewLines) return names;
    const best = new Map();
    for (const name of [...names].sort((a, b) => badness(a) - badness(b))) {
      const { family } = this.look(name);
      if (!best.has(family) && Number.isFinite(badness(name))) best.set(family, name);
    }
    return [...best.values()];
  }

  onChange(listener) {
    this.#listeners.push(listener);
  }
}

/** So many lines can be told apart in one chart. */
const kFewLines = 6;
