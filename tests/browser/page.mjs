/** A page for the tests: the built template with a body as C++ writes it, or one that it wrote. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";

export const kPageFolder = new URL("../../harness/report/page/", import.meta.url);

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

const shades = Array.from({ length: 11 }, (_, step) => `<td class="share s${step}">${step * 10}%</td>`);

/** A table of the groups for each reference, the words made up. */
function answers(data) {
  const groups = data.results.flatMap(({ workloads }) => workloads).flatMap((workload) => workload.groups);
  const references = [...new Set(groups.flatMap((group) => Object.keys(group.against ?? {})))];
  const words = ["clear", "likely", "no-difference", "inconclusive", "invalid"];
  const row = (reference) => (group, index) => `<tr data-group="${escape(group.name)}"><th scope="row"><b>${escape(group.name)}</b></th>
    <td>any event loop</td><td class="strip"></td><td class="number">1.31 [1.27, 1.35] times ${escape(reference)}</td>
    <td><span class="sure ${words[index % 5]}">${words[index % 5].replace("-", " ")}</span></td></tr>`;
  return `<table class="answer"><thead><tr><th>Work</th><th>Use</th><th class="strip">Times the reference</th><th>Figure</th><th>How sure</th></tr></thead>
    ${references.map((name) => `<tbody data-against="${escape(name)}"${name === data.against ? "" : " hidden"}>${groups.map(row(name)).join("")}</tbody>`).join("")}</table>`;
}

/** The parts that C++ writes, as far as the page's style and script have to do with them. */
function body(data) {
  const cells = data.results.flatMap(({ workloads }) => workloads).flatMap(({ groups }) => groups)
    .flatMap((group) => group.cells);
  const section = (id, heading, content) =>
    `<section id="${id}"><h2>${heading}</h2><p class="lead">What stands here and how to read it.</p>${content}</section>`;
  const charts = '<div class="charts"></div>';
  const row = (cell) => `<tr><td>${escape(cell.id)}</td><td>${cell.status}</td>
    <td class="number">${cell.summary?.throughput_per_s?.median?.toFixed(1) ?? ""}</td>
    <td>${escape(cell.reason ?? "")}</td></tr>`;
  return [
    `<header id="identity"><h1>Which async strategy wins?</h1>
      <p class="identity">suite <strong>standard</strong> · linux 6.18, 2 CPUs, g++ 12.2.0 · 2026-11-25 14:12 UTC · 6 trials a cell</p>
      <p class="validity good">Valid: every trial kept its invariants.</p><div class="validity bad"><b>Read with care:</b><ul><li>3 of 700 trials were invalid</li></ul></div>
      <details class="validity noise" open><summary><b>A noisy machine:</b> in 37 of 700 cells something else used the CPUs.</summary><ul><li>Stop it.</li></ul></details></header>`,
    section("answer", "The answer", `<div id="against" class="controls"></div>${answers(data)}`),
    section("forest", "How surely", '<div class="charts"></div>'),
    '<div id="legend"></div>', section("sweeps", "Along a parameter", charts), section("throughput", "Throughput", charts), section("percentiles", "Latency by percentile", charts),
    section("open-loop", "Latency against throughput", charts), section("cost", "What a request costs", charts),
    section("own", "Figures of the workloads' own", charts),
    section("rounds", "Round by round", charts), section("stability", "Stability", charts),
    section("outcomes", "Outcomes", "<table><thead><tr><th>cell</th><th>ok</th></tr></thead><tbody><tr><td>fetch</td><td class='number'>12</td></tr></tbody></table>"),
    section("change", "Change", `<div class="validity noise"><b>WORSE?</b> To decide:<br><code>asyncbench gate --strategies ${"thread_per_connection,".repeat(6)}epoll</code></div><table class="change"><thead><tr><th>cell</th><th>ratio</th></tr></thead><tbody><tr class="worse"><td>fetch</td><td class="number">+12%</td></tr>
      <tr class="better"><td>echo</td><td class="number">-9%</td></tr></tbody></table>`),
    section("method", "How it was measured", `<p>In blocks.</p><table class="cells sortable"><thead><tr><th>Cell</th><th>Status</th><th>Throughput</th><th>Reason</th></tr></thead>
      <tbody>${cells.map(row).join("")}</tbody></table><button type="button" id="download">Download the data</button>
      <pre class="command">asyncbench run standard --seed 1 --out standard.json</pre>`),
  ].join("\n");
}

/** The page's file for this data. */
export function pageOf(data) {
  const template = readFileSync(new URL("template.html", kPageFolder), "utf8");
  const packed = gzipSync(JSON.stringify(data)).toString("base64");
  const file = join(mkdtempSync(join(tmpdir(), "asyncbench-page-")), "report.html");
  writeFileSync(file, template
    .replace("<!--asyncbench:title-->", () => "standard, 2026-11-25 14:12 UTC")
    .replace("<!--asyncbench:body-->", () => body(data))
    .replace("<!--asyncbench:data-->", () => packed));
  return file;
}

export const launch = () => chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  // Root, as in a container, cannot have Chromium's sandbox; the page is our own.
  args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});

/** Opens a file; `complaints` gathers what must not be there: errors, and requests for anything else. */
export async function open(browser, file, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1240, height: 900 }, ...options });
  const page = await context.newPage();
  const url = pathToFileURL(file).href;
  const complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (request.url() !== url && !request.url().startsWith("blob:")) complaints.push(`asked for ${request.url()}`);
  });
  await page.goto(url);
  if (options.javaScriptEnabled !== false) await ready(page);
  return { page, context, complaints };
}

/** Waits until the script has unpacked the data and done its work. */
export const ready = (page) => page.waitForFunction(() => "ready" in document.documentElement.dataset);

/** Unfolds what is folded away, and what that brings; cards' data stay folded. */
export async function unfold(page) {
  const folded = page.locator("details:not([open]):not(.card details)");
  while (await folded.count()) await folded.first().locator("> summary").click();
}

/** Everything drawn that is not folded away, as before printing. */
export const drawAll = (page) => page.evaluate(() => dispatchEvent(new Event("beforeprint")));

/** Runs in the page: texts whose contrast with what is behind them is too low. */
export function faintTexts() {
  const parse = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const over = (top, below) => ({
    r: top.r * top.a + below.r * (1 - top.a), g: top.g * top.a + below.g * (1 - top.a), b: top.b * top.a + below.b * (1 - top.a), a: 1,
  });
  const light = ({ r, g, b }) => [r, g, b]
    .map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    if (!element) return parse("rgb(255,255,255)");
    const own = parse(getComputedStyle(element).backgroundColor);
    return own.a === 1 ? own : over(own, behind(element.parentElement));
  };
  const opacity = (element) => (element ? Number(getComputedStyle(element).opacity) * opacity(element.parentElement) : 1);
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let seen = 0;
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest("script, style, title, .unseen") || !element.checkVisibility({ visibilityProperty: true })) continue;
    const style = getComputedStyle(element);
    const back = behind(element);
    const colour = parse(element.closest("svg") ? style.fill : style.color);
    const [a, b] = [light(over({ ...colour, a: colour.a * opacity(element) }, back)), light(back)].sort((x, y) => y - x);
    ++seen;
    if ((a + 0.05) / (b + 0.05) < 4.5) faint.push(`${((a + 0.05) / (b + 0.05)).toFixed(2)} ${walker.currentNode.data.slice(0, 40)}`);
  }
  return { seen, faint: [...new Set(faint)] };
}
