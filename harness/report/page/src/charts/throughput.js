/** How much each strategy gets done: along a sweep as lines with bands, else as bars. */
import * as Plot from "@observablehq/plot";
import { endLabels, kNameGap, nameRoom, plot } from "../drawing.js";
import { count, estimate, parameter, tick } from "../format.js";
import { sparse } from "../layout.js";
import { absences, along, cellsAlong, figure, intervalText, place, sweepPlace, sweepsOf, titleOf } from "../model.js";
import { bars, barsHeight } from "./bars.js";

const kFigure = "throughput_per_s";
const kHeight = 300;

/**
 * Where the work sets its own pace, throughput tells nothing and is not drawn. A group that is
 * ranked by another figure because the generator was at its limit has lower bounds, which are.
 * @returns {{workload: object, charts: import("../card.js").Chart[]}[]}
 */
export function throughputCharts({ workloads }, strategies) {
  return workloads.map((workload) => {
    const sweeps = sweepsOf(workload, false)
      .filter((sweep) => sweep.points.some(({ group }) => tells(workload.groups[group])));
    const swept = new Set(sweeps.flatMap((sweep) => sweep.points.map((point) => point.group)));
    const single = workload.groups.filter((group, index) =>
      !swept.has(index) && !group.open_loop && tells(group));
    return {
      workload,
      charts: [
        ...sweeps.map((sweep) => sweepChart(workload, sweep, strategies)),
        ...single.map((group) => pointChart(workload, group, strategies)),
      ].filter(Boolean),
    };
  });
}

/** Whether a group's throughput says anything about its strategies. */
const tells = (group) => group?.rank_by === kFigure ||
  group?.cells.some((cell) => figure(cell, kFigure)?.at_least);

const drawable = (cell) => cell.status === "measured" && figure(cell, kFigure) !== null;

function pointChart(workload, group, strategies) {
  const rows = group.cells.filter(drawable)
    .map((cell) => ({ strategy: cell.strategy, value: figure(cell, kFigure) }))
    .sort((a, b) => b.value.median - a.value.median);
  if (rows.length === 0) return null;
  return {
    title: titleOf(workload, group),
    subtitle: [place(group), `${workload.unit}/s, ${intervalText(rows.map((row) => row.value))}`].filter(Boolean).join("; "),
    says: `Most: ${rows[0].strategy}, ${estimate(rows[0].value, count)} ${workload.unit} a second.`,
    notes: absences(group.cells, drawable),
    height: () => barsHeight(rows.length),
    draw(width) {
      const shown = rows.filter((row) => strategies.shown(row.strategy));
      if (shown.length === 0) return null;
      const names = nameRoom(shown.map((row) => row.strategy), width);
      return bars(shown, strategies, { width, format: count, names, heading: `${workload.unit}/s` });
    },
    table: () => ({
      columns: ["strategy", `median, ${workload.unit}/s`, "low", "high", "trials"],
      rows: rows.map(({ strategy, value }) => [strategy, value.median, value.low, value.high, value.trials]),
    }),
  };
}

function sweepChart(workload, sweep, strategies) {
  const series = [...new Set(cellsAlong(workload, sweep).map((cell) => cell.strategy))]
    .map((strategy) => ({
      strategy,
      points: along(workload, sweep, strategy).filter(({ cell }) => drawable(cell))
        .map(({ value, cell }) => ({ x: value, value: figure(cell, kFigure) })),
    }))
    .filter(({ points }) => points.length > 0);
  if (series.length === 0) return null;
  const values = [...new Set(series.flatMap(({ points }) => points.map((point) => point.x)))].sort((a, b) => a - b);
  const known = (sweep.knees ?? []).filter(({ at }) => Number.isFinite(at));
  const knees = known.filter(({ at }) => at >= values[0] && at <= values.at(-1));
  const all = series.flatMap(({ points }) => points.map((point) => point.value));
  const best = series.flatMap(({ strategy, points }) => points.map((point) => ({ strategy, ...point })))
    .reduce((a, b) => (b.value.median > a.value.median ? b : a));
  const kneeText = knees.length ? "; ring: the knee of the fitted Universal Scalability Law" : "";
  return {
    title: `${workload.name} by ${sweep.parameter}`,
    subtitle: [sweepPlace(workload, sweep), `${intervalText(all)}${kneeText}`].filter(Boolean).join("; "),
    says: `Most: ${best.strategy} at ${parameter(best.x, sweep.unit, sweep.parameter)}, ${estimate(best.value, count)} ${workload.unit} a second.`,
    notes: [
      ...known.filter(({ at }) => at > values.at(-1))
        .map(({ strategy, at }) => `The knee of ${strategy} would lie beyond what was measured, at ${count(at)}.`),
      ...absences(cellsAlong(workload, sweep), drawable),
    ],
    height: () => kHeight,
    draw: (width) => drawSweep(series, values, knees, width, workload, sweep, strategies),
    table: () => ({
      columns: ["strategy", sweep.unit ? `${sweep.parameter}, ${sweep.unit}` : sweep.parameter,
        `median, ${workload.unit}/s`, "low", "high", "trials"],
      rows: series.flatMap(({ strategy, points }) => points.map(({ x, value }) =>
        [strategy, x, value.median, value.low, value.high, value.trials])),
    }),
  };
}

