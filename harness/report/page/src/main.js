/** The report's script: everything that the page can do beyond being read. */
import { fillAnswer } from "./answer.js";
import { Choices } from "./choices.js";
import { breakable, save } from "./dom.js";
import { printable } from "./format.js";
import { Lazy } from "./lazy.js";
import { legend } from "./legend.js";
import { fillSections } from "./sections.js";
import { Strategies } from "./strategies.js";
import { focusable, label, makeSortable, scrollable } from "./tables.js";

const text = document.getElementById("data").textContent;

for (const heading of document.querySelectorAll(".matrix thead th")) {
  heading.replaceChildren(...breakable(heading.textContent));
}
for (const table of document.querySelectorAll("main table")) {
  label(table);
  if (table.classList.contains("sortable")) makeSortable(table);
  scrollable(table, nameOf(table));
}

for (const text of document.querySelectorAll("pre.causes")) focusable(text, "System calls, waits, batches and the slowest requests");

document.getElementById("download")?.addEventListener("click", () =>
  save(text, "application/json", "asyncbench-report.json"));

/** @type {{strategies: {name: string, style: number}[], results: object[]}} */
const data = harmless(JSON.parse(text));
const strategies = new Strategies(data.strategies);
const lazy = new Lazy();
const choices = new Choices();
strategies.onChange(() => lazy.stale());

const keys = document.getElementById("legend");
if (keys) legend(keys, { strategies, choices });
fillAnswer(data, { strategies, lazy, choices });
fillSections(data, { strategies, lazy, choices });

/** The same data with every text made printable. */
function harmless(value, key = "") {
  if (typeof value === "string") return printable(value);
  // These hold numbers alone, most of all that there are.
  if (typeof value !== "object" || value === null || key === "slices" || key === "points") return value;
  for (const each of Object.keys(value)) value[each] = harmless(value[each], each);
  return value;
}

/** A table's own caption, or the heading that it stands under. */
function nameOf(table) {
  const heading = table.caption ?? table.closest("section, header")?.querySelector("h2, h1");
  return heading?.textContent ?? "Table";
}
