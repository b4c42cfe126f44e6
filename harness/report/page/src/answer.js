/**
 * The answer: which reference it is against, a picture in each of its rows, and the forest plots
 * below it. The words are C++'s, written for every reference; those of the chosen one are shown.
 */
import { card } from "./card.js";
import { forest, forestHeight, forests, forestsHeight } from "./charts/forest.js";
import { ratioAxis } from "./charts/forest_scale.js";
import { strip, stripHead, stripHeight } from "./charts/strip.js";
import { aspectOf, aspectsOf, commonRows, noiseOf, referencesOf, rowsOf } from "./comparison.js";
import { html } from "./dom.js";
import { ratioInterval } from "./format.js";
import { place, titleOf } from "./model.js";
import { selector } from "./selector.js";

/**
 * @param {object} data
 * @param {object} page with strategies, lazy and choices
 * @returns {{reference: () => string, onChange: (listener: () => void) => void} | null} what is chosen; null
 *   where nothing was compared
 */
export function fillAnswer(data, page) {
  const figures = data.figures ?? [];
  const results = data.results.map((result) => ({
    label: result.label,
    groups: result.workloads.flatMap((workload) => workload.groups.map((group) => ({ workload, group }))),
  }));
  const all = results.flatMap(({ groups }) => groups.map(({ group }) => group));
  const references = referencesOf(all, page.strategies);
  const charts = document.querySelector("#forest .charts");
  if (references.length === 0) {
    charts?.closest("section").remove();
    return null;
  }
  const preset = references.includes(data.against) ? data.against : references[0];
  const listeners = [];
  const chooser = selector(page.choices, {
    name: "Compared with", key: "against", options: references.map((name) => [name, name]), preset,
  }, () => listeners.forEach((listener) => listener()));
  const context = { page, figures, margin: data.margin ?? null, reference: () => chooser.value, onChange: (listener) => listeners.push(listener) };

  const controls = document.getElementById("against");
  if (references.length > 1) controls?.append(chooser.element);
  showWords(context);
  drawStrips(results, context);
  if (!charts) return context;
  for (const { label, groups } of results) {
    const compared = groups.filter(({ group }) => Object.keys(group.against ?? {}).length > 0);
    if (compared.length === 0) continue;
    if (results.length > 1) charts.append(html("h3", { class: "result" }, label));
    charts.append(html("div", { class: "grid" },
      card(compared.length === 1 ? oneForest(compared[0], context) : manyForests(compared, context), page)));
  }
  return context;
}

/** Whatever is said against a reference has its name in `data-against`. */
function showWords({ reference, onChange }) {
  const show = () => {
    for (const each of document.querySelectorAll("[data-against]")) each.hidden = each.dataset.against !== reference();
  };
  show();
  onChange(show);
}

/** Rows are cards there (style.css), without a head of their columns. */
const kCards = matchMedia("(max-width: 640px)");

/** All strips share an axis, whose labels stand in the head of their column; in cards, in each. */
function drawStrips(results, { page, figures, margin, reference, onChange }) {
  const byName = new Map(results.flatMap(({ groups }, index) => groups.map(({ group }) => [`${index} ${group.name}`, group])));
  const axisFor = (against, width) => ratioAxis(
    results.flatMap(({ groups }) => groups.flatMap(({ group }) => rowsOf(group, against, aspectOf(group, "", figures))))
      .flatMap((row) => row.ratio ?? []),
    { left: 6, right: width - 6, margin });
  for (const cell of document.querySelectorAll("td.strip")) {
    const { against, result = 0 } = cell.closest("tbody").dataset;
    const group = byName.get(`${result} ${cell.parentElement.dataset.group}`);
    if (!group) continue;
    const place = html("div", {});
    const aspect = aspectOf(group, "", figures);
    const rows = rowsOf(group, against, aspect);
    cell.dataset.label = `${aspect.title}, times ${against}`;
    cell.append(place);
    page.lazy.add(place, () => { place.style.minHeight = `${stripHeight(rows, page.strategies, kCards.matches)}px`; }, (width) => {
      const label = `${group.name}: ${aspect.title}, times ${against}: ${spoken(rows.filter(({ kind }) => kind === "family"))}`;
      place.replaceChildren(strip(rows, page.strategies, {
        width, axis: axisFor(against, width), noise: noiseOf(group, against, aspect), margin, reference: against, label, labels: kCards.matches,
      }));
    });
  }
  for (const heading of document.querySelectorAll("th.strip")) {
    const place = html("div", {});
    heading.append(place);
    page.lazy.add(place, () => {}, (width) => place.replaceChildren(stripHead(axisFor(reference(), width), width)));
  }
  onChange(() => page.lazy.stale());
}

