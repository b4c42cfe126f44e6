/** One figure along a swept parameter: a line and the band of its interval for each strategy. */
import * as Plot from "@observablehq/plot";
import { endLabels, kNameGap, latencyAxis, lighting, lineMarks, nameRoom, plot } from "../drawing.js";
import { estimate, parameter, tick } from "../format.js";
import { sparse } from "../layout.js";
import { absences, along, cellsAlong, intervalText, sweepPlace } from "../model.js";

const kHeight = 300;

/**
 * @typedef {object} Measure
 * @property {string} title of the chart: "CPU per request"; "" the workload's throughput
 * @property {string} axis "requests/s"
 * @property {string} unit of the numbers in the table: "ns"
 * @property {(value: number) => string} format
 * @property {boolean} lower is better
 * @property {boolean} [logarithmic]
 * @property {(cell: object, group: object) => import("../model.js").Estimate | null} of
 */

/**
 * @param {Measure} measure
 * @param {{remark?: string, notes?: string[], rings?: {strategy: string, at: number}[], follow?: (changed: () => void) => void}} more
 *   behind the subtitle, below the chart, rings on the lines, and when the measure gives other figures
 * @returns {import("../card.js").Chart | null}
 */
export function sweepLines(workload, sweep, measure, strategies, { remark = "", notes = [], rings = [], follow } = {}) {
  const groupOf = new Map(sweep.points.map(({ group }) => workload.groups[group]).filter(Boolean)
    .flatMap((group) => group.cells.map((cell) => [cell, group])));
  const of = (cell) => {
    const value = cell.status === "measured" ? measure.of(cell, groupOf.get(cell)) : null;
    return value && (!measure.logarithmic || value.median > 0) ? value : null;
  };
  const made = () => [...new Set(cellsAlong(workload, sweep).map((cell) => cell.strategy))]
    .map((strategy) => ({
      strategy,
      points: along(workload, sweep, strategy).map(({ value, cell }) => ({ x: value, value: of(cell) })).filter(({ value }) => value),
    }))
    .filter(({ points }) => points.length > 0);
  const allOf = (series) => series.flatMap(({ strategy, points }) => points.map((point) => ({ strategy, ...point })));
  const series = made();
  if (series.length === 0) return null;
  const leads = (shown) => leadersOf(shown, strategies, measure.lower);
  const faint = series.length > leads(series).length ? "; strong: the best of each family" : "";
  return {
    title: `${workload.name}${measure.title ? `: ${measure.title}` : ""} by ${sweep.parameter}`,
    subtitle: [sweepPlace(workload, sweep), `${intervalText(allOf(series).map(({ value }) => value))}${faint}${remark}`].filter(Boolean).join("; "),
    says() {
      const best = allOf(made()).reduce((a, b) => ((measure.lower ? b.value.median < a.value.median : b.value.median > a.value.median) ? b : a));
      return `${measure.lower ? "Least" : "Most"}: ${best.strategy} at ${parameter(best.x, sweep.unit, sweep.parameter)}, ` +
        `${estimate(best.value, measure.format)} ${measure.title || measure.axis}.`;
    },
    follow,
    notes: [...notes, ...absences(cellsAlong(workload, sweep), (cell) => of(cell) !== null)],
    keys: "Left and right read the figures, up and down choose a strategy.",
    height: () => kHeight,
    draw(width) {
      const shown = made().filter(({ strategy }) => strategies.shown(strategy));
      return shown.length ? draw(shown, leads(shown), rings, width, sweep, measure, strategies) : null;
    },
    table: () => ({
      columns: ["strategy", sweep.unit ? `${sweep.parameter}, ${sweep.unit}` : sweep.parameter,
        `median, ${measure.unit}`, "low", "high", "trials"],
      rows: allOf(made()).map(({ strategy, x, value }) => [strategy, x, value.median, value.low, value.high, value.trials]),
    }),
  };
}

/** The leaders by the mean logarithm of what was measured. */
function leadersOf(series, strategies, lower) {
  const badness = new Map(series.map(({ strategy, points }) => {
    const sum = points.reduce((total, { value }) => total + Math.log(Math.max(value.median, 1e-9)), 0);
    return [strategy, (lower ? sum : -sum) / points.length];
  }));
  return new Set(strategies.leaders([...badness.keys()], (strategy) => badness.get(strategy)));
}

