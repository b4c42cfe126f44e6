/** What more of a parameter costs: CPU per request and p99 along it. The throughput is throughput.js's. */
import { duration } from "../format.js";
import { pairedFigure } from "../comparison.js";
import { cpuOf, sweepsOf } from "../model.js";
import { sweepLines } from "./sweep_lines.js";

export const sweepCharts = ({ workloads }, strategies, _, { comparison }) => workloads.map((workload) => ({
  workload,
  charts: sweepsOf(workload, false).flatMap((sweep) => chartsOf(workload, sweep, strategies, comparison)).filter(Boolean),
}));

function chartsOf(workload, sweep, strategies, comparison) {
  const groups = sweep.points.map(({ group }) => workload.groups[group]).filter(Boolean);
  const cpu = cpuOf(groups);
  return [
    sweepLines(workload, sweep, {
      title: "CPU per request", axis: cpu.both ? "CPU per request, both ends" : "CPU per request", unit: "ns",
      format: duration, lower: true, of: (cell, group) => pairedFigure(cell, group, cpu.figure, comparison?.reference()),
    }, strategies, { follow: comparison?.onChange }),
    sweepLines(workload, sweep, {
      title: "p99", axis: "p99 of the service time", unit: "ns", format: duration, lower: true, logarithmic: true,
      of: (cell, group) => pairedFigure(cell, group, `${group.latency ?? "service_time"}_p99_ns`, comparison?.reference()),
    }, strategies, { follow: comparison?.onChange }),
  ];
}
