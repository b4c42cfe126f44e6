/** Latency over time, one panel a strategy: the stronger the colour, the more requests took that long. */
import { latencyAxis, plot } from "../drawing.js";
import { svg } from "../dom.js";
import { count, duration, number } from "../format.js";
import { absences, titleOf } from "../model.js";
import { panels, panelsHeight } from "./panels.js";

const kShades = 8;
const kHeight = 150;
const drawable = (cell) => cell.status === "measured" && slicesOf(cell).some((slice) => slice.length > 0);
const slicesOf = (cell) => cell.heat?.slices ?? [];

export function heatChart(workload, group, strategies) {
  const cells = group.cells.filter(drawable);
  if (cells.length === 0) return null;
  const bins = cells.flatMap((cell) => slicesOf(cell).flat());
  const most = Math.max(...bins.map(([, , requests]) => requests));
  const range = [Math.min(...bins.map(([from]) => Math.max(1, from))), Math.max(...bins.map(([, to]) => to))];
  const seconds = Math.max(...cells.map((cell) => slicesOf(cell).length * cell.heat.slice_ns)) / 1e9;
  const columns = (width) => Math.min(cells.length, Math.max(1, Math.floor(width / 270)));
  const sliceText = duration(cells[0].heat.slice_ns);
  return {
    title: `${titleOf(workload, group)}: latency over time`,
    subtitle: `a column is ${sliceText} of each strategy's median trial; the stronger, the more ${workload.unit}, on a logarithmic scale`,
    says: `${cells.length} strategies over ${number(seconds)} s.`,
    notes: absences(group.cells, drawable),
    wide: true,
    height: (width) => panelsHeight(cells.length, columns(width), kHeight),
    draw(width) {
      const shown = cells.filter((cell) => strategies.shown(cell.strategy));
      if (shown.length === 0) return null;
      const grid = { columns: Math.min(shown.length, columns(width)), gap: 10, height: kHeight, inset: 46 };
      return panels(width, grid, shown.map((cell) => ({
        title: cell.strategy,
        fill: strategies.look(cell.strategy).text,
        draw: (room) => panel(cell, room, { most, range, seconds }, workload),
      })), "xy");
    },
    table: () => ({
      columns: ["strategy", "block", "slice from, ms", "latency from, ns", "latency to, ns", workload.unit],
      rows: cells.flatMap((cell) => slicesOf(cell).flatMap((slice, index) =>
        slice.map(([from, to, requests]) =>
          [cell.strategy, cell.heat.block, (index * cell.heat.slice_ns) / 1e6, from, to, requests]))),
    }),
  };
}

function panel(cell, width, { most, range, seconds }, workload) {
  const margin = { marginLeft: 46, marginRight: 16, marginTop: 4, marginBottom: 22 };
  const slice = cell.heat.slice_ns / 1e9;
  const latency = latencyAxis("y", range, (kHeight - 26) / 24);
  const node = plot({
    width, height: kHeight, ...margin,
    x: { domain: [0, seconds], ticks: 4, tickFormat: (s) => `${Number(s.toFixed(3))}s`, label: null, tickSize: 0 },
    y: latency.scale,
    marks: [latency.marks, (_, scales) => shades(slicesOf(cell), slice, most, scales)],
  });
  const x = node.scale("x");
  const y = node.scale("y");
  return {
    node,
    stops: slicesOf(cell).map((bins, index) => {
      const all = bins.reduce((sum, [, , requests]) => sum + requests, 0);
      return {
        x: x.apply((index + 0.5) * slice),
        y: bins.length ? y.apply(Math.max(1, median(bins, all))) : kHeight / 2,
        heading: `${cell.strategy}, ${duration(index * cell.heat.slice_ns)} to ${duration((index + 1) * cell.heat.slice_ns)}`,
        lines: [
          { name: workload.unit, text: count(all) },
          ...(bins.length
            ? [{ name: "median below", text: duration(median(bins, all)) }, { name: "all below", text: duration(bins.at(-1)[1]) }]
            : []),
        ],
      };
    }),
  };
}

/** The upper end of the bin in which the middle request lies. */
function median(bins, all) {
  let seen = 0;
  for (const [, to, requests] of bins) {
    seen += requests;
    if (seen * 2 >= all) return to;
  }
  return bins.at(-1)[1];
}

/** One path a shade: a few elements, however many bins there are. */
function shades(slices, seconds, most, { x, y }) {
  const paths = Array.from({ length: kShades }, () => "");
  slices.forEach((bins, index) => {
    const left = x(index * seconds).toFixed(1);
    const right = (x((index + 1) * seconds) + 0.2).toFixed(1);
    for (const [from, to, requests] of bins) {
      if (!(requests > 0)) continue;
      const shade = most > 1 ? Math.round((Math.log(requests) / Math.log(most)) * (kShades - 1)) : kShades - 1;
      paths[shade] += `M${left},${y(Math.max(1, from)).toFixed(1)}H${right}V${y(Math.max(1, to)).toFixed(1)}H${left}Z`;
    }
  });
  return svg("g", { class: "heat" },
    paths.map((d, shade) => (d ? svg("path", { d, fill: `var(--h${shade})` }) : null)));
}
