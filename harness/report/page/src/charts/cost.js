/** What a request costs: processor time, system calls, context switches, memory. */
import { nameRoom } from "../drawing.js";
import { bytes, count, estimate, number } from "../format.js";
import { absences, figure, hasNote, intervalText, inverse, titleOf } from "../model.js";
import { bars, barsHeight } from "./bars.js";
import { panels, panelsHeight } from "./panels.js";

export const costCharts = ({ workloads }, strategies) => workloads.map((workload) => ({
  workload,
  charts: workload.groups.map((group) => chart(workload, group, strategies)).filter(Boolean),
}));

/** The figures of a group's cells, those alone that some cell has. */
function measures(workload, group) {
  const total = group.cells.some((cell) => hasNote(cell, "peers_differ"));
  const cpu = total ? "cpu_per_request_total_ns" : "cpu_per_request_ns";
  const memory = new Set(group.cells.flatMap((cell) => Object.keys(cell.summary?.figures ?? {})
    .filter((name) => /^memory_per_.*_bytes$/.test(name))));
  const one = workload.unit.replace(/ies$/, "y").replace(/s$/, "");
  return [
    {
      title: `${workload.unit} per CPU-second`, format: count, unit: "",
      note: total ? "CPU of both ends: the peers' own differs by strategy." : null,
      of: (cell) => inverse(figure(cell, cpu), 1e9),
    },
    { title: `system calls per ${one}`, format: number, unit: "", of: (cell) => figure(cell, "syscalls_per_request") },
    { title: `context switches per ${one}`, format: number, unit: "", of: (cell) => figure(cell, "context_switches_per_request") },
    ...[...memory].map((name) => ({
      title: name.replace(/_bytes$/, "").replaceAll("_", " "), format: bytes, unit: ", bytes", of: (cell) => figure(cell, name),
    })),
  ].filter(({ of }) => group.cells.some((cell) => of(cell)));
}

function chart(workload, group, strategies) {
  const list = measures(workload, group);
  const drawable = (cell) => cell.status === "measured" && list.some(({ of }) => of(cell));
  const rank = (cell) => list[0].of(cell)?.median ?? -Infinity;
  const cells = group.cells.filter(drawable).sort((a, b) => rank(b) - rank(a));
  if (cells.length === 0) return null;
  const estimates = cells.flatMap((cell) => list.map(({ of }) => of(cell)));
  const counted = cells.some((cell) => figure(cell, "syscalls_per_request"));
  const columns = (width) => Math.min(list.length, width >= 860 ? 4 : width >= 560 ? 2 : 1);
  return {
    title: titleOf(workload, group),
    subtitle: `bars: ${intervalText(estimates)}${counted ? "; system calls counted in a trial of their own" : ""}`,
    says: `${list[0].title}: ${cells[0].strategy} comes first with ${estimate(list[0].of(cells[0]), list[0].format)}.`,
    notes: [...list.map(({ note }) => note).filter(Boolean), ...absences(group.cells, drawable)],
    wide: true,
    height: (width) => panelsHeight(list.length, columns(width), barsHeight(cells.length)),
    draw(width) {
      const shown = cells.filter((cell) => strategies.shown(cell.strategy));
      if (shown.length === 0) return null;
      const names = nameRoom(shown.map((cell) => cell.strategy), width);
      const grid = { columns: columns(width), gap: 12, height: barsHeight(shown.length), left: names.pixels, inset: 8 };
      return panels(width, grid, list.map(({ title, format, of }) => ({
        title,
        draw: (room, first) => bars(shown.map((cell) => ({ strategy: cell.strategy, value: of(cell) })), strategies,
          { width: room, format, names: first ? names : null, heading: title, intervals: false }),
      })), "xy");
    },
    table: () => ({
      columns: ["strategy", ...list.flatMap(({ title, unit }) => [title + unit, "low", "high"])],
      rows: cells.map((cell) => [cell.strategy, ...list.flatMap(({ of }) => {
        const value = of(cell);
        return [value?.median ?? null, value?.low ?? null, value?.high ?? null];
      })]),
    }),
  };
}
