/** What more of a parameter costs: CPU per request and p99 along it. The throughput is throughput.js's. */
import { duration } from "../format.js";
import { cpuOf, figure, sweepsOf } from "../model.js";
import { sweepLines } from "./sweep_lines.js";

export const sweepCharts = ({ workloads }, strategies) => workloads.map((workload) => ({
  workload,
  charts: sweepsOf(workload, false).flatMap((sweep) => chartsOf(workload, sweep, strategies)).filter(Boolean),
}));

function chartsOf(workload, sweep, strategies) {
  const groups = sweep.points.map(({ group }) => workload.groups[group]).filter(Boolean);
  const cpu = cpuOf(groups);
  return [
    sweepLines(workload, sweep, {
      title: "CPU per request", axis: cpu.both ? "CPU per request, both ends" : "CPU per request", unit: "ns",
      format: duration, lower: true, of: (cell) => figure(cell, cpu.figure),
    }, strategies, { notes: cpu.notes }),
    sweepLines(workload, sweep, {
      title: "p99", axis: "p99 of the service time", unit: "ns", format: duration, lower: true, logarithmic: true,
      of: (cell, group) => figure(cell, `${group.latency ?? "service_time"}_p99_ns`),
    }, strategies),
  ];
}
