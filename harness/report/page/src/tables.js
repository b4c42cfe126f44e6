/** Tables of figures: those that the script makes, and sorting for all. */
import { html } from "./dom.js";
import { plain } from "./format.js";

/**
 * The numbers of a chart.
 * @param {string} caption
 * @param {string[]} columns the first ones name the row, units stand in the names of the others
 * @param {(string | number | null)[][]} rows
 */
export function dataTable(caption, columns, rows) {
  const table = html("table", { class: "data sortable" },
    html("caption", { class: "unseen" }, caption),
    html("thead", {}, html("tr", {}, columns.map((column, index) =>
      html("th", { scope: "col", class: typeof rows[0]?.[index] === "number" ? "number" : null }, column)))),
    html("tbody", {}, rows.map((row) => html("tr", {}, row.map((value) =>
      typeof value === "number"
        ? html("td", { class: "number", "data-value": value }, plain(value))
        : html("td", {}, plain(value)))))));
  makeSortable(table);
  return scrollable(table, caption);
}

/** A wide table scrolls in its own box, by keyboard too. */
export function scrollable(table, name) {
  let box = table.parentElement;
  if (!box?.classList.contains("table")) {
    box = html("div", { class: "table" });
    table.replaceWith(box);
    box.append(table);
  }
  return focusable(box, name);
}

/** A box that scrolls can be scrolled by keyboard. */
export function focusable(box, name) {
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", name);
  return box;
}

/** So many columns have room on paper. */
const kFitPaper = 9;

/**
 * Each cell says what its column is, for where rows are cards: on a phone, and wide tables on paper
 * (style.css).
 */
export function label(table) {
  const columns = [...(table.tHead?.rows[table.tHead.rows.length - 1]?.cells ?? [])].map((cell) => cell.textContent.trim());
  for (const row of [...table.tBodies].flatMap((body) => [...body.rows])) {
    [...row.cells].forEach((cell, index) => { cell.dataset.label = columns[index] ?? ""; });
  }
  table.classList.add("labelled");
  table.classList.toggle("many", columns.length > kFitPaper);
}

const kUnits = {
  ns: 1, us: 1e3, "µs": 1e3, ms: 1e6, s: 1e9,
  k: 1e3, M: 1e6, G: 1e9, B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, "%": 0.01,
};

/** What a cell is sorted by: its exact value, else the number at its start, else its text. */
export function sortKey(cell) {
  if (cell.dataset.value !== undefined) return Number(cell.dataset.value);
  const text = cell.textContent.trim();
  const found = /^[≥×x<>=~+\s]*([-−]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*([a-zµ%]+)?/i.exec(text);
  if (!cell.classList.contains("number") || !found) return text;
  return Number(found[1].replace("−", "-")) * (kUnits[found[2]] ?? 1);
}

/** Numbers before texts, texts as people count: "x:2" before "x:10". */
function compare(a, b) {
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true });
}

/** Puts a button into each heading of the last row of a table's head. */
export function makeSortable(table) {
  const headings = [...(table.tHead?.rows[table.tHead.rows.length - 1]?.cells ?? [])];
  headings.forEach((heading, column) => {
    const button = html("button", { type: "button", class: "sort" }, ...heading.childNodes);
    heading.replaceChildren(button);
    button.addEventListener("click", () => {
      const up = heading.getAttribute("aria-sort") !== "ascending";
      for (const each of headings) each.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", up ? "ascending" : "descending");
      for (const body of table.tBodies) sort(body, column, up ? 1 : -1);
    });
  });
}

function sort(body, column, direction) {
  const rows = [...body.rows].map((row) => ({ row, key: row.cells[column] ? sortKey(row.cells[column]) : "" }));
  rows.sort((a, b) => direction * compare(a.key, b.key));
  body.append(...rows.map(({ row }) => row));
}
