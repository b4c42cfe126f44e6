/** Open loop: what latency a rate costs. Along a swept rate as lines, at one rate as a span. */
import * as Plot from "@observablehq/plot";
import { endLabels, kNameGap, latencyAxis, lighting, lineMarks, nameRoom, plot } from "../drawing.js";
import { count, duration, estimate, tick } from "../format.js";
import { absences, along, cellsAlong, figure, intervalText, sweepPlace, sweepsOf, titleOf } from "../model.js";

const kHeight = 300;
const kRow = 24;
const figureName = (group, percentile) => `${group.latency ?? "response_time"}_${percentile}_ns`;

export function openLoopCharts({ workloads }, strategies) {
  return workloads.map((workload) => {
    const sweeps = sweepsOf(workload, true);
    const swept = new Set(sweeps.flatMap((sweep) => sweep.points.map((point) => point.group)));
    return {
      workload,
      charts: [
        ...sweeps.flatMap((sweep) => ["p99", "p50"].map((percentile) =>
          sweepChart(workload, sweep, percentile, strategies))),
        ...workload.groups.filter((group, index) => group.open_loop && !swept.has(index))
          .map((group) => pointChart(workload, group, strategies)),
      ].filter(Boolean),
    };
  });
}

function sweepChart(workload, sweep, percentile, strategies) {
  const drawable = (cell) => cell.status === "measured" && figure(cell, "throughput_per_s") !== null &&
    figure(cell, figureName({}, percentile)) !== null;
  const series = [...new Set(cellsAlong(workload, sweep).map((cell) => cell.strategy))]
    .map((strategy) => ({
      strategy,
      points: along(workload, sweep, strategy).filter(({ cell }) => drawable(cell))
        .map(({ value, group, cell }) => ({
          offered: group.offered_per_s ?? value,
          achieved: figure(cell, "throughput_per_s"),
          latency: figure(cell, figureName({}, percentile)),
        })),
    }))
    .filter(({ points }) => points.length > 0);
  if (series.length === 0) return null;
  const all = series.flatMap(({ points }) => points.map((point) => point.latency));
  return {
    title: `${workload.name}: ${percentile} against throughput`,
    subtitle: [sweepPlace(workload, sweep), `response time; ${intervalText(all)}; a line that turns back or rises steeply has met its limit`].filter(Boolean).join("; "),
    says: `${series.length} strategies at ${sweep.points.length} offered rates.`,
    notes: absences(cellsAlong(workload, sweep), drawable),
    height: () => kHeight,
    draw: (width) => drawSweep(series.filter(({ strategy }) => strategies.shown(strategy)), width, percentile, workload, strategies),
    table: () => ({
      columns: ["strategy", `offered, ${workload.unit}/s`, `achieved, ${workload.unit}/s`,
        `${percentile} response time, ns`, "low, ns", "high, ns"],
      rows: series.flatMap(({ strategy, points }) => points.map(({ offered, achieved, latency }) =>
        [strategy, offered, achieved.median, latency.median, latency.low, latency.high])),
    }),
  };
}

function drawSweep(series, width, percentile, workload, strategies) {
  if (series.length === 0) return null;
  const names = nameRoom(series.map(({ strategy }) => strategy), width);
  const margin = { marginLeft: 52, marginRight: names.pixels + kNameGap, marginTop: 26, marginBottom: 40 };
  const points = series.flatMap((each) => each.points);
  const axis = latencyAxis("y", points.flatMap(({ latency }) => [latency.low || latency.median, latency.high]),
    (kHeight - 66) / 24, `${percentile} response time`);
  const node = plot({
    width, height: kHeight, ...margin,
    x: {
      domain: [0, Math.max(...points.map(({ achieved }) => achieved.median)) * 1.02], grid: true,
      ticks: Math.max(2, Math.floor((width - margin.marginLeft - margin.marginRight) / 60)),
      tickFormat: tick(count), label: `achieved ${workload.unit}/s`, labelAnchor: "center", labelArrow: "none",
    },
    y: axis.scale,
    marks: [axis.marks, series.map((each) => {
      const look = strategies.look(each.strategy);
      const place = { x: ({ achieved }) => achieved.median, y: ({ latency }) => latency.median };
      return [
        Plot.ruleX(each.points.filter(({ latency }) => latency.low > 0), {
          x: place.x, y1: ({ latency }) => latency.low, y2: ({ latency }) => latency.high,
          stroke: look.stroke, strokeOpacity: 0.5, ariaDescription: each.strategy,
        }),
        lineMarks(strategies, each.strategy, each.points, place, { faint: false }),
      ];
    })],
  });
  const x = node.scale("x");
  const y = node.scale("y");
  node.append(endLabels(series.map((each) => {
    const last = each.points.at(-1);
    return { strategy: each.strategy, x: x.apply(last.achieved.median), y: y.apply(last.latency.median) };
  }), strategies, {
    at: width - names.pixels, top: 14, bottom: kHeight - margin.marginBottom - 4, fit: names.fit,
  }));
  return {
    node,
    nearest: "xy",
    light: lighting(node),
    stops: series.flatMap((each) => each.points.map(({ offered, achieved, latency }) => ({
      x: x.apply(achieved.median), y: y.apply(latency.median), heading: `${count(offered)} ${workload.unit}/s offered`,
      lines: [
        { strategy: each.strategy, text: estimate(latency, duration), y: y.apply(latency.median) },
        { name: "achieved", text: estimate(achieved, count) },
      ],
    }))),
  };
}

