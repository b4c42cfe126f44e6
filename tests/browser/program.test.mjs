/** The page that `asyncbench report` writes of a result that it has just measured. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { drawAll, faintTexts, launch, open, unfold } from "./page.mjs";

const folder = mkdtempSync(join(tmpdir(), "asyncbench-report-"));
const program = process.env.ASYNCBENCH;

const asyncbench = (...words) => execFileSync(program, words, { cwd: folder, stdio: "pipe" });

/** A sweep in closed loop, and two rates in open loop. */
const kSweepAndRate = `
[[cells]]
workload = "fetch"
connections = [1, 4, 16]
[[cells]]
workload = "serve"
connections = 4
arrivals = ["constant:500", "constant:2000"]
`;

/** Workloads that measure figures of their own. */
const kOwnFigures = `
[[cells]]
workload = "interference"
connections = 4
[[cells]]
workload = "gather"
connections = 4
`;

/** A result of these cells, each under two strategies. */
function measure(name, cells) {
  const file = join(folder, `${name}.json`);
  writeFileSync(join(folder, `${name}.toml`), `
strategies = ["epoll", "thread_per_connection"]
[settings]
warmup = "50ms"
duration = "200ms"
trials = 2
${cells}`);
  asyncbench("run", `${name}.toml`, "--out", file);
  return file;
}

function report(name, ...words) {
  const file = join(folder, name);
  asyncbench("report", ...words, "--out", file);
  return file;
}

