/** Horizontal bars of estimates with whiskers, one a strategy: a panel of its own or one of several. */
import * as Plot from "@observablehq/plot";
import { plot } from "../drawing.js";
import { bytes, bytesRate, estimate, tick } from "../format.js";

const kRow = 22;
const kTop = 8;
const kBottom = 26;

export const barsHeight = (rows) => rows * kRow + kTop + kBottom;

const spread = ({ value }) => value.interval !== "single" && value.high > value.low;

/** 0 and a few multiples of a power of two. */
function binaryTicks(most, parts) {
  const step = 2 ** Math.ceil(Math.log2(most / parts));
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);
}

/**
 * @param {{strategy: string, value: import("../model.js").Estimate | null}[]} rows top to bottom
 * @param {object} how
 * @param {number} how.width
 * @param {(value: number) => string} how.format
 * @param {ReturnType<typeof import("../drawing.js").nameRoom> | null} how.names the room at the left, or no names
 * @param {string} how.heading of the read-out
 * @param {boolean} [how.intervals] whether they are written out, where there is room
 * @returns {import("../drawing.js").Drawing}
 */
export function bars(rows, strategies, { width, format, names, heading, intervals = true }) {
  const texts = rows.map(({ value }) => estimate(value, format));
  const shown = intervals && width - (names?.pixels ?? 8) > 330 ? texts : texts.map((text) => text.replace(/ \[.*/, ""));
  const room = Math.max(...shown.map((text) => text.length)) * 6.6 + 14;
  const measured = rows.map((row, index) => ({ ...row, index })).filter(({ value }) => value);
  const most = Math.max(0, ...measured.map(({ value }) => value.high)) || 1;
  const height = barsHeight(rows.length);
  const left = names?.pixels ?? 8;
  const parts = Math.max(2, Math.floor((width - left - room) / 70));
  const node = plot({
    width, height, marginLeft: left, marginRight: room, marginTop: kTop, marginBottom: kBottom,
    x: {
      domain: [0, most], ticks: [bytes, bytesRate].includes(format) ? binaryTicks(most, parts) : parts,
      tickFormat: tick(format), label: null, grid: true, tickSize: 0,
    },
    y: { domain: rows.map((_, index) => index), axis: null, padding: 0.28 },
    marks: [
      Plot.barX(measured, {
        y: "index", x: (row) => row.value.median, fill: (row) => strategies.look(row.strategy).stroke, rx: 2,
      }),
      ["whisker-back", "whisker"].map((className) => Plot.ruleY(measured.filter(spread), {
        y: "index", x1: (row) => row.value.low, x2: (row) => row.value.high, className,
        ...(className === "whisker" ? { marker: "tick", strokeWidth: 1.5 } : { strokeWidth: 4.5 }),
      })),
      Plot.text(rows, {
        y: (_, index) => index, x: ({ value }) => value?.high ?? 0, text: (_, index) => shown[index],
        dx: 8, textAnchor: "start", className: "figure",
      }),
      names
        ? Plot.text(rows, {
          y: (_, index) => index, frameAnchor: "left", dx: -8, textAnchor: "end", className: "name",
          text: ({ strategy }) => names.fit(strategy),
          fill: ({ strategy }) => strategies.look(strategy).text,
        })
        : null,
    ],
  });
  const y = node.scale("y");
  return {
    node,
    nearest: "y",
    stops: rows.map(({ strategy }, index) => ({
      x: left, y: y.apply(index) + y.bandwidth / 2, heading, lines: [{ strategy, text: texts[index] }],
    })),
  };
}
