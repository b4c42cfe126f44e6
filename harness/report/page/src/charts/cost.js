/** What a request costs: processor time, what is counted per request, memory. */
import { duration } from "../format.js";
import { pairedFigure } from "../comparison.js";
import { cpuOf, figure, isCost, measureOf } from "../model.js";
import { figureBars } from "./figure_bars.js";

export const costCharts = ({ workloads }, strategies, figures, { comparison }) => workloads.map((workload) => ({
  workload,
  charts: workload.groups.map((group) => chart(workload, group, strategies, figures, comparison)).filter(Boolean),
}));

function chart(workload, group, strategies, figures, comparison) {
  const cpu = cpuOf([group]);
  const one = workload.unit.replace(/ies$/, "y").replace(/s$/, "");
  const measures = [
    {
      title: `CPU per ${one}${cpu.both ? ", both ends" : ""}`, format: duration, unit: ", ns", lower: true,
      of: (cell) => pairedFigure(cell, group, cpu.figure, comparison?.reference()),
    },
    ...figures.filter(isCost).map((row) => {
      const measure = measureOf(row);
      return row.unit === "per_request" ? { ...measure, title: `${measure.title} per ${one}` } : measure;
    }),
  ];
  const counted = group.cells.some((cell) => figure(cell, "syscalls_per_request"));
  return figureBars(workload, group, measures, strategies, {
    remark: counted ? "; system calls counted in a trial of their own" : "",
    follow: comparison?.onChange,
  });
}
