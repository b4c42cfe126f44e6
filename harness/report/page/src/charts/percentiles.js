/**
 * Latency by percentile: how bad the worst 1 in 10, 100, 1000 ... requests are. The best of each
 * family stands out; the others are faint until the pointer comes to them.
 */
import { endLabels, kNameGap, latencyAxis, lighting, lineMarks, nameRoom, plot } from "../drawing.js";
import { count, duration, percent, tick } from "../format.js";
import { sparse } from "../layout.js";
import { absences, titleOf } from "../model.js";

const kHeight = 300;

/** How many nines a share has: 0.9 is 1, 0.99 is 2. */
const nines = (share) => -Math.log10(1 - share);
const kTicks = [0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999];

// The fastest requests say nothing about the others, and would take the scale for themselves.
const kFirst = 0.1;

const usable = (cell) => (cell.percentiles?.points ?? []).filter(([share, ns]) => share < 1 && ns > 0);
const drawn = (cell) => usable(cell).filter(([share]) => share >= kFirst);
const drawable = (cell) => cell.status === "measured" && drawn(cell).length > 1;

export const percentileCharts = ({ workloads }, strategies) => workloads.map((workload) => ({
  workload,
  charts: workload.groups.map((group) => chart(workload, group, strategies)).filter(Boolean),
}));

function chart(workload, group, strategies) {
  const cells = group.cells.filter(drawable);
  if (cells.length === 0) return null;
  const best = cells.reduce((a, b) => (at(b, 0.99) < at(a, 0.99) ? b : a));
  const faint = leadersOf(cells, strategies).size < cells.length ? "; strong: the best of each family at p99" : "";
  return {
    title: titleOf(workload, group),
    subtitle: (group.open_loop
      ? `response time at equal load${group.offered_per_s ? `: ${tick(count)(group.offered_per_s)} ${workload.unit}/s offered` : ""}`
      : "service time, each at its own throughput: not at equal load") + faint,
    keys: "Left and right read the figures, up and down choose a strategy.",
    says: `Least at p99: ${best.strategy}, ${duration(at(best, 0.99))}.`,
    notes: absences(group.cells, drawable),
    height: () => kHeight,
    draw: (width) => draw(cells.filter((cell) => strategies.shown(cell.strategy)), width, group, strategies),
    table: () => ({
      columns: ["strategy", "percentile", "latency, ns", `${workload.unit} in all`],
      rows: cells.flatMap((cell) => usable(cell).map(([share, ns]) =>
        [cell.strategy, percent(share), ns, cell.percentiles.count])),
    }),
  };
}

function leadersOf(cells, strategies) {
  const p99 = new Map(cells.map((cell) => [cell.strategy, at(cell, 0.99)]));
  return new Set(strategies.leaders([...p99.keys()], (strategy) => p99.get(strategy)));
}

/** The latency at a share, between the points beside it. */
function at(cell, share) {
  const points = usable(cell);
  const after = points.findIndex(([each]) => each >= share);
  if (after < 0) return points.at(-1)[1];
  const [share1, ns1] = points[after];
  const [share0, ns0] = points[Math.max(0, after - 1)];
  if (share1 === share0) return ns1;
  const part = (nines(share) - nines(share0)) / (nines(share1) - nines(share0));
  return ns0 * (ns1 / ns0) ** part;
}

function draw(cells, width, group, strategies) {
  if (cells.length === 0) return null;
  const leads = leadersOf(cells, strategies);
  const strong = cells.filter(({ strategy }) => leads.has(strategy));
  const names = nameRoom([...leads], width);
  const margin = { marginLeft: 52, marginRight: names.pixels + kNameGap, marginTop: 26, marginBottom: 40 };
  const most = Math.max(0.5, ...cells.map((cell) => drawn(cell).at(-1)[0]));
  const shares = [...new Set(cells.flatMap((cell) => drawn(cell).map(([share]) => share)))].sort((a, b) => a - b);
  const inner = width - margin.marginLeft - margin.marginRight;
  const ticks = sparse(kTicks.filter((share) => share <= most * 1.0000001),
    (share) => (nines(share) / nines(most)) * inner, 40);
  const latency = latencyAxis("y", cells.flatMap((cell) => drawn(cell).map(([, ns]) => ns)),
    (kHeight - 66) / 24, (group.latency ?? "latency").replaceAll("_", " "));
  const node = plot({
    width, height: kHeight, ...margin,
    x: {
      domain: [nines(kFirst), nines(most)], ticks: ticks.map(nines), tickFormat: (_, index) => percent(ticks[index]),
      label: "percentile", labelAnchor: "center", labelArrow: "none", grid: true,
    },
    y: latency.scale,
    marks: [latency.marks, [...cells].sort((a, b) => leads.has(a.strategy) - leads.has(b.strategy)).map((cell) =>
      lineMarks(strategies, cell.strategy, drawn(cell), { x: ([share]) => nines(share), y: ([, ns]) => ns },
        { faint: !leads.has(cell.strategy), markers: false }))],
  });
  const x = node.scale("x");
  const y = node.scale("y");
  const bottom = kHeight - margin.marginBottom;
  node.append(endLabels(strong.map((cell) => {
    const [share, ns] = drawn(cell).at(-1);
    return { strategy: cell.strategy, x: x.apply(nines(share)), y: y.apply(ns) };
  }), strategies, { at: width - names.pixels, top: 14, bottom: bottom - 4, fit: names.fit }));
  return {
    node,
    nearest: "x",
    light: lighting(node),
    stops: shares.map((share) => ({
      x: x.apply(nines(share)), y: 0, top: margin.marginTop, bottom,
      heading: `${percent(share)} took at most`,
      lines: cells.filter((cell) => drawn(cell).at(-1)[0] >= share)
        .map((cell) => ({ strategy: cell.strategy, by: at(cell, share) }))
        .sort((a, b) => a.by - b.by)
        .map((line) => ({ ...line, text: duration(line.by), y: y.apply(line.by) })),
    })),
  };
}