function pointChart(workload, group, strategies) {
  const p50 = (cell) => figure(cell, figureName(group, "p50"));
  const p99 = (cell) => figure(cell, figureName(group, "p99"));
  const drawable = (cell) => cell.status === "measured" && p50(cell)?.median > 0 && p99(cell)?.median > 0;
  const rows = group.cells.filter(drawable)
    .map((cell) => ({
      strategy: cell.strategy, p50: p50(cell), p99: p99(cell), achieved: figure(cell, "throughput_per_s"),
    }))
    .sort((a, b) => a.p99.median - b.p99.median);
  if (rows.length === 0) return null;
  const offered = group.offered_per_s;
  return {
    title: titleOf(workload, group),
    subtitle: `response time${offered ? ` at ${count(offered)} ${workload.unit}/s offered` : ""}: from p50 (ring) to p99 (dot)`,
    says: `Least at p99: ${rows[0].strategy}, ${estimate(rows[0].p99, duration)}.`,
    notes: absences(group.cells, drawable),
    height: () => rows.length * kRow + 44,
    draw: (width) => drawSpans(rows.filter(({ strategy }) => strategies.shown(strategy)), width, strategies),
    table: () => ({
      columns: ["strategy", `achieved, ${workload.unit}/s`, "p50, ns", "p50 low", "p50 high", "p99, ns", "p99 low", "p99 high"],
      rows: rows.map((row) => [row.strategy, row.achieved?.median ?? null,
        row.p50.median, row.p50.low, row.p50.high, row.p99.median, row.p99.low, row.p99.high]),
    }),
  };
}

function drawSpans(rows, width, strategies) {
  if (rows.length === 0) return null;
  const names = nameRoom(rows.map(({ strategy }) => strategy), width);
  const shown = rows.map((row, index) => ({ ...row, index }));
  const axis = latencyAxis("x", rows.flatMap((row) => [row.p50.median, row.p99.median]), (width - names.pixels - 90) / 48);
  const stroke = ({ strategy }) => strategies.look(strategy).stroke;
  const node = plot({
    width, height: rows.length * kRow + 44, marginLeft: names.pixels, marginRight: 78, marginTop: 8, marginBottom: 36,
    x: axis.scale,
    y: { domain: shown.map(({ index }) => index), axis: null, type: "point", padding: 0.5 },
    marks: [
      axis.marks,
      Plot.ruleY(shown, { y: "index", x1: (row) => row.p50.median, x2: (row) => row.p99.median, stroke, strokeWidth: 2.5 }),
      Plot.dot(shown, { y: "index", x: (row) => row.p50.median, stroke, className: "hollow", r: 4.5, strokeWidth: 2 }),
      Plot.dot(shown, { y: "index", x: (row) => row.p99.median, fill: stroke, r: 5, symbol: ({ strategy }) => strategies.look(strategy).symbol }),
      Plot.text(shown, {
        y: "index", x: (row) => row.p99.median, dx: 10, textAnchor: "start", className: "figure",
        text: (row) => duration(row.p99.median),
      }),
      Plot.text(shown, {
        y: "index", frameAnchor: "left", dx: -8, textAnchor: "end", className: "name",
        text: (row) => names.fit(row.strategy), fill: (row) => strategies.look(row.strategy).text,
      }),
    ],
  });
  const y = node.scale("y");
  return {
    node,
    nearest: "y",
    stops: shown.map((row) => ({
      x: names.pixels, y: y.apply(row.index), heading: row.strategy,
      lines: [
        { strategy: row.strategy, name: "p50", text: estimate(row.p50, duration) },
        { strategy: row.strategy, name: "p99", text: estimate(row.p99, duration) },
      ],
    })),
  };
}
