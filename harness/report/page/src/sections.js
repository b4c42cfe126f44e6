/** Puts charts into the sections that C++ left for them, the less important ones folded away. */
import { card } from "./card.js";
import { costCharts } from "./charts/cost.js";
import { openLoopCharts } from "./charts/open_loop.js";
import { ownCharts } from "./charts/own.js";
import { percentileCharts } from "./charts/percentiles.js";
import { roundsCharts } from "./charts/rounds.js";
import { stabilityCharts } from "./charts/stability.js";
import { sweepCharts } from "./charts/sweeps.js";
import { throughputCharts } from "./charts/throughput.js";
import { fillWhy } from "./charts/why.js";
import { fold, html } from "./dom.js";

/**
 * `workloads` and `charts` are how many stand open at most: of the section's workloads, and of a
 * workload's charts (from the middle of its parameter's range); fewer where all would be too many.
 * Where `charts` is 0, a workload opens as a whole. A section with `fill` does all of it itself.
 */
const kOpen = 16;

const kSections = [
  { id: "sweeps", make: sweepCharts, workloads: 12, charts: 6 },
  { id: "throughput", make: throughputCharts, workloads: 12, charts: 6 },
  { id: "percentiles", make: percentileCharts, workloads: 12, charts: 2 },
  { id: "open-loop", make: openLoopCharts, workloads: 12, charts: 6 },
  { id: "cost", make: costCharts, workloads: 12, charts: 1 },
  { id: "own", make: ownCharts, workloads: 12, charts: 1 },
  { id: "rounds", make: roundsCharts, workloads: 12, charts: 2 },
  { id: "why", fill: fillWhy },
  { id: "stability", make: stabilityCharts, workloads: 0, charts: 0 },
];

/** A section for which there is nothing to draw is taken out. */
export function fillSections(data, page) {
  for (const section of kSections) {
    const place = document.querySelector(`#${section.id} .charts`);
    if (!place) continue;
    const filled = data.results.filter((result) => {
      const heading = data.results.length > 1 ? html("h3", { class: "result" }, result.label) : null;
      const parts = section.fill
        ? section.fill(result, page)
        : fill(section, result, { ...page, figures: data.figures ?? [], margin: data.margin ?? null });
      if (parts.length > 0) place.append(...[heading, ...parts].filter(Boolean));
      return parts.length > 0;
    });
    if (filled.length === 0) emptied(place);
  }
}

/** The place, and its section unless that says something without charts. */
function emptied(place) {
  const section = place.closest("section");
  place.remove();
  if (![...section.children].some((child) => !child.matches("h2, .lead"))) section.remove();
}

function fill(section, result, page) {
  const lists = section.make(result, page.strategies, page.figures, page).filter(({ charts }) => charts.length > 0);
  if (lists.length === 0) return [];
  const grid = (charts) => html("div", { class: "grid" }, charts.map((chart) => card(chart, page)));
  const each = Math.max(1, Math.min(section.charts, Math.floor(kOpen / lists.length)));
  const open = [];
  const folds = [];
  lists.slice(0, section.workloads).forEach(({ workload, charts }) => {
    const from = Math.max(0, (charts.length - each) >> 1);
    const shown = charts.slice(from, from + each);
    const rest = charts.filter((chart) => !shown.includes(chart));
    open.push(...shown);
    if (rest.length) folds.push(fold(`${workload.name}: ${counted(rest, "more ")}`, () => grid(rest)));
  });
  for (const { workload, charts } of lists.slice(section.workloads)) {
    folds.push(fold(`${workload.name}: ${counted(charts)}`, () => grid(charts)));
  }
  if (section.workloads === 0) folds[0].open = true;
  return [...(open.length ? [grid(open)] : []), ...folds];
}

const counted = (charts, more = "") => `${charts.length} ${more}chart${charts.length === 1 ? "" : "s"}`;
