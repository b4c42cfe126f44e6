/**
 * Flame graphs, callers above those whom they call. Not by d3-flame-graph: its root always takes the
 * whole width, so that strategies could not be drawn on one scale; its labels are HTML in
 * foreignObjects, which a saved SVG would lose; and it knows no keyboard.
 */
import { fitText, keys } from "../drawing.js";
import { html, svg } from "../dom.js";
import { duration, number } from "../format.js";
import { byFunction, callees, compare, walk, within } from "./call_tree.js";

const kRow = 18;
const kNarrowest = 0.5;
const kLabelled = 30;
const kListed = 30;
/** A graph narrower than this share of the widest is drawn on a scale of its own, and says so. */
const kNarrow = 1 / 30;
const kSteps = 4;

const shareText = (part, all) => `${number(all > 0 ? (100 * part) / all : 0)}%`;
const signed = (ns) => `${ns < 0 ? "−" : "+"}${duration(Math.abs(ns))}`;
export const nameOf = ({ name, module }) => name || (module && module !== "[unknown]" ? `${module}, no symbol` : "unknown");

/** Which functions the reader looks for, in all graphs of a group. */
export class Search {
  #text = "";
  #listeners = [];

  set text(text) {
    this.#text = text.trim().toLowerCase();
    for (const listener of this.#listeners) listener();
  }

  get active() {
    return this.#text !== "";
  }

  matches = (each) => this.active && each.kind !== "all" && nameOf(each).toLowerCase().includes(this.#text);

  onChange(listener) {
    this.#listeners.push(listener);
  }

  /** "1.20us, 12.3%" of what matches. */
  share(root) {
    const ns = within(root, this.matches);
    return `${duration(ns)} per request, ${shareText(ns, root.all)}`;
  }
}

/** A name without its namespaces where that makes it fit. */
function label(each, pixels) {
  const whole = nameOf(each);
  const short = whole.split("::").slice(-2).join("::");
  const fitting = [whole, short].find((text) => fitText(text, pixels) === text);
  return fitText(fitting ?? short, pixels);
}

/**
 * Where the frames go: those above the zoomed one take the whole width.
 * @returns {{frame: import("./call_tree.js").Frame, x: number, width: number, depth: number, above: boolean}[]}
 */
function layout(zoomed, width, scale) {
  const boxes = [];
  for (let each = zoomed.parent; each; each = each.parent) boxes.unshift({ frame: each, x: 0, width, above: true });
  boxes.forEach((box, depth) => { box.depth = depth; });
  const place = (each, x, depth) => {
    boxes.push({ frame: each, x, width: each.all * scale, depth, above: false });
    let left = x;
    for (const child of callees(each)) {
      if (child.all * scale < kNarrowest) break;
      place(child, left, depth + 1);
      left += child.all * scale;
    }
  };
  place(zoomed, 0, boxes.length);
  return boxes;
}

/** Arrow keys walk the tree: down to the longest call, up to the caller, sideways in the row. */
function step(boxes, at, key) {
  if (at < 0 || key === "Home") return ["Home", "ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft"].includes(key) ? 0 : undefined;
  const { frame: from, depth } = boxes[at];
  const row = () => boxes.map((box, index) => ({ ...box, index })).filter((box) => box.depth === depth)
    .sort((a, b) => a.x - b.x).map(({ index }) => index);
  const beside = (by) => row()[row().indexOf(at) + by] ?? at;
  const indexOr = (test) => {
    const index = boxes.findIndex(test);
    return index < 0 ? at : index;
  };
  switch (key) {
    case "ArrowDown": return indexOr(({ frame, depth: own }) => own === depth + 1 && frame.parent === from);
    case "ArrowUp": return indexOr(({ frame }) => frame === from.parent);
    case "ArrowRight": return beside(1);
    case "ArrowLeft": return beside(-1);
    default: return undefined;
  }
}

/**
 * @param {object} how
 * @param {import("./call_tree.js").Frame} how.zoomed
 * @param {number} how.width
 * @param {number} how.scale pixels of a ns
 * @param {{name: string, fill?: string}[]} how.legend
 * @param {(frame: import("./call_tree.js").Frame) => string} how.look a class of style.css
 * @param {(frame: import("./call_tree.js").Frame) => object[]} how.lines of the read-out
 * @param {Search} how.search
 * @param {(frame: import("./call_tree.js").Frame) => void} how.zoom
 */
function drawFlame({ zoomed, width, scale, legend, look, lines, search, zoom }) {
  const boxes = layout(zoomed, width, scale);
  const key = keys(legend, width);
  const top = (box) => key.height + box.depth * kRow;
  const height = key.height + (1 + Math.max(...boxes.map(({ depth }) => depth))) * kRow + 2;
  const shapes = boxes.map((box) => {
    const text = box.width >= kLabelled ? label(box.frame, box.width - 8) : "";
    return svg("g", { class: `frame ${look(box.frame)}${box.above ? " above" : ""}` },
      svg("rect", { x: box.x, y: top(box), width: Math.max(kNarrowest, box.width), height: kRow }),
      text ? svg("text", { x: box.x + 4, y: top(box) + 13, "text-anchor": "start" }, text) : null);
  });
  const mark = () => shapes.forEach((shape, index) =>
    shape.classList.toggle("match", search.matches(boxes[index].frame)));
  mark();
  return {
    node: svg("svg", { class: "plot flame", width, height, viewBox: `0 0 ${width} ${height}` }, key.node, shapes),
    nearest: "xy",
    start: boxes.findIndex(({ above }) => !above),
    mark,
    stops: boxes.map((box) => ({
      x: box.x + Math.min(box.width / 2, 60), y: top(box) + kRow / 2,
      heading: nameOf(box.frame), lines: lines(box.frame),
      outline: { x: box.x, y: top(box), width: Math.max(1, box.width), height: kRow },
    })),
    find: (x, y) => boxes.findIndex((box) =>
      x >= box.x && x <= box.x + Math.max(1, box.width) && y >= top(box) && y < top(box) + kRow),
    step: (at, name) => step(boxes, at, name),
    act: (at) => zoom(boxes[at].frame),
  };
}

/**
 * What all flame graphs share: the zoom and what the search found. `graph` is what is drawn now; controls that
 * stand `before` these may change it.
 */
function flameChart({ search, before = () => [], graph, ...rest }) {
  let zoomed = null;
  let drawing = null;
  let changed = () => {};
  const found = html("span", { class: "found" });
  const say = () => {
    const { root } = graph();
    found.textContent = search.active ? `Found: ${search.share(root)}` : "Click a frame to zoom.";
    drawing?.mark();
  };
  const whole = html("button", { type: "button", class: "save", disabled: "" }, "Whole graph");
  const zoom = (to) => {
    zoomed = to?.parent ? to : null;
    whole.disabled = !zoomed;
    changed();
  };
  whole.addEventListener("click", () => zoom(null));
  search.onChange(say);
  return {
    wide: true,
    keys: "Arrow keys walk the frames, Enter zooms in and out.",
    height: () => 400,
    ...rest,
    controls(redraw) {
      changed = redraw;
      return [...before(() => zoom(null)), found, whole];
    },
    draw(width) {
      const shown = graph();
      drawing = drawFlame({
        ...shown, width, search, zoomed: zoomed ?? shown.root, legend: shown.legend(zoomed),
        scale: width / (zoomed ? zoomed.all : shown.widest),
        zoom: (to) => zoom(to === zoomed ? to.parent : to),
      });
      say();
      return drawing;
    },
  };
}

/** The kinds of frames that a graph has. */
function kinds(root) {
  const there = new Set([...walk(root)].map(({ kind }) => kind));
  return ["kernel", "program", "library", "unknown"].filter((kind) => there.has(kind))
    .map((kind) => ({ name: kind, fill: `var(--f-${kind})` }));
}

/** How wide a graph is drawn: on the scale of the widest of its group unless nothing could be seen then. */
export const widestFor = (total, widest) => (total < widest * kNarrow ? total : widest);

/**
 * One strategy's graph.
 * @param {{title: string, what: string, root: import("./call_tree.js").Frame, search: Search, widest: () => number}} of
 *   `what` the time is; `widest` is how many ns take the whole width
 */
export function strategyFlame({ title, what, root, search, widest }) {
  const scaleText = (zoomed) => {
    if (zoomed) return `zoomed: the whole width is ${duration(zoomed.all)}`;
    return widestFor(root.all, widest()) === widest()
      ? `the whole width is ${duration(widest())}, in each of these graphs`
      : `on a scale of its own: too narrow beside ${duration(widest())}`;
  };
  return flameChart({
    title, search,
    subtitle: `${what}, ns per request, by callers and those they call`,
    says: `${duration(root.all)} per request.`,
    graph: () => ({
      root,
      widest: widestFor(root.all, widest()),
      legend: (zoomed) => [{ name: `${duration(root.all)} per request` }, { name: scaleText(zoomed) }, ...kinds(root)],
      look: ({ kind }) => kind,
      lines: (each) => [
        { name: "module", text: each.module || "–" },
        { name: "per request", text: duration(each.all) },
        { name: "of it itself", text: duration(each.own) },
        { name: "share of all", text: shareText(each.all, root.all) },
      ],
    }),
    table: () => ({
      columns: ["function", "module", "itself, ns per request", "with its calls, ns per request", "itself, share of all, %"],
      rows: [...byFunction(root).values()].sort((a, b) => b.own - a.own).slice(0, kListed)
        .map((each) => [nameOf(each), each.module, each.own, each.all, (100 * each.own) / root.all]),
    }),
  });
}

const kNoFunction = { own: 0, all: 0 };

/**
 * What one strategy costs more or less than another, frame by frame.
 * @param {object} of
 * @param {string} of.title
 * @param {Search} of.search
 * @param {(redraw: () => void) => Node[]} of.choose the controls
 * @param {() => {first: {name: string, root: object}, second: {name: string, root: object}}} of.pair as chosen: the
 *   same trees until others are
 */
export function differenceFlame({ title, search, choose, pair }) {
  const graph = () => {
    const { first, second } = pair();
    const { before, gone } = compare(first.root, second.root);
    const change = (each) => each.all - before.get(each);
    const most = Math.max(...[...before.keys()].map((each) => Math.abs(change(each)))) || 1;
    const look = (each) => {
      const size = Math.abs(change(each)) / most;
      if (size < 0.005) return "same";
      const level = Math.max(1, Math.ceil(Math.sqrt(size) * kSteps));
      return `${change(each) > 0 ? "more" : "less"}${level}`;
    };
    return {
      root: second.root,
      widest: second.root.all,
      legend: () => [
        { name: `${second.name} ${duration(second.root.all)}, against ${first.name} ${duration(first.root.all)} per request` },
        { name: `costs ${second.name} more`, fill: "var(--more4)" }, { name: "less", fill: "var(--less4)" },
        ...(gone > 0 ? [{ name: `${duration(gone)} of ${first.name} is in frames that are not here` }] : []),
      ],
      look,
      lines: (each) => [
        { name: "module", text: each.module || "–" },
        { strategy: first.name, text: duration(before.get(each)) },
        { strategy: second.name, text: duration(each.all) },
        { name: "difference", text: signed(change(each)) },
      ],
    };
  };
  return flameChart({
    title, search, graph,
    notes: ["A narrow frame rests on few samples: its difference may be chance. The table above has intervals."],
    subtitle: "CPU time, ns per request: the second strategy's frames, coloured by what they cost more or less than the first's",
    says() {
      const { first, second } = pair();
      const more = second.root.all - first.root.all;
      return `${second.name} costs ${duration(Math.abs(more))} per request ${more < 0 ? "less" : "more"} than ${first.name}.`;
    },
    before: choose,
    table() {
      const { first, second } = pair();
      const [old, now] = [byFunction(first.root), byFunction(second.root)];
      const rows = [...new Map([...old, ...now])].map(([key, { name, module }]) => {
        const [a, b] = [old.get(key) ?? kNoFunction, now.get(key) ?? kNoFunction];
        return [nameOf({ name, module }), module, a.own, b.own, b.own - a.own];
      });
      return {
        columns: ["function", "module", `${first.name} itself, ns per request`, `${second.name} itself, ns per request`, "difference, ns"],
        rows: rows.sort((a, b) => Math.abs(b[4]) - Math.abs(a[4])).slice(0, kListed),
      };
    },
  });
}
