/** Round by round: every turn's figure as times the reference's in the same round, and regimes in them. */
import { fitText, nameRoom } from "../drawing.js";
import { svg } from "../dom.js";
import { ratio } from "../format.js";
import { titleOf } from "../model.js";
import { markerPath } from "../markers.js";
import { median, ratiosOf, roundsOf, twoModes } from "../rounds.js";
import { ratioAxis } from "./forest_scale.js";

const kRow = 26;
const kTop = 26;
const kBottom = 20;

export const roundsCharts = ({ workloads }, strategies, _, page) => workloads.map((workload) => ({
  workload,
  charts: workload.groups.map((group) => chart(workload, group, strategies, page)).filter(Boolean),
}));

function chart(workload, group, strategies, { comparison, margin }) {
  const cells = group.cells.filter((cell) => roundsOf(cell).size > 0);
  if (cells.length < 2 || !comparison) return null;
  const rows = () => {
    const against = cells.find(({ strategy }) => strategy === comparison.reference()) ?? cells[0];
    const base = roundsOf(against);
    const row = (cell, name, twin = false) => ({ name, strategy: cell.strategy, blocks: ratiosOf(roundsOf(cell, twin), base) });
    return {
      reference: against.strategy,
      list: [...(against.twin ? [row(against, "its twin", true)] : []),
        ...cells.filter((cell) => cell !== against).map((cell) => row(cell, cell.strategy))]
        .filter(({ blocks }) => blocks.length > 0)
        .map((each) => ({ ...each, modes: twoModes(each.blocks.map(({ ratios }) => ratios.map(Math.log)), Math.log(1 + (margin ?? 0.03))) })),
    };
  };
  const sayModes = ({ name, modes: [low, high] }) => `${name} has two regimes: about ${ratio(Math.exp(low.center))} times in ` +
    `${Math.round(low.share * 100)} % of the rounds, about ${ratio(Math.exp(high.center))} times in the others.`;
  return {
    title: titleOf(workload, group),
    subtitle: "work per CPU in each round, times the reference’s in the same round; large: the medians of blocks; at an edge: beyond it",
    says: () => rows().list.filter(({ modes }) => modes).map(sayModes).join(" "),
    wide: true,
    follow: comparison.onChange,
    height: () => rows().list.reduce((sum, { modes }) => sum + kRow + (modes ? 14 : 0), kTop + kBottom),
    draw(width) {
      const { reference, list } = rows();
      const shown = list.filter(({ strategy }) => strategies.shown(strategy));
      return shown.length ? draw(shown, strategies, { width, reference, margin, sayModes }) : null;
    },
    table: () => ({
      columns: ["strategy", "block", "round", `times ${rows().reference}`],
      rows: rows().list.flatMap(({ name, blocks }) => blocks.flatMap(({ block, ratios }) =>
        ratios.map((value, round) => [name, block, round + 1, value]))),
    }),
  };
}

function draw(rows, strategies, { width, reference, margin, sayModes }) {
  const names = nameRoom(rows.map(({ name }) => name), width);
  const all = rows.flatMap(({ blocks }) => blocks.flatMap(({ ratios }) => ratios));
  const axis = ratioAxis(all.map((estimate) => ({ estimate, low: null, high: null })), { left: names.pixels + 10, right: width - 10, margin });
  let y = kTop;
  const parts = [];
  const stops = [];
  for (const row of rows) {
    const look = strategies.look(row.strategy);
    const at = y + kRow / 2;
    y += kRow + (row.modes ? 14 : 0);
    const ticks = row.blocks.flatMap(({ ratios }) => ratios).map((value) => `M${axis.clamped(value).toFixed(1)},${at - 7}v14`).join("");
    parts.push(
      svg("text", { x: names.pixels, y: at, dy: "0.32em", "text-anchor": "end", class: "name", fill: look.text }, names.fit(row.name)),
      svg("path", { d: ticks, stroke: look.stroke, class: "round" }),
      row.blocks.map(({ ratios }) => svg("path", {
        d: markerPath(look.symbol, 4), transform: `translate(${axis.clamped(median(ratios)).toFixed(1)},${at})`, fill: look.stroke, class: "marker",
      })),
      row.modes ? svg("text", { x: axis.left, y: at + 20, class: "label", "text-anchor": "start" }, fitText(sayModes(row), axis.right - axis.left)) : []);
    stops.push({
      x: axis.one, y: at, heading: row.name,
      lines: row.blocks.slice(0, 12).map(({ block, ratios }) => ({
        name: `block ${block}, ${ratios.length} rounds`, text: `${ratio(median(ratios))} (${ratio(Math.min(...ratios))} to ${ratio(Math.max(...ratios))})`,
      })),
    });
  }
  const height = y + kBottom;
  const node = svg("svg", { class: "plot forest rounds", width, height, viewBox: `0 0 ${width} ${height}` },
    axis.ticks.map(({ x }) => svg("line", { x1: x, x2: x, y1: kTop - 4, y2: y, class: "tick" })),
    svg("line", { x1: axis.one, x2: axis.one, y1: kTop - 4, y2: y, class: "reference", stroke: strategies.look(reference).stroke }),
    svg("text", { x: axis.one, y: 13, class: "title", "text-anchor": "middle" }, fitText(`times ${reference}`, width - 8)),
    parts.flat(2),
    axis.ticks.map(({ x, text }) => svg("text", { x, y: y + 13, class: "label", "text-anchor": "middle" }, text)));
  return { node, nearest: "y", stops };
}
