/** What the page shows and does, for data as the program writes it and for hostile data. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import * as made from "./data.mjs";
import { drawAll, launch, open, pageOf, ready, unfold } from "./page.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

/** Runs on a page of this data, and then wants no error and no request. */
async function onPage(data, check, options = {}) {
  const { page, context, complaints } = await open(browser, pageOf(data), options);
  await check(page);
  await context.close();
  assert.deepEqual(complaints, []);
}

const card = (page, section, title) =>
  page.locator(`#${section} .card`).filter({ has: page.getByRole("heading", { name: title, exact: true }) });

/** The height of the page, once the browser has looked at it for a moment. */
const settled = (page) => page.evaluate(async () => {
  for (let frame = 0; frame < 3; ++frame) await new Promise(requestAnimationFrame);
  return document.body.scrollHeight;
});

/** The numbers of a card's data table, by row. */
async function dataOf(where) {
  await where.locator("summary").click();
  return where.locator("tbody").evaluate((body) => [...body.rows].map((row) =>
    [...row.cells].map((cell) => (cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value)))));
}

/** The reference's median times each cell's ratio to it: what is paired within blocks. */
function paired({ cells, compared, against }, name, reference) {
  const { median } = cells.find(({ strategy }) => strategy === reference).summary[name];
  return cells.map(({ strategy, summary }) => {
    const { ratios } = against[reference].rows.find((row) => row.kind === "strategy" && row.name === strategy);
    const [ratio, low, high] = ratios[compared.indexOf(name)];
    return { strategy, trials: summary[name].trials, values: [ratio, low, high].map((value) => median * value) };
  });
}

const rounded = (rows) => rows.map((row) => row.map((value) => (typeof value === "number" ? Number(value.toPrecision(9)) : value)).join()).sort();

