/** Several figures of one group, each as bars of its strategies, side by side in one chart. */
import { nameRoom } from "../drawing.js";
import { estimate } from "../format.js";
import { absences, intervalText, titleOf } from "../model.js";
import { bars, barsHeight } from "./bars.js";
import { panels, panelsHeight } from "./panels.js";

/**
 * @typedef {object} Measure one panel
 * @property {string} title
 * @property {(value: number) => string} format
 * @property {string} unit of the numbers in the table: ", bytes", or "" where the title says it
 * @property {boolean} [lower] the least is the best; else the most is
 * @property {(cell: object) => import("../model.js").Estimate | null} of
 */

/** Whether a figure says anything of a group: one that is 0 everywhere does not. */
const tells = ({ of }, group) => group.cells.some((cell) => (of(cell)?.median ?? 0) !== 0);

/**
 * The strategies stand in the order of the first measure, the best at the top.
 * @param {Measure[]} measures
 * @param {{remark?: string, follow?: (changed: () => void) => void}} more behind the subtitle, and when measures
 *   give other figures
 * @returns {import("../card.js").Chart | null} null where no cell has any of them
 */
export function figureBars(workload, group, measures, strategies, { remark = "", follow } = {}) {
  const list = measures.filter((measure) => tells(measure, group));
  if (list.length === 0) return null;
  const drawable = (cell) => cell.status === "measured" && list.some(({ of }) => of(cell));
  const badness = (cell) => {
    const median = list[0].of(cell)?.median;
    return median === undefined ? Infinity : list[0].lower ? median : -median;
  };
  const sorted = () => group.cells.filter(drawable).sort((a, b) => badness(a) - badness(b) || 0);
  const cells = sorted();
  if (cells.length === 0) return null;
  const estimates = cells.flatMap((cell) => list.map(({ of }) => of(cell)));
  const columns = (width) => Math.min(list.length, width >= 860 ? 4 : width >= 560 ? 2 : 1);
  return {
    title: titleOf(workload, group),
    subtitle: `bars: ${intervalText(estimates)}${remark}`,
    says() {
      const [first] = sorted();
      return `${list[0].title}: ${first.strategy} comes first with ${estimate(list[0].of(first), list[0].format)}.`;
    },
    follow,
    notes: absences(group.cells, drawable),
    wide: true,
    height: (width) => panelsHeight(list.length, columns(width), barsHeight(cells.length)),
    draw(width) {
      const shown = sorted().filter((cell) => strategies.shown(cell.strategy));
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
      rows: sorted().map((cell) => [cell.strategy, ...list.flatMap(({ of }) => {
        const value = of(cell);
        return [value?.median ?? null, value?.low ?? null, value?.high ?? null];
      })]),
    }),
  };
}
