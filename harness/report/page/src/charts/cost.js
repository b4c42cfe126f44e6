/** What a request costs: processor time, what is counted per request, memory. */
import { count } from "../format.js";
import { figure, hasNote, inverse, isCost, measureOf } from "../model.js";
import { figureBars } from "./figure_bars.js";

export const costCharts = ({ workloads }, strategies, figures) => workloads.map((workload) => ({
  workload,
  charts: workload.groups.map((group) => chart(workload, group, strategies, figures)).filter(Boolean),
}));

function chart(workload, group, strategies, figures) {
  const total = group.cells.some((cell) => hasNote(cell, "peers_differ"));
  const cpu = total ? "cpu_per_request_total_ns" : "cpu_per_request_ns";
  const one = workload.unit.replace(/ies$/, "y").replace(/s$/, "");
  const measures = [
    { title: `${workload.unit} per CPU-second`, format: count, unit: "", of: (cell) => inverse(figure(cell, cpu), 1e9) },
    ...figures.filter(isCost).map((row) => {
      const measure = measureOf(row);
      return row.unit === "per_request" ? { ...measure, title: `${measure.title} per ${one}` } : measure;
    }),
  ];
  const counted = group.cells.some((cell) => figure(cell, "syscalls_per_request"));
  return figureBars(workload, group, measures, strategies, {
    remark: counted ? "; system calls counted in a trial of their own" : "",
    notes: total ? ["CPU of both ends: the peers' own differs by strategy."] : [],
  });
}
