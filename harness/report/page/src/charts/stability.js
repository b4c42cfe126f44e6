/** Did it stay the same, within a trial and over the run? */
import { heatChart } from "./heat.js";
import { orderChart } from "./order.js";

export const stabilityCharts = ({ workloads }, strategies) => workloads.map((workload) => ({
  workload,
  charts: workload.groups.flatMap((group) => [
    heatChart(workload, group, strategies), orderChart(workload, group, strategies),
  ]).filter(Boolean),
}));
