/** Comparisons with a reference strategy, as the data has them (README.md) and as charts want them. */
import { figure } from "./model.js";

/** Figures of which one is what people ask for, under one name in all groups. */
const kAspects = [
  ["cpu", /^cpu_per_request/, "work per CPU"], ["throughput", /^throughput/, "throughput"],
  ["p99", /_p99_ns$/, "p99"], ["memory", /^memory/, "memory"],
];

/**
 * @typedef {object} Aspect a figure that a group is compared by
 * @property {number} index in the group's `compared`
 * @property {string} key "cpu"; the figure's own name where it is none of these
 * @property {string} title "work per CPU"
 * @property {boolean} more is better
 */

/** @returns {Aspect[]} the one that the group is ranked by first */
export function aspectsOf(group, figures) {
  return (group.compared ?? []).map((name, index) => {
    const [key, , title] = kAspects.find(([, pattern]) => pattern.test(name)) ?? [name];
    const row = figures.find((each) => each.name === name);
    return { index, key, title: title ?? row?.title ?? name, more: key === "cpu" || row?.higher_is_better === true };
  });
}

/** The group's aspect of that key; where it has none, or for "", the one that it is ranked by. */
export const aspectOf = (group, key, figures) => {
  const all = aspectsOf(group, figures);
  return all.find((aspect) => aspect.key === key) ?? all[0];
};

/** What the reader may choose: the references that some group was compared with. */
export const referencesOf = (groups, strategies) =>
  strategies.names.filter((name) => groups.some((group) => Object.hasOwn(group.against ?? {}, name)));

/** Both ends of a ratio in the worse direction, in the aspect's own. */
function natural([estimate, low, high, decision], { more }) {
  if (!(estimate > 0)) return null;
  return more
    ? { estimate: 1 / estimate, low: high > 0 ? 1 / high : null, high: low > 0 ? 1 / low : null, decision }
    : { estimate, low: low > 0 ? low : null, high: high ?? null, decision };
}

/** "1 / 1.02" to 1.02: what the twin says of this run. Null: not known. */
export function noiseOf(group, reference, aspect) {
  const [low, high] = group.against?.[reference]?.noise?.[aspect.index] ?? [];
  if (!(low > 0 && high > 0)) return null;
  return aspect.more ? [1 / high, 1 / low] : [low, high];
}

/**
 * Families and strategies in the order of their tiers.
 * @returns {import("./charts/forest.js").ForestRow[]}
 */
export function rowsOf(group, reference, aspect) {
  return (group.against?.[reference]?.rows ?? []).map(({ name, kind, strategy, section, ratios }) => {
    const ratio = ratios[aspect.index] ? natural(ratios[aspect.index], aspect) : null;
    return { name, kind, strategy: strategy ?? name, ratio, section, absent: ratio ? undefined : absenceOf(group, name) };
  });
}

/**
 * A figure of which less is better, as the answer sees it: the reference's median, times the ratio that is paired
 * within blocks. The medians alone could stand in another order: the machine wanders from block to block.
 * @returns {import("./model.js").Estimate | null} the cell's own where the group has no such ratio
 */
export function pairedFigure(cell, group, name, reference) {
  const own = figure(cell, name);
  const index = (group.compared ?? []).indexOf(name);
  const base = figure(group.cells.find(({ strategy }) => strategy === reference) ?? {}, name);
  const row = group.against?.[reference]?.rows.find((each) => each.kind === "strategy" && each.name === cell.strategy);
  const [ratio, low, high] = row?.ratios[index] ?? [];
  if (!own || !base || !(ratio > 0)) return own;
  const of = (value) => base.median * (value ?? ratio);
  return { ...own, median: of(ratio), low: of(low), high: of(high), interval: low > 0 && high > 0 ? "paired" : "single" };
}

function absenceOf(group, name) {
  const cell = group.cells.find(({ strategy }) => strategy === name);
  return !cell ? undefined : cell.status === "measured" ? "no such figure" : cell.status;
}

/** Every strategy of some group, by family: the rows that all groups share. */
export function commonRows(groups, group, reference, aspect, strategies) {
  const own = new Map(rowsOf(group, reference, aspect).filter(({ kind }) => kind === "strategy").map((row) => [row.name, row]));
  let family = "";
  return strategies.names.filter((name) => strategies.shown(name) && groups.some(({ cells }) => cells.some(({ strategy }) => strategy === name)))
    .map((name) => {
      const row = own.get(name) ?? { name, kind: "strategy", strategy: name, ratio: null, absent: absenceOf(group, name) ?? "–" };
      const look = strategies.look(name);
      const section = look.family === family ? undefined : look.family;
      family = look.family;
      return { ...row, section };
    });
}
