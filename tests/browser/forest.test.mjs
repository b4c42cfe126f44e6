/** The first picture: ratios to a reference with their intervals, and the choice of the reference. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as made from "./data.mjs";
import { drawAll, launch, open, pageOf, ready } from "./page.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

async function onPage(data, check, options = {}) {
  const { page, context, complaints } = await open(browser, pageOf(data), options);
  await drawAll(page);
  await check(page, context);
  await context.close();
  assert.deepEqual(complaints, []);
}

/** The standard suite's first workload alone. */
function single() {
  const data = made.standard();
  data.results[0].workloads.length = 1;
  return data;
}

const groupOf = (data) => data.results[0].workloads[0].groups[0];
const card = (page) => page.locator("#forest .card");

/** What is drawn: by name where it lies and its interval's ends, and the axis. */
const drawn = (page) => card(page).locator("svg.forest").evaluate((node) => {
  const number = (element, name) => Number(element.getAttribute(name));
  const names = [...node.querySelectorAll("text.name")].map((text) => ({ name: text.textContent, y: number(text, "y") }));
  const marks = [...node.querySelectorAll(".mark")].map((mark) => {
    const [x, y] = mark.querySelector(".marker").getAttribute("transform").match(/[\d.]+/g).map(Number);
    const line = mark.querySelector(".interval line");
    return {
      name: names.find((each) => Math.abs(each.y - y) < 0.5).name, kind: mark.classList[1], x,
      low: line ? number(line, "x1") : null, high: line ? number(line, "x2") : null,
    };
  });
  const ticks = [...node.querySelectorAll("text.label")].map((text) => ({ text: text.textContent, x: number(text, "x") }));
  const floor = node.querySelector(".floor");
  return {
    marks, ticks, names: names.map(({ name }) => name), one: number(node.querySelector(".reference"), "x1"),
    floor: floor ? [number(floor, "x"), number(floor, "x") + number(floor, "width")] : null,
    sections: [...node.querySelectorAll("text.section")].map((text) => text.textContent),
    margins: [...node.querySelectorAll(".margin")].map((line) => number(line, "x1")),
  };
});

/** Pixels of a factor of e, by the axis' own labels. */
function scaleOf({ one, ticks }) {
  const values = { "¼": 0.25, "½": 0.5 };
  const [tick] = ticks.filter(({ text }) => Number(values[text] ?? text) > 1);
  return (tick.x - one) / Math.log(Number(tick.text));
}

const near = (a, b, what) => assert.ok(Math.abs(a - b) < 0.6, `${what}: ${a}, wanted ${b}`);

