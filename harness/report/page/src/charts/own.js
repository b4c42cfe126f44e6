/** What a workload measures beside its requests: the lag of a heartbeat, the amplification of a tail. */
import { isOwn, measureOf } from "../model.js";
import { figureBars } from "./figure_bars.js";

export const ownCharts = ({ workloads }, strategies, figures) => workloads.map((workload) => ({
  workload,
  charts: workload.groups
    .map((group) => figureBars(workload, group, figures.filter(isOwn).map(measureOf), strategies))
    .filter(Boolean),
}));
