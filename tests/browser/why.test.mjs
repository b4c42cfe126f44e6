/** Why one strategy beats another: flame graphs, the difference of two, the slowest requests. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { readTree, walk } from "../../harness/report/page/src/charts/call_tree.js";
import { kHostile } from "./data.mjs";
import { drawAll, faintTexts, launch, open, ready, unfold } from "./page.mjs";
import { hostileProfiles, kActivities, kPhases, kTrees, profiles, whyPageOf } from "./profiles.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

/** Runs on a page of this data, and then wants no error and no request. */
async function onPage(data, check, options = {}) {
  const { page, context, complaints } = await open(browser, whyPageOf(data), options);
  await drawAll(page);
  await check(page);
  await context.close();
  assert.deepEqual(complaints, []);
}

const card = (page, title) =>
  page.locator("#why .card").filter({ has: page.getByRole("heading", { name: title, exact: true }) });
const onCpu = (page, strategy) => card(page, `fetch: ${strategy} on the CPU`);
const difference = (page) => card(page, "fetch: the difference of two");
const tail = (page, strategy) => card(page, `fetch: ${strategy}, slowest requests`);

/** A graph's frames in the order they are drawn. */
const frames = (where) => where.locator("svg.flame .frame").evaluateAll((all) => all.map((each) => ({
  text: each.querySelector("text")?.textContent ?? "",
  look: each.getAttribute("class"),
  x: Number(each.querySelector("rect").getAttribute("x")),
  width: Number(each.querySelector("rect").getAttribute("width")),
})));

async function dataOf(where) {
  await where.locator("summary").click();
  return where.locator("tbody").evaluate((body) => [...body.rows].map((row) =>
    [...row.cells].map((each) => (each.dataset.value === undefined ? each.textContent : Number(each.dataset.value)))));
}

/** What the read-out says, as [name, text] by line, below its heading. */
async function readout(where) {
  const box = where.locator(".readout");
  const lines = await box.locator("tr").evaluateAll((rows) => rows.map((row) => [row.cells[1].textContent, row.cells[2].textContent]));
  return { heading: await box.locator("strong").textContent(), ...Object.fromEntries(lines) };
}

async function hover(page, where, text, index = 0) {
  const rect = where.locator(".frame").filter({ has: page.locator(`text=/^${text}$/`) }).nth(index).locator("rect");
  await rect.scrollIntoViewIfNeeded();
  const box = await rect.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
}

const near = (a, b, within = 0.51) => assert.ok(Math.abs(a - b) <= within, `${a} is not ${b}`);