describe("The program's page", { skip: !program && "ASYNCBENCH names no program" }, () => {
  let browser;
  let result;
  before(async () => {
    result = measure("result", kSweepAndRate);
    browser = await launch();
  });
  after(() => browser?.close());

  /** Runs on a page, and then wants no error and no request. */
  async function onPage(file, check, options = {}) {
    const { page, context, complaints } = await open(browser, file, options);
    await check(page);
    await context.close();
    assert.deepEqual(complaints, []);
  }

  it("ShowsTheFiguresOfTheWorkloadsOwn", async () => {
    const file = measure("own", kOwnFigures);
    const { cells } = JSON.parse(readFileSync(file, "utf8"));
    await onPage(report("own.html", file), async (page) => {
      await drawAll(page);
      for (const [workload, names, titles] of [
        ["interference", ["heartbeat_lag_p50_ns", "heartbeat_lag_p99_ns"], ["heartbeat lag p50", "heartbeat lag p99"]],
        ["gather", ["amplification_p50", "amplification_p99"], ["amplification p50", "amplification p99"]],
      ]) {
        const table = page.locator("table.cells").filter({ hasText: workload });
        const headings = await table.locator("thead th").allTextContents();
        const values = await table.locator("td[data-value]").evaluateAll((all) => all.map(({ dataset }) => Number(dataset.value)));
        for (const title of titles) assert.ok(headings.includes(title), title);
        for (const { summary } of cells.filter((cell) => cell.workload === workload)) {
          for (const name of names) assert.ok(values.includes(summary.figures[name].median), name);
        }
        const chart = page.locator("#own .card").filter({ hasText: workload });
        const panels = await chart.locator("svg[role=img] text.panel").allTextContents();
        for (const title of titles) assert.ok(panels.includes(title), `${title} is drawn`);
      }
    });
  });

  it("ShowsEverySectionInOrder", () => onPage(report("order.html", result), async (page) => {
    await drawAll(page);
    const ids = await page.locator("main > header, main > section").evaluateAll((all) => all.map(({ id }) => id));
    assert.deepEqual(ids, ["identity", "answer", "forest", "sweeps", "throughput", "percentiles", "open-loop", "cost",
      "rounds", "stability", "outcomes", "method"]);
    for (const id of ["forest", "sweeps", "throughput", "percentiles", "open-loop", "cost", "rounds", "stability"]) {
      assert.notEqual(await page.locator(`#${id} .card svg[role=img]`).count(), 0, id);
      assert.equal(await page.locator(`#${id} .card`).count(), await page.locator(`#${id} .card svg[role=img]`).count());
    }
    assert.equal(await page.locator("table.answer td.strip:visible svg[role=img]").count(), 5, "one for each group");
  }));

  // The page holds six digits of a figure.
  const written = (value) => Number(value.toPrecision(6));

  it("HasTheResultsOwnNumbers", () => onPage(report("numbers.html", result), async (page) => {
    const { cells } = JSON.parse(readFileSync(result, "utf8"));
    const where = page.locator("#throughput .card").filter({ has: page.getByRole("heading", { name: "fetch by connections" }) });
    await where.locator("summary").click();
    await where.locator("tbody tr").first().waitFor();
    const rows = await where.locator("tbody tr").evaluateAll((all) => all.map(({ cells: [strategy, at, median, low, high] }) =>
      [strategy.textContent, ...[at, median, low, high].map((cell) => Number(cell.dataset.value))]));
    const wanted = cells.filter(({ workload }) => workload === "fetch")
      .map(({ strategy, parameters, summary: { throughput_per_s: { median, low, high } } }) =>
        [strategy, parameters.connections, ...[median, low, high].map(written)]);
    assert.deepEqual(rows.map(String).sort(), wanted.map(String).sort());

    const shown = await page.locator("table.cells tbody tr").count();
    assert.equal(shown, cells.length, "every cell stands in the table");
    const values = await page.locator("table.cells td[data-value]").evaluateAll((all) => all.map(({ dataset }) => Number(dataset.value)));
    for (const { summary } of cells) assert.ok(values.map(written).includes(written(summary.throughput_per_s.median)));
  }));

  it("IsReadWithoutAScript", () => onPage(report("plain.html", result), async (page) => {
    for (const table of ["answer", "cells"]) {
      assert.notEqual(await page.locator(`table.${table} tbody tr`).count(), 0, table);
    }
    assert.equal(await page.locator(".card").count(), 0);
  }, { javaScriptEnabled: false }));

  it("LaysTwoResultsSideBySideAndComparesWithABaseline", () =>
    onPage(report("two.html", result, result, "--baseline", result), async (page) => {
      await drawAll(page);
      assert.equal(await page.locator("#throughput h3.result").count(), 2);
      assert.equal(await page.locator("#change").count(), 1);
    }));

  for (const colorScheme of ["light", "dark"]) {
    it(`CanBeReadIn_${colorScheme}`, () => onPage(report(`${colorScheme}.html`, result, "--baseline", result), async (page) => {
      await drawAll(page);
      await unfold(page);
      await drawAll(page);
      const { seen, faint } = await page.evaluate(faintTexts);
      assert.ok(seen > 300, `${seen} texts`);
      assert.deepEqual(faint, []);
    }, { colorScheme }));
  }

  const answerWidths = (page) => page.locator("table.answer tbody :is(th, td):visible")
    .evaluateAll((all) => all.map((cell) => cell.getBoundingClientRect().width));

  it("FitsAPhone", () => onPage(report("phone.html", result, "--baseline", result), async (page) => {
    await drawAll(page);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 400);
    assert.ok((await answerWidths(page)).every((width) => width > 300), "each has the card's width");
    assert.notEqual(await page.locator("td.strip:visible text.label").count(), 0, "each strip has its axis");
  }, { viewport: { width: 400, height: 800 } }));

  it("CutsNoColumnOnPaper", () => onPage(report("paper.html", result, "--baseline", result), async (page) => {
    await unfold(page);
    await page.emulateMedia({ media: "print" });
    const cells = (table) => page.locator(`${table} tbody tr`).evaluateAll((rows) => rows.flatMap((row) => [...row.cells])
      .filter((cell) => cell.checkVisibility()).map((cell) => cell.getBoundingClientRect()).map(({ right, width }) => ({ right, width })));
    const all = await cells("table");
    assert.ok(all.length > 100);
    assert.equal(all.filter(({ right }) => right > 719).length, 0, "none is cut");
    assert.ok((await cells("table.cells")).every(({ width }) => width > 100), "none is squeezed to a letter a line");
    assert.ok((await answerWidths(page)).every((width) => width > 90));
    assert.ok(await page.getByRole("combobox", { name: "Compared with" }).isVisible(), "paper says what the reference is");
    await page.evaluate(() => document.querySelector("table.cells").classList.remove("many"));
    assert.ok((await cells("table.cells")).some(({ width }) => width < 100), "so many columns have no room on paper");
  }, { viewport: { width: 718, height: 1000 } }));

  it("LeavesOutFiguresThatAreZeroEverywhere", () => onPage(report("zeros.html", result), async (page) => {
    const { cells } = JSON.parse(readFileSync(result, "utf8"));
    const zero = (name) => cells.every(({ summary }) => !summary[name] || summary[name].high === 0);
    assert.ok(zero("error_share") && !zero("memory_peak_bytes"));
    const headings = await page.locator("table.cells thead th").allTextContents();
    assert.ok(headings.includes("memory peak"), headings.join());
    assert.ok(!headings.includes("errors"));
    assert.match(await page.locator("#method .note").first().textContent(), /^0 in each of them: .*\berrors\b/);
  }));

  it("KeepsHostileNamesText", () => {
    const evil = "</script><img src=x onerror=document.title='broken'>\u001b[31m";
    const hostile = join(folder, "hostile.json");
    writeFileSync(hostile, readFileSync(result, "utf8").replaceAll('"epoll"', JSON.stringify(evil))
      .replaceAll("strategy:epoll", JSON.stringify(`strategy:${evil}`).slice(1, -1)));
    return onPage(report("hostile.html", hostile), async (page) => {
      await drawAll(page);
      assert.match(await page.title(), /^asyncbench: /);
      assert.equal(await page.locator("main img, main script").count(), 0);
      assert.equal(await page.locator("#legend").getByText("</script><img src=x onerror=document.title='broken'>?[31m").count(), 1);
    });
  });

  it("IsHonestAboutAResultWithoutAnyFigure", () => {
    const data = JSON.parse(readFileSync(result, "utf8"));
    for (const cell of data.cells) Object.assign(cell, { status: "failed", reason: "no luck", summary: null, trials: [] });
    const failed = join(folder, "failed.json");
    writeFileSync(failed, JSON.stringify(data));
    return onPage(report("failed.html", failed), async (page) => {
      assert.equal(await page.locator(".validity.bad").count(), 1);
      assert.equal(await page.locator("#outcomes td.reason").filter({ hasText: "no luck" }).count(), data.cells.length);
      assert.match(await page.locator("h1:visible").textContent(), /^No answer/);
      assert.equal(await page.locator(".card").count(), 0);
    });
  });

  it("StaysSmall", (t) => {
    const { size } = statSync(report("size.html", result));
    t.diagnostic(`page of ${JSON.parse(readFileSync(result, "utf8")).cells.length} cells: ${size} bytes`);
    assert.ok(size < 1.5e6);
  });
});