const spoken = (rows) => rows.filter((row) => row.ratio).map((row) => `${row.name} ${ratioInterval(row.ratio)}`).join(", ");

/** A list of the aspects above a chart, where there are several. */
function aspectChooser(groups, { page, figures }, changed) {
  const all = new Map(groups.flatMap(({ group }) => aspectsOf(group, figures)).map(({ key, title }) => [key, title]));
  const several = new Set(groups.map(({ group }) => aspectOf(group, "", figures)?.key)).size > 1;
  const first = aspectOf(groups[0].group, "", figures)?.key;
  const options = [...(several ? [["", "what each is ranked by"]] : []), ...all];
  return selector(page.choices, { name: "by", key: "by", options, preset: several ? "" : first }, changed);
}

const isShown = (strategies) => (row) => strategies.shown(row.strategy);

function withChooser(groups, context, chart) {
  let changed = () => {};
  const chooser = aspectChooser(groups, context, () => changed());
  return {
    wide: true,
    follow: context.onChange,
    controls(redraw) {
      changed = redraw;
      return [chooser.element];
    },
    ...chart(() => chooser.value),
  };
}

function oneForest({ workload, group }, context) {
  const { page: { strategies }, figures, margin, reference } = context;
  return withChooser([{ workload, group }], context, (by) => {
    const aspect = () => aspectOf(group, by(), figures);
    const rows = () => rowsOf(group, reference(), aspect());
    return {
      title: titleOf(workload, group),
      subtitle: [place(group), "a dot and its 95 % interval; the band is the run's own noise, dashed lines the margin"].filter(Boolean).join("; "),
      says: () => spoken(rows()),
      height: (width) => forestHeight(rows(), width),
      draw(width) {
        const shown = rows().filter(isShown(strategies));
        return shown.length === 0 ? null
          : forest(shown, strategies, { width, noise: noiseOf(group, reference(), aspect()), margin, reference: reference(), aspect: aspect() });
      },
      table: () => tableOf([{ workload, group }], context, by),
    };
  });
}

function manyForests(groups, context) {
  const { page: { strategies }, figures, margin, reference } = context;
  const columns = (width) => Math.max(1, Math.min(groups.length, Math.floor((width - 150) / 96)));
  const list = groups.map(({ group }) => group);
  return withChooser(groups, context, (by) => {
    const made = () => groups.map(({ workload, group }) => {
      const aspect = aspectOf(group, by(), figures);
      return { title: titleOf(workload, group), noise: noiseOf(group, reference(), aspect), rows: commonRows(list, group, reference(), aspect, strategies) };
    });
    return {
      title: "Every strategy, with intervals",
      subtitle: "times the reference, paired within blocks, on a logarithmic axis; the band is the run's own noise, dashed lines the margin",
      says: `${groups.length} groups.`,
      height: (width) => forestsHeight(commonRows(list, list[0], reference(), aspectOf(list[0], by(), figures), strategies), groups.length, columns(width)),
      draw(width) {
        const all = made();
        return all[0].rows.length === 0 ? null : forests(all, strategies, { width, columns: columns(width), margin, reference: reference() });
      },
      table: () => tableOf(groups, context, by),
    };
  });
}

function tableOf(groups, { figures, reference }, by) {
  return {
    columns: ["group", "figure", "family or strategy", `times ${reference()}`, "low", "high", "decision"],
    rows: groups.flatMap(({ workload, group }) => {
      const aspect = aspectOf(group, by(), figures);
      return rowsOf(group, reference(), aspect).map(({ name, ratio }) =>
        [titleOf(workload, group), aspect.title, name, ratio?.estimate ?? null, ratio?.low ?? null, ratio?.high ?? null, ratio?.decision ?? ""]);
    }),
  };
}
