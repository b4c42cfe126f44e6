/**
 * Reading the report's data (README.md). Anything may be null there: what cannot be drawn is left
 * out here, once, so that charts see drawable cells alone.
 */

import { bytes, bytesRate, count, duration, number, parameter, share } from "./format.js";

/**
 * @typedef {object} Estimate
 * @property {number} median
 * @property {number} low
 * @property {number} high
 * @property {string} interval `sign_95`, `range` or `single`; `paired` of comparison.js
 */

/** A cell's estimate by its name in the summary, or null. */
export function figure(cell, name) {
  const value = cell.summary?.[name];
  return Number.isFinite(value?.median) ? value : null;
}

/**
 * A row of the table of figures.
 * @typedef {object} Row
 * @property {string} name
 * @property {string} title as short as a heading
 * @property {string} unit
 * @property {boolean | null} higher_is_better
 * @property {boolean} own of some workload alone
 */

const rate = (value) => `${count(value)}/s`;
const kFormats = {
  time: duration, cpu_time: duration, bytes, share, requests_per_s: rate, per_s: rate, bytes_per_s: bytesRate,
};
const kUnitNames = {
  time: ", ns", cpu_time: ", ns", bytes: ", bytes", share: ", share",
  requests_per_s: ", /s", per_s: ", /s", bytes_per_s: ", bytes/s",
};

const isMemory = ({ name }) => name.startsWith("memory_");

/** What a request costs, apart from its processor time: counts, and the memory of what it needs. */
export const isCost = (row) => row.unit === "per_request" || (isMemory(row) && row.own && row.unit === "bytes");

/** What a workload measures beside its requests. */
export const isOwn = (row) => row.own && !isMemory(row);

/** A figure as one of several panels: see charts/figure_bars.js. */
export const measureOf = ({ name, title, unit, higher_is_better: higher }) => ({
  title, format: kFormats[unit] ?? number, unit: kUnitNames[unit] ?? "", lower: higher === false,
  of: (cell) => figure(cell, name),
});

/**
 * Which CPU time of these groups compares: the answer's, of both ends where it is known of both.
 * @returns {{figure: string, both: boolean}}
 */
export function cpuOf(groups) {
  const total = "cpu_per_request_total_ns";
  const both = groups.some(({ compared = [] }) => compared.includes(total));
  return { both, figure: both ? total : "cpu_per_request_ns" };
}

/** A cell's trials: the data has a list for each of their fields. */
export function trialsOf(cell) {
  const fields = Object.entries(cell.trials ?? {}).filter(([, values]) => Array.isArray(values));
  return (cell.trials?.block ?? []).map((_, index) => Object.fromEntries(fields.map(([name, values]) => [name, values[index]])));
}

const parameterText = (name, value) => `${name} ${parameter(value, "", name)}`;

/** "connections 64, body_bytes 12B": everything that a group was measured at. */
export const place = (group) => Object.entries(group.parameters ?? {})
  .map(([name, value]) => parameterText(name, value)).join(", ");

/** The parameters that differ between the workload's groups; "" where there is one group. */
export function point(workload, group) {
  if (workload.groups.length < 2) return "";
  const differing = Object.entries(group.parameters ?? {}).filter(([name, value]) =>
    workload.groups.some((other) => other.parameters?.[name] !== value));
  return differing.map(([name, value]) => parameterText(name, value)).join(", ") || group.name;
}

/** A chart's title: its workload, and which group of several. */
export const titleOf = (workload, group) => [workload.name, point(workload, group)].filter(Boolean).join(", ");

/** What holds along a sweep, by its name: "body_bytes 12" of fetch/body_bytes:12. */
export function sweepPlace(workload, sweep) {
  const prefix = `${workload.name}/`;
  if (!sweep.name?.startsWith(prefix)) return "";
  return sweep.name.slice(prefix.length).split("/").map((part) => part.replace(":", " ")).join(", ");
}

/** What the whiskers and bands of these estimates are. */
export function intervalText(estimates) {
  const kinds = new Set(estimates.filter(Boolean).map((value) => value.interval));
  const trials = Math.max(0, ...estimates.filter(Boolean).map((value) => value.trials ?? 0));
  const of = trials > 1 ? `median of ${trials} trials` : "one trial";
  if (kinds.has("paired")) return `the reference: ${of}; others: times their ratio to it in the same blocks, 95 % interval`;
  if (kinds.has("sign_95") && kinds.has("range")) return `${of}; 95 % interval, or the range where trials are few`;
  if (kinds.has("sign_95")) return `${of} and its 95 % interval`;
  if (kinds.has("range")) return `${of} and their range (too few for an interval)`;
  return of;
}

/** Sentences about the cells of a group that a chart cannot show, by reason. */
export function absences(cells, drawable) {
  const reasons = new Map();
  for (const cell of cells.filter((each) => !drawable(each))) {
    const reason = cell.status === "measured" ? "no such figure" : (cell.reason ?? cell.status);
    const text = cell.status === "measured" ? reason : `${cell.status}: ${reason}`;
    reasons.set(text, [...(reasons.get(text) ?? []), cell.strategy]);
  }
  return [...reasons].map(([reason, names]) => `Not drawn: ${names.join(", ")} (${reason}).`);
}

/** The groups of a sweep, in its order; what it names wrongly is left out. */
const groupsAlong = (workload, sweep) => sweep.points.map(({ group }) => workload.groups[group]).filter(Boolean);

/** The sweeps of a workload in closed loop, or those of a rate in open loop. */
export const sweepsOf = (workload, openLoop) => (workload.sweeps ?? []).filter((sweep) => (openLoop
  ? sweep.parameter === "rate"
  : sweep.parameter !== "rate" && !groupsAlong(workload, sweep).some((group) => group.open_loop)));

/** The cells of one strategy along a sweep, in the order of the parameter. */
export function along(workload, sweep, strategy) {
  return sweep.points
    .map(({ value, group }) => ({
      value,
      group: workload.groups[group],
      cell: workload.groups[group]?.cells.find((cell) => cell.strategy === strategy),
    }))
    .filter(({ cell }) => cell)
    .sort((a, b) => a.value - b.value);
}

export const cellsAlong = (workload, sweep) => groupsAlong(workload, sweep).flatMap((group) => group.cells);