describe("The forest plot", () => {
  it("DrawsEachRatioWithItsIntervalOnALogarithmicAxis", () => {
    const data = single();
    return onPage(data, async (page) => {
      const picture = await drawn(page);
      const scale = scaleOf(picture);
      const { rows, noise } = groupOf(data).against.thread_per_connection;
      assert.deepEqual(picture.names, rows.map(({ name }) => name), "in the order of the data: families, then tiers");
      for (const { name, kind, ratios: [[worse, low, high]] } of rows) {
        const mark = picture.marks.find((each) => each.name === name && each.kind === kind);
        // More throughput is better: the ratio in the worse direction the other way around.
        near(mark.x, picture.one - scale * Math.log(worse), name);
        near(mark.low, picture.one - scale * Math.log(high), `${name}, low`);
        near(mark.high, picture.one - scale * Math.log(low), `${name}, high`);
      }
      near(picture.floor[0], picture.one - scale * Math.log(noise[0][1]), "noise");
      near(picture.floor[1], picture.one - scale * Math.log(noise[0][0]), "noise");
      near(picture.margins[1], picture.one + scale * Math.log(1.03), "margin");
      assert.deepEqual(picture.sections, ["Families", "Strategies", "Behind"]);
    });
  });

  it("TurnsTheAxisWhereLessIsBetter", () => {
    const data = single();
    return onPage(data, async (page) => {
      await page.getByRole("combobox", { name: "by" }).selectOption("p99");
      assert.match(page.url(), /#by=p99$/);
      const picture = await drawn(page);
      const scale = scaleOf(picture);
      const row = groupOf(data).against.thread_per_connection.rows.find(({ name, kind }) => name === "epoll" && kind === "strategy");
      near(picture.marks.find(({ name }) => name === "epoll").x, picture.one + scale * Math.log(row.ratios[2][0]), "p99");
      assert.ok(picture.ticks.some(({ text }) => text === "← less is better"));
    });
  });

  it("StandsAgainstTheReferenceThatIsChosen", () => {
    const data = single();
    return onPage(data, async (page, context) => {
      const shown = () => page.locator("tbody[data-against]:visible").evaluateAll((all) => all.map((each) => each.dataset.against));
      assert.deepEqual(await shown(), ["thread_per_connection"], "the data's own choice at first");
      await page.getByRole("combobox", { name: "Compared with" }).selectOption("epoll");
      assert.deepEqual(await shown(), ["epoll"]);
      const picture = await drawn(page);
      near(picture.marks.find(({ name, kind }) => name === "epoll" && kind === "strategy").x, picture.one, "itself");
      const uring = groupOf(data).against.epoll.rows.find(({ name }) => name === "uring").ratios[0][0];
      near(picture.marks.find(({ name }) => name === "uring").x, picture.one - scaleOf(picture) * Math.log(uring), "uring");
      await card(page).locator("summary").click();
      assert.ok((await card(page).locator("thead").textContent()).includes("times epoll"));

      const second = await context.newPage();
      await second.goto(page.url());
      await ready(second);
      assert.equal(await second.getByRole("combobox", { name: "Compared with" }).inputValue(), "epoll", "a link keeps it");
    });
  });

  it("SaysAtTheEdgeWhatLiesFarBeyond", () => {
    const data = single();
    const { rows } = groupOf(data).against.thread_per_connection;
    for (const row of rows.filter(({ name }) => name === "libuv")) row.ratios[0] = [50, 40, 60, "worse"];
    return onPage(data, async (page) => {
      assert.equal(await card(page).locator(".beyond").textContent(), "◂ 0.02");
      const { names, marks } = await drawn(page);
      assert.equal(marks.length, names.length - 1);
    });
  });

  it("SaysWhatIsNotKnown", () => {
    const data = single();
    const group = groupOf(data);
    const { rows, noise } = group.against.thread_per_connection;
    noise[0] = null;
    rows.find(({ name }) => name === "uring").ratios[0] = [0.9, null, null, "undecided"];
    rows.find(({ name }) => name === "libuv").ratios[0] = null;
    group.cells.find(({ strategy }) => strategy === "libuv").status = "failed";
    return onPage(data, async (page) => {
      const { floor, marks } = await drawn(page);
      assert.equal(floor, null);
      assert.equal(marks.find(({ name }) => name === "uring").low, null);
      const texts = await card(page).locator("text.figure").allTextContents();
      assert.ok(texts.includes("1.11undecided"), "no interval is made up");
      assert.ok(texts.includes("failed"));
    });
  });

  it("LeavesOutWhatIsHiddenAndReadsOutWhatIsShown", () => onPage(single(), async (page) => {
    await page.getByRole("button", { name: "epoll", exact: true }).click();
    await drawAll(page);
    assert.ok(!(await drawn(page)).names.includes("epoll"));
    await page.keyboard.press("Tab");
    await card(page).locator(".drawing").focus();
    await page.keyboard.press("End");
    const readout = card(page).locator(".readout");
    assert.equal(await readout.locator("strong").textContent(), "thread_per_request");
    assert.match(await readout.textContent(), /times thread_per_connection0\.\d\d \[0\.\d\d, \d\.\d\d\], slightly worse/);
  }));

  for (const width of [1240, 390]) {
    it(`IsSmallMultiplesWhereGroupsAreSeveral_${width}`, () => {
      const data = made.standard();
      return onPage(data, async (page) => {
        const titles = await card(page).locator("text.title").allTextContents();
        assert.deepEqual(titles, data.results[0].workloads.map(({ name }) => name));
        const marks = await card(page).locator(".mark, .beyond").count();
        assert.equal(marks, 9 * 12 - 2, "two strategies have no timers");
        assert.equal(await page.locator("td.strip:visible svg[role=img]").count(), 9);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
        const outside = await card(page).locator("svg.forest").evaluate((node) => {
          const { right } = node.getBoundingClientRect();
          return [...node.querySelectorAll("text, path, line")].filter((each) => each.getBoundingClientRect().right > right + 1).length;
        });
        assert.equal(outside, 0);
      }, { viewport: { width, height: 900 } });
    });
  }

  it("IsLeftOutWhereNothingWasCompared", () => {
    const data = single();
    groupOf(data).against = {};
    return onPage(data, async (page) => assert.equal(await page.locator("#forest").count(), 0));
  });
});

describe("Round by round", () => {
  const card = (page) => page.locator("#rounds .card");

  it("DrawsEachRoundAgainstTheReferencesAndSaysWhereThereAreTwoRegimes", () => {
    const data = made.turns();
    return onPage(data, async (page) => {
      assert.deepEqual(await card(page).locator("text.name").allTextContents(), ["its twin", "asio", "uring"]);
      const ticks = await card(page).locator(".round").evaluateAll((all) => all.map((path) => path.getAttribute("d").split("M").length - 1));
      assert.deepEqual(ticks, [60, 60, 60]);
      const said = await card(page).locator("svg.rounds text.label").allTextContents();
      const [regimes, ...others] = said.filter((text) => text.includes("regimes"));
      assert.match(regimes, /^uring has two regimes: about 1\.0[3-8] times in \d\d % of the rounds, about 1\.2[5-9] times in the others\.$/);
      assert.deepEqual(others, []);

      await page.getByRole("combobox", { name: "Compared with" }).selectOption("asio");
      await drawAll(page);
      assert.deepEqual(await card(page).locator("text.name").allTextContents(), ["epoll", "uring"]);
      await card(page).locator("summary").click();
      await card(page).locator("tbody tr").first().waitFor();
      const rows = await card(page).locator("tbody tr").evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.dataset.value ?? cell.textContent)));
      const [epoll, asio] = data.results[0].workloads[0].groups[0].cells;
      assert.equal(rows.length, 120);
      const row = rows.find(([name, block, round]) => name === "epoll" && block === "2" && round === "4");
      assert.ok(Math.abs(Number(row[3]) - asio.trials.rounds[2][3] / epoll.trials.rounds[2][3]) < 1e-9);
    });
  });

  it("IsLeftOutWhereNoTurnsWereTaken", () => onPage(made.standard(), async (page) =>
    assert.equal(await page.locator("#rounds").count(), 0)));
});
