/**
 * Forest plots: each strategy's figure as times the reference's, a marker and its interval on a
 * logarithmic axis. The band is the run's own noise, the dashed lines the margin below which a
 * difference is not worth a decision.
 */
import { fitText, nameRoom, textWidth } from "../drawing.js";
import { svg } from "../dom.js";
import { ratio, ratioInterval } from "../format.js";
import { markerPath } from "../markers.js";
import { ratioAxis } from "./forest_scale.js";

const kRow = 24;
const kHead = 28;
const kAxis = 34;
const kSection = 26;

/**
 * @typedef {object} ForestRow
 * @property {string} name
 * @property {"family" | "strategy"} kind
 * @property {string} strategy the one that it looks like: of a family its best
 * @property {import("./forest_scale.js").Ratio | null} ratio
 * @property {string} [absent] why there is no ratio: "no server"
 * @property {string} [section] stands above the row
 */

/** The parts behind the rows: band, margin, ticks and the line of the reference. */
function ground(axis, { top, bottom, noise, margin, colour }) {
  const line = (x, name) => svg("line", { x1: x, x2: x, y1: top, y2: bottom, class: name });
  return svg("g", {},
    noise ? svg("rect", {
      class: "floor", x: axis.clamped(noise[0]), width: Math.max(1, axis.clamped(noise[1]) - axis.clamped(noise[0])),
      y: top, height: bottom - top,
    }) : null,
    axis.ticks.map(({ x }) => line(x, "tick")),
    margin ? [1 / (1 + margin), 1 + margin].map((value) => line(axis.clamped(value), "margin")) : null,
    svg("line", { x1: axis.one, x2: axis.one, y1: top, y2: bottom, class: "reference", stroke: colour }));
}

/** A marker with its interval; an arrow and the figure where it lies beyond the axis. */
function mark(row, axis, y, look) {
  const { estimate, low, high } = row.ratio;
  const family = row.kind === "family";
  const side = axis.beyond(estimate);
  if (side !== 0) {
    const x = side < 0 ? axis.left : axis.right;
    return svg("g", { fill: look.text, class: "beyond", "data-strategy": row.strategy },
      svg("text", { x, y, dy: "0.32em", "text-anchor": side < 0 ? "start" : "end" },
        side < 0 ? `◂ ${ratio(estimate)}` : `${ratio(estimate)} ▸`));
  }
  const from = low === null ? null : axis.clamped(low);
  const to = high === null ? null : axis.clamped(high);
  const cap = (value, x) => (axis.beyond(value) === 0 ? svg("line", { x1: x, x2: x, y1: y - 4, y2: y + 4 }) : null);
  return svg("g", { class: `mark ${row.kind}`, "data-strategy": row.strategy },
    from === null || to === null ? null : svg("g", { stroke: look.stroke, class: "interval" },
      svg("line", { x1: from, x2: Math.max(to, from + 0.5), y1: y, y2: y }), cap(low, from), cap(high, to)),
    svg("path", {
      d: markerPath(look.symbol, family ? 6 : 4.6), transform: `translate(${axis.clamped(estimate).toFixed(1)},${y})`,
      fill: look.stroke, class: "marker",
    }));
}

const axisLabels = (axis, y) => axis.ticks.map(({ x, text }) =>
  svg("text", { x, y, class: "label", "text-anchor": "middle" }, text));

/** A decision in words: as it is in the data. */
const said = ({ decision }) => (decision === "reference" ? "the reference" : decision);

const saidOf = (row) => (row.ratio
  ? [ratioInterval(row.ratio), said(row.ratio)].filter(Boolean).join(", ")
  : (row.absent ?? "–"));

/** Where there is no room beside the plot, a row's words stand above it. */
const isWide = (width) => width > 560;
const kWords = 230;

/** The rows' middles and the height of all, without the axis. */
function layoutOf(rows, width) {
  const above = isWide(width) ? 0 : 16;
  let y = kHead;
  const places = rows.map((row) => {
    y += (row.section === undefined ? 0 : kSection) + above + kRow;
    return y - kRow / 2;
  });
  return { places, above, bottom: y + 4 };
}

/** How high forest() will be. */
export const forestHeight = (rows, width) => layoutOf(rows, width).bottom + kAxis;

/**
 * One group's rows, each with its ratio in words.
 * @param {ForestRow[]} rows
 * @param {{width: number, noise: [number, number] | null, margin: number | null, reference: string, aspect: {title: string, more: boolean}}} how
 * @returns {import("../drawing.js").Drawing}
 */
