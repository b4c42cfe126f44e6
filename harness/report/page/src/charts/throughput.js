/** How much each strategy gets done: along a sweep as lines with bands, else as bars. */
import { nameRoom } from "../drawing.js";
import { count, estimate } from "../format.js";
import { absences, figure, intervalText, place, sweepsOf, titleOf } from "../model.js";
import { bars, barsHeight } from "./bars.js";
import { sweepLines } from "./sweep_lines.js";

const kFigure = "throughput_per_s";

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
  const values = sweep.points.map(({ value }) => value);
  const known = (sweep.knees ?? []).filter(({ at }) => Number.isFinite(at));
  const knees = known.filter(({ at }) => at >= Math.min(...values) && at <= Math.max(...values));
  return sweepLines(workload, sweep, {
    title: "", axis: `${workload.unit}/s`, unit: `${workload.unit}/s`, format: count, lower: false,
    of: (cell) => figure(cell, kFigure),
  }, strategies, {
    remark: knees.length ? "; ring: the knee of the fitted Universal Scalability Law" : "",
    rings: knees,
    notes: known.filter(({ at }) => at > Math.max(...values))
      .map(({ strategy, at }) => `The knee of ${strategy} would lie beyond what was measured, at ${count(at)}.`),
  });
}