function draw(series, leads, rings, width, sweep, measure, strategies) {
  const strong = series.filter(({ strategy }) => leads.has(strategy));
  const values = [...new Set(series.flatMap(({ points }) => points.map((point) => point.x)))].sort((a, b) => a - b);
  const names = nameRoom(strong.map(({ strategy }) => strategy), width);
  const margin = { marginLeft: 52, marginRight: names.pixels + kNameGap, marginTop: 26, marginBottom: 40 };
  const logarithmic = values[0] > 0 && values.at(-1) / values[0] >= 8;
  const inner = width - margin.marginLeft - margin.marginRight;
  const position = logarithmic ? Math.log2 : (x) => x;
  const domain = values.length > 1 ? [position(values[0]), position(values.at(-1))] : [values[0] - 1, values[0] + 1];
  const ticks = sparse(values, (x) => ((position(x) - domain[0]) / (domain[1] - domain[0])) * inner, 34);
  const shown = series.flatMap(({ points }) => points.map((point) => point.value));
  const axis = measure.logarithmic
    ? latencyAxis("y", shown.flatMap((value) => [value.low || value.median, value.high]), (kHeight - 66) / 24, measure.axis)
    : {
      scale: {
        domain: [0, Math.max(...shown.map(({ high }) => high)) * 1.04 || 1], grid: true, ticks: 6,
        tickFormat: tick(measure.format), tickSize: 0, label: measure.axis, labelArrow: "none",
      },
      marks: [],
    };
  const place = { x: (point) => position(point.x), y: (point) => point.value.median };
  const node = plot({
    width, height: kHeight, ...margin,
    x: {
      domain, label: sweep.parameter, labelAnchor: "center", labelArrow: "none",
      ticks: ticks.map(position), tickFormat: (_, index) => parameter(ticks[index], sweep.unit, sweep.parameter),
    },
    y: axis.scale,
    marks: [
      axis.marks,
      strong.map(({ strategy, points }) => Plot.areaY(points, {
        x: place.x, y1: (point) => point.value.low || point.value.median, y2: (point) => point.value.high,
        fill: strategies.look(strategy).stroke, fillOpacity: 0.1, ariaDescription: strategy,
      })),
      // The leaders on top.
      [...series].sort((a, b) => leads.has(a.strategy) - leads.has(b.strategy)).map(({ strategy, points }) => [
        lineMarks(strategies, strategy, points, place, { faint: !leads.has(strategy) }),
        Plot.dot(ringsOf(strategy, points, rings, position), {
          x: "x", y: "y", r: 6, stroke: strategies.look(strategy).stroke, strokeWidth: 2, className: "hollow", ariaDescription: strategy,
        }),
      ]),
    ],
  });
  const x = node.scale("x");
  const y = node.scale("y");
  const bottom = kHeight - margin.marginBottom;
  node.append(endLabels(strong.map(({ strategy, points }) => ({
    strategy, x: x.apply(position(points.at(-1).x)), y: y.apply(points.at(-1).value.median),
  })), strategies, { at: width - names.pixels, top: 14, bottom: bottom - 4, fit: names.fit }));
  return {
    node,
    nearest: "x",
    light: lighting(node),
    stops: values.map((value) => ({
      x: x.apply(position(value)), y: 0, top: margin.marginTop, bottom,
      heading: `${sweep.parameter} ${parameter(value, sweep.unit, sweep.parameter)}, ${measure.axis}`,
      lines: series.flatMap(({ strategy, points }) => points.filter((point) => point.x === value)
        .map((point) => ({
          strategy, text: estimate(point.value, measure.format), y: y.apply(point.value.median), by: point.value.median,
        })))
        .sort((a, b) => (measure.lower ? a.by - b.by : b.by - a.by)),
    })),
  };
}

/** Where a strategy's rings lie on its line, between two measured points. */
function ringsOf(strategy, points, rings, position) {
  return rings.filter((ring) => ring.strategy === strategy).flatMap(({ at }) => {
    const after = points.findIndex((point) => point.x >= at);
    if (after < 0) return [];
    const b = points[after];
    const a = points[after - 1] ?? b;
    const part = b.x === a.x ? 0 : (position(at) - position(a.x)) / (position(b.x) - position(a.x));
    return [{ x: position(at), y: a.value.median + part * (b.value.median - a.value.median) }];
  });
}