export function forest(rows, strategies, { width, noise, margin, reference, aspect }) {
  const wide = isWide(width);
  const names = wide ? nameRoom(rows.map(({ name }) => name), width) : { pixels: 0, fit: (name) => fitText(name, width * 0.45) };
  const texts = rows.map((row) => (row.ratio ? ratioInterval(row.ratio) : (row.absent ?? "")));
  const axis = ratioAxis(rows.flatMap((row) => row.ratio ?? []), {
    left: names.pixels + (wide ? 10 : 4), right: width - (wide ? kWords + 12 : 4), margin,
  });
  const { places, above, bottom } = layoutOf(rows, width);
  const height = bottom + kAxis;
  const title = fitText(`${aspect.title}, times ${reference}`, width - 8);
  const half = textWidth(title) / 2;
  const words = (row, index) => svg("text", {
    x: wide ? width - kWords + 8 : width, y: wide ? places[index] : places[index] - 16, dy: "0.32em",
    "text-anchor": wide ? "start" : "end", class: "figure",
  }, row.ratio
    ? [svg("tspan", { class: "value" }, texts[index]), svg("tspan", { class: `said ${row.ratio.decision.replace(" ", "_")}`, dx: 8 }, said(row.ratio))]
    : texts[index]);
  const sectionTop = (index) => places[index] - kRow / 2 - above - kSection + 8;
  const node = svg("svg", { class: "plot forest", width, height, viewBox: `0 0 ${width} ${height}` },
    ground(axis, { top: kHead - 6, bottom, noise, margin, colour: strategies.look(reference).stroke }),
    svg("text", { x: Math.max(half, Math.min(width - half, axis.one)), y: 13, class: "title", "text-anchor": "middle" }, title),
    rows.map((row, index) => {
      const look = strategies.look(row.strategy);
      return [
        row.section === undefined ? null : [
          svg("line", { x1: 0, x2: width, y1: sectionTop(index), y2: sectionTop(index), class: "rule" }),
          svg("text", { x: 0, y: sectionTop(index) + 14, class: "section" }, fitText(row.section, width)),
        ],
        svg("text", {
          x: names.pixels, y: wide ? places[index] : places[index] - 16, dy: "0.32em", "text-anchor": wide ? "end" : "start",
          class: "name", fill: look.text,
        }, names.fit(row.name)),
        row.ratio ? mark(row, axis, places[index], look) : null,
        words(row, index),
      ];
    }),
    axisLabels(axis, bottom + 13),
    svg("text", { x: axis.right, y: bottom + 29, class: "label", "text-anchor": "end" }, aspect.more ? "more is better →" : ""),
    svg("text", { x: axis.left, y: bottom + 29, class: "label", "text-anchor": "start" }, aspect.more ? "" : "← less is better"));
  return {
    node,
    nearest: "y",
    stops: rows.map((row, index) => ({
      x: axis.one, y: places[index], heading: row.name,
      lines: [{ strategy: row.strategy, name: `times ${reference}`, text: saidOf(row) }],
    })),
  };
}

const kSmallRow = 18;
const kSmallHead = 30;
const kSmallSection = 17;

/**
 * Several groups side by side, the same rows in all.
 * @param {{title: string, rows: ForestRow[], noise: [number, number] | null}[]} groups whose rows have the same names
 * @param {{width: number, columns: number, margin: number | null, reference: string}} how
 */
export function forests(groups, strategies, { width, columns, margin, reference }) {
  const names = nameRoom(groups[0].rows.map(({ name }) => name), width);
  const gap = 14;
  const room = (width - names.pixels - 8 - gap * (columns - 1)) / columns;
  const all = groups.flatMap(({ rows }) => rows.flatMap((row) => row.ratio ?? []));
  const band = rowsHeight(groups[0].rows) + kSmallHead + 24;
  const height = Math.ceil(groups.length / columns) * band;
  const colour = strategies.look(reference).stroke;
  const stops = [];
  const parts = groups.map(({ title, rows, noise }, index) => {
    const left = names.pixels + 8 + (index % columns) * (room + gap);
    const top = Math.floor(index / columns) * band + kSmallHead;
    const axis = ratioAxis(all, { left: left + 6, right: left + room - 6, margin });
    const bottom = top + rowsHeight(rows);
    let y = top;
    return svg("g", {},
      svg("text", { x: axis.one, y: top - 12, class: "title", "text-anchor": "middle" }, fitText(title, room + gap)),
      ground(axis, { top: top - 4, bottom, noise, margin, colour }),
      rows.map((row) => {
        if (row.section !== undefined) y += kSmallSection;
        y += kSmallRow;
        const at = y - kSmallRow / 2;
        const look = strategies.look(row.strategy);
        const first = index % columns === 0;
        stops.push({
          x: axis.one, y: at, heading: `${row.name}, ${title}`,
          lines: [{ strategy: row.strategy, name: `times ${reference}`, text: saidOf(row) }],
        });
        return [
          first && row.section !== undefined ? svg("text", { x: 0, y: at - kSmallRow / 2 - 3, class: "section" }, fitText(row.section, names.pixels + room)) : null,
          first ? svg("text", { x: names.pixels, y: at, dy: "0.32em", "text-anchor": "end", class: "name", fill: look.text }, names.fit(row.name)) : null,
          row.ratio
            ? mark(row, axis, at, look)
            : svg("text", { x: axis.one, y: at, dy: "0.32em", "text-anchor": "middle", class: "absent" }, fitText(row.absent ?? "–", room)),
        ];
      }),
      axisLabels(axis, bottom + 12));
  });
  return { node: svg("svg", { class: "plot forest", width, height, viewBox: `0 0 ${width} ${height}` }, parts), nearest: "xy", stops };
}

const rowsHeight = (rows) => rows.reduce((sum, row) => sum + kSmallRow + (row.section === undefined ? 0 : kSmallSection), 0);

export const forestsHeight = (rows, count, columns) => Math.ceil(count / columns) * (rowsHeight(rows) + kSmallHead + 24);
