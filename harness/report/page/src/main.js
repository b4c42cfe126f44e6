/** The report's script: everything that the page can do beyond being read. */
import { fillAnswer } from "./answer.js";
import { Choices } from "./choices.js";
import { html, save } from "./dom.js";
import { printable } from "./format.js";
import { Lazy } from "./lazy.js";
import { legend } from "./legend.js";
import { fillSections } from "./sections.js";
import { Strategies } from "./strategies.js";
import { focusable, label, makeSortable, scrollable } from "./tables.js";

for (const table of document.querySelectorAll("main table")) {
  label(table);
  if (table.classList.contains("sortable")) makeSortable(table);
  scrollable(table, nameOf(table));
}
for (const each of document.querySelectorAll("pre.causes")) focusable(each, "System calls, waits, batches and the slowest requests");

unpacked(document.getElementById("data").textContent.trim())
  .then(draw, (error) => document.querySelector("main").prepend(
    html("p", { class: "validity bad" }, `The charts cannot be drawn: this browser does not unpack their data (${error.message}).`)))
  .finally(() => { document.documentElement.dataset.ready = ""; });

/** The data are gzip in base64: see README.md. */
async function unpacked(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

function draw(text) {
  document.getElementById("download")?.addEventListener("click", () =>
    save(text, "application/json", "asyncbench-report.json"));

  /** @type {{strategies: {name: string, family: string}[], results: object[]}} */
  const data = harmless(JSON.parse(text));
  const strategies = new Strategies(data.strategies);
  const page = { strategies, lazy: new Lazy(), choices: new Choices() };
  strategies.onChange(() => page.lazy.stale());

  const keys = document.getElementById("legend");
  if (keys) legend(keys, page);
  page.comparison = fillAnswer(data, page);
  fillSections(data, page);
}

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