describe("Flame graphs", () => {
  it("AreDrawnOnOneScaleTheLeastCpuFirst", () => onPage(profiles(), async (page) => {
    assert.deepEqual((await page.locator("#why .charts > .grid:not(.fold .grid) h3").allTextContents()).slice(0, 4),
      ["fetch: uring on the CPU", "fetch: asio on the CPU", "fetch: threads on the CPU", "fetch: the difference of two"]);
    const full = await onCpu(page, "threads").locator("svg.flame").evaluate((node) => Number(node.getAttribute("width")));
    for (const [strategy, data] of Object.entries(kTrees)) {
      const root = readTree(data);
      const wanted = [...walk(root)].map(({ all }) => (all * full) / 12000).sort((a, b) => b - a);
      const drawn = (await frames(onCpu(page, strategy))).map(({ width }) => width).sort((a, b) => b - a);
      assert.equal(drawn.length, wanted.length, strategy);
      drawn.forEach((width, index) => near(width, wanted[index]));
    }
  }));

  it("TakeAScaleOfTheirOwnWhereNothingCouldBeSeen", () => onPage(profiles(), async (page) => {
    assert.equal(await page.locator("#why .fold .card").count(), 0, "made when it is opened");
    await unfold(page);
    await drawAll(page);
    const where = card(page, "fetch: uring off the CPU");
    assert.match(await where.locator(".keys").textContent(), /^5\.00us per requeston a scale of its own: too narrow beside 500us/);
    const [all] = await frames(where);
    near(all.width, await where.locator("svg.flame").evaluate((node) => Number(node.getAttribute("width"))));
  }));

  it("TellKernelProgramAndLibraryApart", () => onPage(profiles(), async (page) => {
    const looks = Object.fromEntries((await frames(onCpu(page, "asio"))).map(({ text, look }) => [text, look]));
    assert.equal(looks.all, "frame all");
    assert.equal(looks.main, "frame thread");
    assert.equal(looks["asio::scheduler::run"], "frame program");
    assert.equal(looks.__send, "frame library");
    assert.equal(looks.tcp_sendmsg, "frame kernel");
  }));

  it("ReadOutWhatIsUnderThePointer", () => onPage(profiles(), async (page) => {
    const where = onCpu(page, "asio");
    await hover(page, where, "tcp_sendmsg");
    assert.deepEqual(await readout(where), {
      heading: "tcp_sendmsg", module: "[kernel]", "per request": "3.00us", "of it itself": "2.50us", "share of all": "50.0%",
    });
    assert.equal(await where.locator(".cursor .outline").count(), 1);
    const box = await where.locator("svg.flame").boundingBox();
    await page.mouse.move(box.x + box.width - 5, box.y + 60);
    assert.equal(await where.locator(".readout").isVisible(), false, "nothing is drawn there");
  }));

  it("ZoomByClickAndBack", () => onPage(profiles(), async (page) => {
    const where = onCpu(page, "uring");
    const full = await where.locator("svg.flame").evaluate((node) => Number(node.getAttribute("width")));
    const before = await frames(where);
    await hover(page, where, "tcp_sendmsg");
    await page.mouse.down();
    await page.mouse.up();
    const zoomed = await frames(where);
    assert.deepEqual(zoomed.map(({ text }) => text), ["all", "main", "uring::Loop::run", "liburing.so.2, no symbol", "entry", "io_uring_enter", "tcp_sendmsg", "tcp_ack"]);
    zoomed.slice(0, 7).forEach(({ width }) => near(width, full));
    near(zoomed[7].width, full / 3);
    assert.match(await where.locator(".keys").textContent(), /zoomed: the whole width is 3\.00us/);
    await where.getByRole("button", { name: "Whole graph" }).click();
    assert.deepEqual(await frames(where), before);
    assert.equal(await where.getByRole("button", { name: "Whole graph" }).count(), 0);
  }));

  it("AreWalkedAndZoomedByKeyboard", () => onPage(profiles(), async (page) => {
    const where = onCpu(page, "asio");
    await page.keyboard.press("Tab");
    await where.locator(".drawing").focus();
    const at = async (...keys) => {
      for (const key of keys) await page.keyboard.press(key);
      return (await readout(where)).heading;
    };
    assert.equal(await at(), "all");
    assert.equal(await at("ArrowDown", "ArrowDown"), "asio::scheduler::run");
    assert.equal(await at("ArrowDown"), "__send", "the longest");
    assert.equal(await at("ArrowRight"), "epoll_wait");
    assert.equal(await at("ArrowRight", "ArrowRight"), "handle", "and no further");
    assert.equal(await at("ArrowLeft", "ArrowLeft"), "__send");
    assert.equal(await at("ArrowUp"), "asio::scheduler::run");
    assert.equal(await at("ArrowDown", "Enter"), "__send");
    assert.deepEqual((await frames(where)).map(({ text }) => text), ["all", "main", "asio::scheduler::run", "__send", "entry", "tcp_sendmsg", "tcp_ack"]);
    assert.equal(await at("Enter"), "asio::scheduler::run", "out again by one");
    assert.equal(await at("Home", "Enter"), "all");
    assert.equal((await frames(where)).length, 11);
    await page.keyboard.press("Escape");
    assert.equal(await where.locator(".readout").isVisible(), false);
  }));

  it("FindFunctionsAndSayTheirShare", () => onPage(profiles(), async (page) => {
    const input = page.getByRole("searchbox", { name: "Find functions of fetch" });
    await input.fill("TCP_");
    assert.equal(await page.locator("#why .search output").textContent(),
      "uring: 3.00us per request, 75.0%; asio: 3.00us per request, 50.0%; threads: 6.00us per request, 50.0%");
    assert.equal(await onCpu(page, "asio").locator(".found").textContent(), "Found: 3.00us per request, 50.0%");
    assert.deepEqual((await frames(onCpu(page, "asio"))).filter(({ look }) => /\bmatch\b/.test(look)).map(({ text }) => text), ["tcp_sendmsg", "tcp…"]);
    assert.equal(await difference(page).locator(".match").count(), 2);
    await input.fill("");
    assert.equal(await page.locator("#why .match").count(), 0);
    assert.equal(await page.locator("#why .search output").textContent(), "");
    await input.fill("no such function");
    assert.match(await page.locator("#why .search output").textContent(), /^uring: 0ns per request, 0%;/);
  }));

  it("ListTheFunctionsBySelfTime", () => onPage(profiles(), async (page) => {
    assert.deepEqual(await dataOf(onCpu(page, "asio")), [
      ["tcp_sendmsg", "[kernel]", 2500, 3000, (100 * 2500) / 6000],
      ["do_epoll_wait", "[kernel]", 800, 800, (100 * 800) / 6000],
      ["asio::scheduler::run", "program", 600, 6000, 10],
      ["entry", "[kernel]", 600, 4400, 10],
      ["__send", "libc.so.6", 500, 4000, (100 * 500) / 6000],
      ["tcp_ack", "[kernel]", 500, 500, (100 * 500) / 6000],
      ["handle", "program", 400, 400, (100 * 400) / 6000],
      ["epoll_wait", "libc.so.6", 100, 1000, (100 * 100) / 6000],
      ["main", "[thread]", 0, 6000, 0],
    ]);
  }));

  it("GoWithTheirStrategy", () => onPage(profiles(), async (page) => {
    await page.getByRole("button", { name: "threads", exact: true }).click();
    assert.equal(await onCpu(page, "threads").isVisible(), false);
    assert.equal(await tail(page, "threads").isVisible(), false);
    await drawAll(page);
    const [all] = await frames(onCpu(page, "asio"));
    near(all.width, await onCpu(page, "asio").locator("svg.flame").evaluate((node) => Number(node.getAttribute("width"))));
    await page.getByRole("button", { name: "threads", exact: true }).click();
    assert.equal(await onCpu(page, "threads").isVisible(), true);
    await onCpu(page, "threads").locator("svg[role=img]").waitFor();
    await page.getByRole("button", { name: "none", exact: true }).click();
    await drawAll(page);
    assert.equal(await page.locator("#why .card:visible svg[role=img]").count(), 0);
    assert.equal(await page.locator("#why .card:visible .nothing").textContent(), "Every strategy drawn here is hidden.");
  }));

  it("AreSavedWithTheirColours", () => onPage(profiles(), async (page) => {
    const where = onCpu(page, "asio");
    const [download] = await Promise.all([page.waitForEvent("download"), where.getByRole("button", { name: "Save SVG" }).click()]);
    const text = await readFile(await download.path(), "utf8");
    assert.doesNotMatch(text, /var\(|<style|<script|class=|currentColor/);
    assert.match(text, />tcp_sendmsg<\/text>/);
    assert.match(text, />kernel<\/text>/);
  }));
});

describe("The difference of two", () => {
  const look = async (page, name) => (await frames(difference(page))).find(({ text }) => text === name)?.look;

  it("SetsTheLeastAgainstTheNext", () => onPage(profiles(), async (page) => {
    const where = difference(page);
    assert.deepEqual(await where.locator("select").evaluateAll((all) => all.map((each) => each.selectedOptions[0].text)),
      ["uring", "asio", "shared functions, the kernel's apart"]);
    assert.match(await where.locator(".keys").textContent(), /^asio 6\.00us, against uring 4\.00us per request/);
    assert.match(await look(page, "all"), /more4/);
    assert.match(await look(page, "tcp_sendmsg"), /same/);
    assert.match(await look(page, "tcp_ack"), /less[1-4]/);
    assert.match(await look(page, "handle"), /same/);
    assert.match(await look(page, "do_epoll_wait"), /more[1-4]/);
    await hover(page, where, "tcp_ack");
    assert.deepEqual(await readout(where), { heading: "tcp_ack", module: "[kernel]", uring: "1.00us", asio: "500ns", difference: "−500ns" });
    await hover(page, where, "all");
    const { difference: all } = await readout(where);
    assert.equal(all, "+2.00us");
  }));

  it("TurnsAroundWithWhatIsChosen", () => onPage(profiles(), async (page) => {
    const where = difference(page);
    const rows = await dataOf(where);
    assert.deepEqual(rows.find(([name]) => name === "tcp_ack"), ["tcp_ack", "[kernel]", 1000, 500, -500]);
    assert.deepEqual(rows.map((row) => row[4]), rows.map((row) => row[3] - row[2]));
    assert.deepEqual(rows.map((row) => Math.abs(row[4])), rows.map((row) => Math.abs(row[4])).sort((a, b) => b - a));
    await where.getByRole("combobox", { name: "first" }).selectOption("asio");
    await where.getByRole("combobox", { name: "second" }).selectOption("uring");
    assert.match(await look(page, "all"), /less4/);
    assert.match(await look(page, "tcp_ack"), /more[1-4]/);
    assert.match(await where.getByRole("img").getAttribute("aria-label"), /uring costs 2\.00us per request less than asio\.$/);
    const turned = await where.locator("tbody tr").filter({ hasText: "tcp_ack" }).locator("td").allTextContents();
    assert.deepEqual(turned, ["tcp_ack", "[kernel]", "500", "1000", "500"], "the table is made anew");
    await where.getByRole("combobox", { name: "second" }).selectOption("asio");
    assert.deepEqual(new Set((await frames(where)).map((each) => each.look)), new Set(["frame same"]), "against itself");
  }));

  it("KeepsTheChoiceInTheLink", () => onPage(profiles(), async (page) => {
    await difference(page).getByRole("combobox", { name: "second" }).selectOption("threads");
    await page.getByRole("searchbox", { name: "Find functions of fetch" }).fill("tcp");
    await page.reload();
    await ready(page);
    await drawAll(page);
    assert.equal(await difference(page).getByRole("combobox", { name: "second" }).inputValue(), "threads");
    assert.match(await difference(page).locator(".keys").textContent(), /^threads 12\.0us, against uring 4\.00us/);
    assert.equal(await page.getByRole("searchbox", { name: "Find functions of fetch" }).inputValue(), "tcp");
    assert.match(await page.locator("#why .search output").textContent(), /^uring: 3\.00us/);
  }));

  it("ZoomsAndForgetsItWhereOthersAreChosen", () => onPage(profiles(), async (page) => {
    const where = difference(page);
    await hover(page, where, "tcp_sendmsg");
    await page.mouse.down();
    await page.mouse.up();
    assert.deepEqual((await frames(where)).map(({ text, look: own }) => [text, own.split(" ")[1].replace(/\d/, "")]),
      [["all", "more"], ["entry", "more"], ["tcp_sendmsg", "same"], ["tcp_ack", "less"]]);
    await where.getByRole("combobox", { name: "second" }).selectOption("threads");
    assert.equal(await where.getByRole("button", { name: "Whole graph" }).count(), 0);
    assert.ok((await frames(where)).some(({ text }) => text === "kernel_clone"));
  }));

  it("ComparesWholeStacksWhereAsked", () => onPage(profiles(), async (page) => {
    const where = difference(page);
    await where.getByRole("combobox", { name: "by" }).selectOption("whole");
    assert.match(await look(page, "asio::scheduler::run"), /more4/);
    assert.match(await look(page, "tcp_sendmsg"), /more/, "by another path");
    assert.match(await where.locator(".keys").textContent(), /4\.00us of uring is in frames that are not here/);
  }));
});

describe("The slowest requests", () => {
  it("AreBarsOfWhatTheirTimeWentInto", () => onPage(profiles(), async (page) => {
    const [{ cells }] = profiles().results[0].workloads[0].groups;
    for (const { strategy, profile } of cells) {
      const where = tail(page, strategy);
      const bars = await where.locator("[aria-label=bar] rect").evaluateAll((all) => all.map((each) => ({
        width: Number(each.getAttribute("width")), fill: each.getAttribute("fill"),
      })));
      assert.equal(bars.length, 80);
      const of9ms = bars[0].width / profile.tail.slowest[0].activities_ns[0];
      bars.forEach(({ width, fill }, index) => {
        near(width, profile.tail.slowest[Math.floor(index / 8)].activities_ns[index % 8] * of9ms);
        assert.equal(fill, `var(--a-${kActivities[index % 8]})`);
      });
      const inner = await where.locator("svg.plot").first().evaluate((node) => Number(node.getAttribute("width"))) - 26 - 56;
      near(of9ms * 9e6, inner, 1);
      const limit = await where.locator("[aria-label=rule].limit line, .limit line").evaluate((node) => Number(node.getAttribute("x1")));
      near(limit - 26, profile.tail.p99_9_ns * of9ms, 1);
    }
  }));

  it("ShowTheirNumbers", () => onPage(profiles(), async (page) => {
    const { slowest } = profiles().results[0].workloads[0].groups[0].cells[1].profile.tail;
    assert.deepEqual(await dataOf(tail(page, "asio")), slowest.map((request, index) =>
      [index + 1, request.latency_ns, ...request.activities_ns, ...request.phases_ns]));
    const columns = await tail(page, "asio").locator("th").allTextContents();
    assert.deepEqual(columns.slice(-5), kPhases.map((phase) => `while ${phase}, ns`));
  }));

  it("AreReadOut", () => onPage(profiles(), async (page) => {
    const where = tail(page, "threads");
    await page.keyboard.press("Tab");
    await where.locator(".drawing").focus();
    const { heading, ...lines } = await readout(where);
    assert.equal(heading, "number 1: 9.00ms");
    assert.equal(lines["waiting for peer"], "2.25ms, 25.0%");
    assert.equal(lines["not recorded"], "450us, 5.00%");
    assert.equal(lines["while answering"], "5.40ms, 60.0%");
    await page.keyboard.press("End");
    assert.match((await readout(where)).heading, /^number 10: /);
  }));
});

describe("Why", () => {
  it("KeepsHostileNamesText", () => onPage(hostileProfiles(), async (page) => {
    await unfold(page);
    await drawAll(page);
    for (const summary of await page.locator("#why .card summary").all()) await summary.click();
    await page.locator("#why .search input").first().fill("<script>(");
    assert.equal(await page.title(), "standard, 2026-11-25 14:12 UTC");
    assert.equal(await page.locator("main script, main img").count(), 0);
    const text = await page.locator("#why").evaluate((element) => element.textContent);
    assert.ok(text.includes(kHostile[0]) && text.includes(kHostile[1]));
    assert.ok(text.includes("?[31mred??reversed?"));
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  }));

  for (const data of [profiles, hostileProfiles]) {
    it(`FitsAPhone_${data.name}`, () => onPage(data(), async (page) => {
      await unfold(page);
      await drawAll(page);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 400);
      assert.deepEqual(await page.locator("#why *").evaluateAll((all) => all
        .filter((each) => each.getBoundingClientRect().right > innerWidth + 1 && !each.closest(".table, svg, .unseen"))
        .map((each) => `${each.tagName}.${each.className}`)), []);
      const causes = page.locator("pre.causes");
      assert.ok(await causes.evaluate((each) => each.scrollWidth > each.clientWidth && each.tabIndex === 0), "scrolls in its own box");
    }, { viewport: { width: 400, height: 800 } }));
  }

  for (const colorScheme of ["light", "dark"]) {
    it(`CanBeReadIn_${colorScheme}`, () => onPage(profiles(), async (page) => {
      await unfold(page);
      await page.locator("#why .search input").fill("tcp_ack");
      await drawAll(page);
      assert.deepEqual((await page.evaluate(faintTexts)).faint, []);
      // A frame's label is before its own fill, not before the card.
      const ratios = await page.locator("#why .frame").evaluateAll((all) => {
        const light = (colour) => colour.match(/\d+/g).slice(0, 3).map((c) => Number(c) / 255)
          .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
          .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
        // Steps of the difference that this data does not have.
        const group = all[0].cloneNode(true);
        const looks = ["more", "less"].flatMap((way) => [1, 2, 3, 4].map((level) => `frame ${way}${level}`)).concat("frame unknown");
        const more = looks.map((look) => {
          const one = group.cloneNode(true);
          one.setAttribute("class", look);
          all[0].parentNode.append(one);
          return one;
        });
        return [...all, ...more].filter((each) => each.querySelector("text")).map((each) => {
          const fill = (name) => light(getComputedStyle(each.querySelector(name)).fill);
          const [a, b] = [fill("text"), fill("rect")].sort((x, y) => y - x);
          return [each.getAttribute("class"), (a + 0.05) / (b + 0.05)];
        });
      });
      assert.ok(ratios.length > 30);
      assert.ok(ratios.some(([look]) => look.includes("match")));
      assert.deepEqual(ratios.filter(([, ratio]) => ratio < 4.5), []);
    }, { colorScheme }));
  }

  it("NamesEveryControl", () => onPage(profiles(), async (page) => {
    await unfold(page);
    for (const control of await page.locator("#why input, #why select, #why button:enabled, #why [role=group], #why [role=region]").all()) {
      assert.match((await control.ariaSnapshot()).split("\n")[0], /^- '?\w+ "[^"]+"/, await control.evaluate((each) => each.outerHTML.slice(0, 80)));
    }
  }));

  it("LeavesOutChartsThatItHasNoDataFor", async () => {
    const data = profiles();
    for (const each of data.results[0].workloads[0].groups[0].cells) each.profile = null;
    await onPage(data, async (page) => {
      assert.equal(await page.locator("#why .charts").count(), 0);
      assert.equal(await page.locator("#why table.why").count(), 1, "the table stays");
    });
  });
});