function drawSweep(series, values, knees, width, workload, sweep, strategies) {
  const shown = series.filter(({ strategy }) => strategies.shown(strategy));
  if (shown.length === 0) return null;
  const names = nameRoom(shown.map(({ strategy }) => strategy), width);
  const margin = { marginLeft: 52, marginRight: names.pixels + kNameGap, marginTop: 26, marginBottom: 40 };
  const logarithmic = values[0] > 0 && values.at(-1) / values[0] >= 8;
  const inner = width - margin.marginLeft - margin.marginRight;
  const position = logarithmic ? Math.log2 : (x) => x;
  const domain = values.length > 1 ? [position(values[0]), position(values.at(-1))] : [values[0] - 1, values[0] + 1];
  const ticks = sparse(values, (x) => ((position(x) - domain[0]) / (domain[1] - domain[0])) * inner, 34);
  const top = Math.max(...shown.flatMap(({ points }) => points.map((point) => point.value.high)));
  const node = plot({
    width, height: kHeight, ...margin,
    x: {
      domain, label: sweep.parameter, labelAnchor: "center", labelArrow: "none",
      ticks: ticks.map(position), tickFormat: (_, index) => parameter(ticks[index], sweep.unit, sweep.parameter),
    },
    y: {
      domain: [0, top * 1.04 || 1], grid: true, ticks: 6, tickFormat: tick(count), tickSize: 0,
      label: `${workload.unit}/s`, labelArrow: "none",
    },
    marks: shown.flatMap(({ strategy, points }) => {
      const look = strategies.look(strategy);
      const x = (point) => position(point.x);
      const y = (point) => point.value.median;
      return [
        Plot.areaY(points, {
          x, y1: (point) => point.value.low, y2: (point) => point.value.high,
          fill: look.stroke, fillOpacity: 0.16,
        }),
        Plot.lineY(points, { x, y, stroke: look.stroke, strokeWidth: 2, strokeDasharray: look.dash }),
        Plot.dot(points, { x, y, r: 1.8, fill: look.stroke }),
        Plot.dot(kneesOf(strategy, points, knees, position), {
          x, y: "y", r: 5, stroke: look.stroke, strokeWidth: 2, className: "hollow",
        }),
      ];
    }),
  });
  const x = node.scale("x");
  const y = node.scale("y");
  const bottom = kHeight - margin.marginBottom;
  node.append(endLabels(shown.map(({ strategy, points }) => ({
    strategy, x: x.apply(position(points.at(-1).x)), y: y.apply(points.at(-1).value.median),
  })), strategies, { at: width - names.pixels, top: 14, bottom: bottom - 4, fit: names.fit }));
  return {
    node,
    nearest: "x",
    stops: values.map((value) => ({
      x: x.apply(position(value)), y: 0, top: margin.marginTop, bottom,
      heading: `${sweep.parameter} ${parameter(value, sweep.unit, sweep.parameter)}, ${workload.unit}/s`,
      lines: shown.flatMap(({ strategy, points }) => points.filter((point) => point.x === value)
        .map((point) => ({
          strategy, text: estimate(point.value, count), y: y.apply(point.value.median), by: point.value.median,
        })))
        .sort((a, b) => b.by - a.by),
    })),
  };
}

/** A strategy's knee on its line, between two measured points. */
function kneesOf(strategy, points, knees, position) {
  return knees.filter((knee) => knee.strategy === strategy).flatMap(({ at }) => {
    const after = points.findIndex((point) => point.x >= at);
    if (after < 0) return [];
    const b = points[after];
    const a = points[after - 1] ?? b;
    const part = b.x === a.x ? 0 : (position(at) - position(a.x)) / (position(b.x) - position(a.x));
    return [{ x: at, y: a.value.median + part * (b.value.median - a.value.median) }];
  });
}
