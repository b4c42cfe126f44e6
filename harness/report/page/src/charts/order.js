/** The trials in the order in which they ran, each against its strategy's median: shows drift. */
import * as Plot from "@observablehq/plot";
import { plot } from "../drawing.js";
import { count, duration, number } from "../format.js";
import { titleOf, trialsOf } from "../model.js";

const kHeight = 240;
const kFigures = {
  throughput_per_s: { name: "throughput", format: count },
  cpu_per_request_ns: { name: "CPU per request", format: duration },
  p99_ns: { name: "p99", format: duration },
};

/** The figure that the group is ranked by, if its trials have it. */
function figureOf(group) {
  const ranked = group.rank_by?.startsWith("cpu_per_request") ? "cpu_per_request_ns" : "throughput_per_s";
  const has = (name) => group.cells.some((cell) => cell.trials?.[name]?.some((value) => value > 0));
  return [ranked, "throughput_per_s", "cpu_per_request_ns", "p99_ns"].find(has);
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function orderChart(workload, group, strategies) {
  const name = figureOf(group);
  if (!name) return null;
  const figure = kFigures[name];
  const trials = group.cells.flatMap((cell) => {
    const own = trialsOf(cell).filter((trial) => trial[name] > 0 && Number.isFinite(trial.order));
    const valid = own.filter((trial) => trial.valid);
    if (valid.length < 2) return [];
    const middle = median(valid.map((trial) => trial[name]));
    return own.map((trial) => ({
      strategy: cell.strategy, order: trial.order, block: trial.block, valid: trial.valid,
      value: trial[name], share: trial[name] / middle,
    }));
  }).sort((a, b) => a.order - b.order);
  if (trials.length === 0) return null;
  return {
    title: `${titleOf(workload, group)}: trials in the order they ran`,
    subtitle: `${figure.name} against the strategy's own median; a slope is drift; hollow: not valid`,
    says: `${trials.length} trials.`,
    wide: true,
    height: () => kHeight,
    draw: (width) => draw(trials.filter(({ strategy }) => strategies.shown(strategy)), width, figure, strategies),
    table: () => ({
      columns: ["order", "strategy", "block", "valid", name, "share of the median"],
      rows: trials.map((trial) => [trial.order, trial.strategy, trial.block,
        trial.valid ? "yes" : "no", trial.value, trial.share]),
    }),
  };
}

function draw(trials, width, figure, strategies) {
  if (trials.length === 0) return null;
  const margin = { marginLeft: 52, marginRight: 16, marginTop: 24, marginBottom: 38 };
  const stroke = ({ strategy }) => strategies.look(strategy).stroke;
  const symbol = ({ strategy }) => strategies.look(strategy).symbol;
  // Five percent at least: noise must not look like a drift for want of anything larger.
  const shares = trials.map(({ share }) => share);
  const [low, high] = [Math.min(0.95, ...shares), Math.max(1.05, ...shares)];
  const signed = (share) => `${share >= 1 ? "+" : "−"}${number(Math.abs(share - 1) * 100)}%`;
  const node = plot({
    width, height: kHeight, ...margin,
    x: {
      domain: [trials[0].order - 1, trials.at(-1).order + 1], label: "trial of the run",
      labelAnchor: "center", labelArrow: "none", ticks: Math.floor(width / 90), tickFormat: String,
    },
    y: {
      domain: [low - 0.06 * (high - low), high + 0.06 * (high - low)], grid: true, ticks: 5, tickSize: 0, label: "against the median", labelArrow: "none",
      tickFormat: (share) => `${share < 1 ? "−" : ""}${Number(Math.abs((share - 1) * 100).toPrecision(3))}%`,
    },
    marks: [
      Plot.ruleY([1], { strokeOpacity: 0.4 }),
      Plot.dot(trials.filter(({ valid }) => valid), { x: "order", y: "share", r: 3, fill: stroke, symbol }),
      Plot.dot(trials.filter(({ valid }) => !valid), { x: "order", y: "share", r: 3.5, stroke, strokeWidth: 1.5, symbol, className: "hollow" }),
    ],
  });
  const x = node.scale("x");
  const y = node.scale("y");
  return {
    node,
    nearest: "xy",
    stops: trials.map((trial) => ({
      x: x.apply(trial.order), y: y.apply(trial.share),
      heading: `trial ${trial.order}, block ${trial.block}${trial.valid ? "" : ", not valid"}`,
      lines: [
        { strategy: trial.strategy, text: figure.format(trial.value), y: y.apply(trial.share) },
        { name: "against the median", text: signed(trial.share) },
      ],
    })),
  };
}