describe("The page", () => {
  it("DrawsEverySectionThatHasData", () => onPage(made.sweeps(), async (page) => {
    await drawAll(page);
    for (const id of ["sweeps", "throughput", "percentiles", "open-loop", "cost", "stability"]) {
      assert.notEqual(await page.locator(`#${id} .card svg[role=img] path`).count(), 0, id);
    }
    assert.equal(await page.locator("#throughput .hollow circle").count(), 6);
    assert.equal(await card(page, "open-loop", "serve: p99 against throughput").count(), 1);
  }));

  for (const width of [1240, 400]) {
    it(`ReservesTheRoomThatADrawingTakes_${width}`, () => onPage(made.standard(), async (page) => {
      const before = await settled(page);
      await drawAll(page);
      assert.equal(await settled(page), before, "nothing moves under the pointer");
    }, { viewport: { width, height: 900 } }));
  }

  it("ShowsTheDataItsOwnNumbersInATableForEachChart", () => onPage(made.sweeps(), async (page) => {
    const [fetch, serve] = made.sweeps().results[0].workloads;
    const throughput = fetch.groups.flatMap((group) => group.cells.map((cell) => {
      const { median, low, high, trials } = cell.summary.throughput_per_s;
      return [cell.strategy, group.parameters.connections, median, low, high, trials];
    }));
    const sorted = (rows) => rows.map(String).sort();
    assert.deepEqual(sorted(await dataOf(card(page, "throughput", "fetch by connections"))), sorted(throughput));

    const p99 = serve.groups.flatMap((group) => group.cells.map((cell) => {
      const { median, low, high } = cell.summary.response_time_p99_ns;
      return [cell.strategy, group.offered_per_s, cell.summary.throughput_per_s.median, median, low, high];
    }));
    assert.deepEqual(sorted(await dataOf(card(page, "open-loop", "serve: p99 against throughput"))), sorted(p99));

    const group = fetch.groups.find(({ parameters }) => parameters.connections === 32);
    const points = group.cells.flatMap(({ strategy, percentiles }) => percentiles.points.map(([share, ns]) =>
      [strategy, `${Number((share * 100).toPrecision(9))}%`, ns, percentiles.count]));
    assert.deepEqual(sorted(await dataOf(card(page, "percentiles", "fetch, connections 32"))), sorted(points));

    const heat = group.cells.flatMap(({ strategy, heat: { block, slices } }) => slices.flatMap((slice, index) =>
      slice.map(([from, to, requests]) => [strategy, block, index * 200, from, to, requests])));
    await page.locator("#stability .fold[open]").waitFor();
    assert.deepEqual(sorted(await dataOf(card(page, "stability", "fetch, connections 32: latency over time"))), sorted(heat));
  }));

  it("TakesTheCpuOfBothEndsWhereTheAnswerDoes", async () => {
    for (const both of [false, true]) {
      const data = made.standard();
      const [group] = data.results[0].workloads[0].groups;
      const { cells } = group;
      // In these data the ratios of both are the same.
      if (both) group.compared = group.compared.map((name) => name.replace("cpu_per_request_ns", "cpu_per_request_total_ns"));
      await onPage(data, async (page) => {
        const [first] = await dataOf(card(page, "cost", "fetch"));
        const cell = cells.find(({ strategy }) => strategy === first[0]);
        const cpu = cell.summary[both ? "cpu_per_request_total_ns" : "cpu_per_request_ns"];
        assert.ok(Math.abs(first[1] / cpu.median - 1) < 1e-9);
        const least = Math.min(...cells.filter(({ summary }) => summary)
          .map(({ summary }) => summary[both ? "cpu_per_request_total_ns" : "cpu_per_request_ns"].median));
        assert.equal(cpu.median, least, "the least stands first");
      });
    }
  });

  it("SaysWhatItDoesNotDrawAndWhy", () => onPage(made.standard(), async (page) => {
    const note = card(page, "percentiles", "timers").locator(".note");
    assert.equal(await note.textContent(),
      "Not drawn: curl_multi, curl_threads (unsupported: does not offer what the workload needs: sleep).");
    assert.equal(await card(page, "throughput", "timers").count(), 0, "a paced workload's throughput tells nothing");
  }));

  it("TogglesAStrategyInAllCharts", () => onPage(made.sweeps(), async (page) => {
    await drawAll(page);
    const key = page.getByRole("button", { name: "epoll", exact: true });
    const drawn = () => page.locator(".card svg[role=img] text", { hasText: /^epoll$/ }).count();
    const before = await drawn();
    assert.notEqual(before, 0);
    await key.click();
    assert.equal(await key.getAttribute("aria-pressed"), "false");
    await drawAll(page);
    assert.equal(await drawn(), 0);
    await page.getByRole("button", { name: "none", exact: true }).click();
    await drawAll(page);
    assert.equal(await page.locator(".card svg[role=img]").count(), 0);
    assert.equal(await page.locator(".card .nothing").first().textContent(), "Every strategy drawn here is hidden.");
    await page.getByRole("button", { name: "all", exact: true }).click();
    await drawAll(page);
    assert.equal(await drawn(), before);
  }));

  it("ReadsOutTheFiguresUnderThePointerAndByArrowKeys", () => onPage(made.sweeps(), async (page) => {
    const where = card(page, "throughput", "fetch by connections");
    const drawing = where.locator(".drawing");
    await drawing.scrollIntoViewIfNeeded();
    await where.locator("svg[role=img]").waitFor();
    const readout = drawing.locator(".readout");
    assert.equal(await readout.isVisible(), false);
    const box = await drawing.boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    assert.match(await readout.locator("strong").textContent(), /^connections \d+, requests\/s$/);
    assert.equal(await readout.locator("tr").count(), 6);
    await page.mouse.move(0, 0);
    assert.equal(await readout.isVisible(), false);

    await page.keyboard.press("Tab");
    await drawing.focus();
    for (let step = 0; step < 20; ++step) await page.keyboard.press("ArrowRight");
    const { groups } = made.sweeps().results[0].workloads[0];
    const best = groups.at(-1).cells.reduce((a, b) =>
      (b.summary.throughput_per_s.median > a.summary.throughput_per_s.median ? b : a));
    assert.equal(await readout.locator("strong").textContent(), "connections 1024, requests/s");
    const figure = `${(best.summary.throughput_per_s.median / 1e3).toFixed(0)}k`;
    assert.ok((await readout.locator("tr").first().textContent()).startsWith(`${best.strategy}${figure} [`));
    await page.keyboard.press("Home");
    assert.equal(await readout.locator("strong").textContent(), "connections 1, requests/s");
    await page.keyboard.press("Escape");
    assert.equal(await readout.isVisible(), false);
  }));

  it("SavesAChartAsAnSvgOfItsOwn", () => onPage(made.sweeps(), async (page) => {
    const where = card(page, "cost", "fetch, connections 32");
    await where.scrollIntoViewIfNeeded();
    await where.locator("svg[role=img]").waitFor();
    const [download] = await Promise.all([page.waitForEvent("download"), where.getByRole("button", { name: "Save SVG" }).click()]);
    assert.match(download.suggestedFilename(), /^fetch-connections-32-[\w-]+\.svg$/);
    const text = await readFile(await download.path(), "utf8");
    assert.doesNotMatch(text, /var\(|<style|<script|class=|currentColor/);
    assert.match(text, /<rect width="100%" height="100%" fill="rgb\(246, 248, 250\)"/);
    assert.match(text, />fetch, connections 32<\/text>/);
    const alone = await page.context().newPage();
    await alone.setContent(text);
    assert.notEqual(await alone.locator("svg svg rect").count(), 0);
  }));

  it("LetsTheDataBeDownloaded", () => onPage(made.standard(), async (page) => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#download").click()]);
    assert.equal(download.suggestedFilename(), "asyncbench-report.json");
    assert.deepEqual(JSON.parse(await readFile(await download.path(), "utf8")), JSON.parse(JSON.stringify(made.standard())));
  }));

  it("SortsTheTableOfCellsByNumberAndByName", () => onPage(made.standard(), async (page) => {
    const table = page.locator("table.cells");
    const column = (index) => table.locator("tbody").evaluate((body, at) =>
      [...body.rows].map((row) => row.cells[at].textContent), index);
    const heading = table.getByRole("button", { name: "Throughput" });
    await heading.click();
    const numbers = (await column(2)).filter(Boolean).map(Number);
    assert.equal(numbers.length, 106);
    assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b));
    assert.equal(await table.locator("th").nth(2).getAttribute("aria-sort"), "ascending");
    await heading.click();
    assert.equal((await column(2))[numbers.length + 1], String(numbers[0].toFixed(1)), "empty ones first, then down");
    await table.getByRole("button", { name: "Cell" }).click();
    assert.equal(await table.locator("[aria-sort]").count(), 1);
  }));

  it("DrawsASingleRateAsSpansFromP50ToP99", () => {
    const data = made.sweeps();
    data.results[0].workloads[1].sweeps = [];
    return onPage(data, async (page) => {
      const { cells } = data.results[0].workloads[1].groups[0];
      const rows = await dataOf(card(page, "open-loop", "serve, rate 10000"));
      assert.deepEqual(rows.map((row) => row[0]).sort(), cells.map(({ strategy }) => strategy).sort());
      for (const [strategy, achieved, p50] of rows) {
        const { summary } = cells.find((cell) => cell.strategy === strategy);
        assert.deepEqual([achieved, p50], [summary.throughput_per_s.median, summary.response_time_p50_ns.median]);
      }
    });
  });

  it("KeepsSeveralResultsApartUnderTheirLabels", () => onPage(made.pair(), async (page) => {
    for (const id of ["throughput", "percentiles", "cost", "stability"]) {
      assert.deepEqual(await page.locator(`#${id} h3.result`).allTextContents(),
        ["standard, 2026-11-25 14:12 UTC", "standard, 2026-11-26 14:12 UTC"]);
    }
  }));

  it("KeepsHostileNamesText", () => onPage(made.hostile(), async (page) => {
    await drawAll(page);
    await unfold(page);
    await drawAll(page);
    assert.equal(await page.title(), "standard, 2026-11-25 14:12 UTC");
    assert.equal(await page.locator("main script, main img").count(), 0);
    const text = await page.evaluate(() => document.querySelector("#throughput").textContent + document.querySelector("#legend").textContent);
    assert.ok(text.includes(made.kHostile[0]));
    assert.ok(text.includes("?[31mred??reversed?"), "control characters and marks of direction are made harmless");
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  }));

  it("LeavesOutSectionsWithoutData", () => onPage(made.empty(), async (page) => {
    assert.equal(await page.locator(".card").count(), 0);
    assert.deepEqual(await page.locator("main > section").evaluateAll((all) => all.map(({ id }) => id)),
      ["answer", "outcomes", "change", "method"]);
  }));

  it("DrawsWhatAParameterCosts", () => onPage(made.sweeps(), async (page) => {
    const [fetch] = made.sweeps().results[0].workloads;
    const figures = [["CPU per request", "cpu_per_request_ns"], ["p99", "service_time_p99_ns"]];
    for (const reference of ["epoll", "uring"]) {
      await page.getByRole("combobox", { name: "Compared with" }).selectOption(reference);
      for (const [title, name] of figures) {
        const rows = await dataOf(card(page, "sweeps", `fetch: ${title} by connections`));
        const wanted = fetch.groups.flatMap((group) => paired(group, name, reference).map(({ strategy, trials, values }) =>
          [strategy, group.parameters.connections, ...values, trials]));
        assert.deepEqual(rounded(rows), rounded(wanted), `${title}, against ${reference}`);
      }
    }
  }));

  it("LetsTheBestOfEachFamilyStandOutAndTheOthersBePointedAt", () => onPage(made.standard(), async (page) => {
    const where = card(page, "percentiles", "fetch");
    const drawing = where.locator(".drawing");
    await drawing.scrollIntoViewIfNeeded();
    await where.locator("svg[role=img]").waitFor();
    const { cells } = made.standard().results[0].workloads[0].groups[0];
    const p99 = ({ percentiles: { points } }) => points.find(([share]) => share === 0.99)[1];
    const best = new Map();
    for (const cell of [...cells].sort((a, b) => p99(a) - p99(b))) {
      const { family } = made.asStrategy(cell.strategy);
      if (!best.has(family)) best.set(family, cell.strategy);
    }
    const named = (selector) => where.locator(selector).evaluateAll((all) => all.map((each) => each.dataset.strategy).sort());
    const leaders = [...best.values()].sort();
    assert.equal(leaders.length, 5);
    assert.deepEqual(await named(".strong[aria-label=line]"), leaders);
    assert.deepEqual(await named(".ends text"), leaders);
    assert.deepEqual(await named(".faint[aria-label=line]"),
      cells.map(({ strategy }) => strategy).filter((name) => !leaders.includes(name)).sort());

    await page.keyboard.press("Tab");
    await drawing.focus();
    await page.keyboard.press("ArrowDown");
    const lit = () => where.locator(".on[aria-label=line]").evaluateAll((all) => all.map((each) => each.dataset.strategy));
    const first = await lit();
    assert.equal(first.length, 1);
    assert.equal(await where.locator(".readout tr.on th").textContent(), first[0]);
    const faint = (await named(".faint[aria-label=line]"));
    for (let step = 0; step < 12 && !faint.includes((await lit())[0]); ++step) await page.keyboard.press("ArrowDown");
    assert.ok(faint.includes((await lit())[0]), "the faint ones can be reached");
    const opacity = (selector) => where.locator(selector).first().evaluate((each) => Number(getComputedStyle(each).opacity));
    assert.equal(await opacity(".on[aria-label=line]"), 1);
    assert.ok(await opacity(".strong[aria-label=line]:not(.on)") < 0.5, "the others step back");
    await page.keyboard.press("Escape");
    assert.deepEqual(await lit(), []);
    assert.equal(await opacity(".strong[aria-label=line]"), 1);
  }));

  it("LeavesOutFiguresThatAreZeroForAll", () => {
    const data = made.standard();
    for (const { summary } of data.results[0].workloads[0].groups[0].cells) {
      Object.assign(summary.context_switches_per_request, { median: 0, low: 0, high: 0 });
    }
    return onPage(data, async (page) => {
      await drawAll(page);
      const panels = (title) => card(page, "cost", title).locator("text.panel").allTextContents();
      assert.deepEqual(await panels("fetch"), ["CPU per request", "system calls per request"]);
      assert.deepEqual(await panels("echo"), ["CPU per message", "context switches per message", "system calls per message"]);
    });
  });

  it("KeepsWhatWasChosenInTheLink", async () => {
    const file = pageOf(made.sweeps());
    const { page, context, complaints } = await open(browser, file);
    const pressed = (on, name) => on.getByRole("button", { name, exact: true }).getAttribute("aria-pressed");
    await page.getByRole("button", { name: "epoll", exact: true }).click();
    await page.getByRole("button", { name: "libuv", exact: true }).click();
    const link = page.url();
    assert.match(link, /#hide=epoll&hide=libuv$|#hide=libuv&hide=epoll$/);

    const second = await context.newPage();
    await second.goto(link);
    await ready(second);
    assert.deepEqual([await pressed(second, "epoll"), await pressed(second, "libuv"), await pressed(second, "uring")],
      ["false", "false", "true"]);
    await drawAll(second);
    assert.equal(await second.locator("#throughput .card svg[role=img] text", { hasText: /^epoll$/ }).count(), 0);
    await second.evaluate(() => { location.hash = "#hide=uring"; });
    await second.waitForFunction(() => document.querySelector(".key[aria-pressed=false]")?.textContent === "uring");
    await second.evaluate(() => { location.hash = "#method"; });
    await second.evaluate(() => new Promise(requestAnimationFrame));
    assert.equal(await pressed(second, "uring"), "false", "an anchor is no choice");
    await second.getByRole("button", { name: "all", exact: true }).click();
    assert.ok(!second.url().includes("#"), second.url());
    await context.close();
    assert.deepEqual(complaints, []);
  });

  it("DrawsOneStrategyAlone", () => {
    const data = made.standard();
    data.strategies = data.strategies.slice(0, 1);
    for (const workload of data.results[0].workloads) {
      for (const group of workload.groups) group.cells = group.cells.slice(0, 1);
    }
    return onPage(data, async (page) => {
      await drawAll(page);
      assert.equal(await card(page, "throughput", "fetch").locator("svg[role=img]").count(), 1);
    });
  });

  it("SaysHowLongTheStandardSuiteTakesToDraw", async (t) => {
    await onPage(made.standard(), async (page) => {
      const ready = await page.evaluate(() => performance.now());
      const all = await page.evaluate(() => {
        const start = performance.now();
        dispatchEvent(new Event("beforeprint"));
        document.body.getBoundingClientRect();
        return performance.now() - start;
      });
      const bytes = (await page.content()).length;
      t.diagnostic(`standard suite: readable and first charts drawn after ${ready.toFixed(0)} ms, all charts ${all.toFixed(0)} ms more; ${(bytes / 1e6).toFixed(2)} MB with its drawings`);
    });
  });

  it("StaysQuickWithThousandsOfCells", async (t) => {
    await onPage(made.thousands(), async (page) => {
      const ready = await page.evaluate(() => performance.now());
      assert.ok(await page.locator(".card svg[role=img]").count() < 40, "only what is near is drawn");
      const start = Date.now();
      await page.getByRole("button", { name: "epoll", exact: true }).click();
      t.diagnostic(`4000 cells: ready after ${ready.toFixed(0)} ms, toggled in ${Date.now() - start} ms`);
    });
  });
});
