/** How the page looks to everybody: in the dark, on a phone, on paper, by keyboard, to a screen reader. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as made from "./data.mjs";
import { drawAll, faintTexts, launch, open, pageOf } from "./page.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

async function onPage(data, options, check) {
  const { page, context, complaints } = await open(browser, pageOf(data), options);
  await check(page);
  await context.close();
  assert.deepEqual(complaints, []);
}

/** Runs in the page: everything that sticks out of the window at the right. */
const tooWide = () => [...document.querySelectorAll("main *")]
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1 && !element.closest(".table, #legend, svg, .unseen"))
  .map((element) => `${element.tagName}.${element.className}`);

describe("The page's looks", () => {
  for (const colorScheme of ["light", "dark"]) {
    it(`LetEveryTextBeReadIn_${colorScheme}`, () => onPage(made.standard(), { colorScheme }, async (page) => {
      await page.getByRole("button", { name: "epoll", exact: true }).click();
      await drawAll(page);
      await page.locator("#throughput .card summary").first().click();
      const { seen, faint } = await page.evaluate(faintTexts);
      assert.ok(seen > 1000, `${seen} texts`);
      assert.deepEqual(faint, []);
    }));
  }

  it("FollowTheDarkScheme", () => onPage(made.standard(), { colorScheme: "dark" }, async (page) => {
    const colours = await page.evaluate(() => [document.body, document.querySelector(".card")]
      .map((element) => getComputedStyle(element).backgroundColor));
    assert.deepEqual(colours, ["rgb(17, 21, 26)", "rgb(25, 31, 39)"]);
    const bar = page.locator("#throughput svg[role=img] [aria-label=bar] rect, #throughput svg[role=img] [aria-label=bar] path").first();
    await page.locator("#throughput .drawing").first().scrollIntoViewIfNeeded();
    await bar.waitFor();
    const fill = () => bar.evaluate((element) => getComputedStyle(element).fill);
    const dark = await fill();
    await page.emulateMedia({ colorScheme: "light" });
    assert.notEqual(await fill(), dark, "charts follow without being drawn again");
  }));

  for (const data of ["standard", "sweeps", "hostile"]) {
    it(`FitAPhone_${data}`, () => onPage(made[data](), { viewport: { width: 400, height: 800 } }, async (page) => {
      await drawAll(page);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 400);
      assert.deepEqual(await page.evaluate(tooWide), []);
    }));
  }

  it("MakeCardsOfRowsOnAPhone", () => onPage(made.standard(), { viewport: { width: 390, height: 800 } }, async (page) => {
    const row = page.locator("table.answer tbody:visible tr").first();
    const cells = await row.locator("td").evaluateAll((all) => all.map((cell) => ({
      label: getComputedStyle(cell, "::before").content, right: cell.getBoundingClientRect().right,
    })));
    assert.deepEqual(cells.map(({ label }) => label), ['"Use"', '"throughput, times thread_per_connection"', '"Figure"', '"How sure"']);
    for (const { right } of cells) assert.ok(right <= 390, `a cell ends at ${right}`);
    assert.equal(await page.evaluate(() => document.querySelector(".table:has(> .answer)").scrollWidth
      - document.querySelector(".table:has(> .answer)").clientWidth), 0, "nothing is to be scrolled sideways");
  }));

  it("FollowTheWindowsWidth", () => onPage(made.sweeps(), {}, async (page) => {
    await page.locator("#throughput .drawing").first().scrollIntoViewIfNeeded();
    await page.locator("#throughput .card svg[role=img]").first().waitFor();
    await page.setViewportSize({ width: 500, height: 800 });
    await page.waitForFunction(() =>
      Number(document.querySelector("#throughput svg[role=img]")?.getAttribute("width")) < 480);
  }));

  it("ArePrintedWhole", () => onPage(made.standard(), {}, async (page) => {
    const pdf = await page.pdf({ format: "A4" });
    assert.ok(pdf.length > 50000);
    const open = await page.evaluate(() => [...document.querySelectorAll(".card")].filter((card) => card.checkVisibility()).length);
    assert.equal(await page.locator(".card svg[role=img]:visible").count(), open, "everything was drawn before printing");
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    assert.equal(await page.locator(".save:visible, #download:visible").count(), 0);
    const style = await page.evaluate(() => [getComputedStyle(document.querySelector(".card")).breakInside,
      getComputedStyle(document.querySelector("#legend")).position, getComputedStyle(document.body).backgroundColor]);
    assert.deepEqual(style, ["avoid", "static", "rgb(255, 255, 255)"]);
  }));

  it("NameEveryImageAndControl", () => onPage(made.sweeps(), {}, async (page) => {
    await drawAll(page);
    const nameless = await page.evaluate(() => [...document.querySelectorAll("svg:not([aria-hidden=true]), img, button, [role=region], [role=group]")]
      .filter((element) => !element.closest("svg[role=img] svg, [aria-hidden=true]"))
      .filter((element) => !(element.getAttribute("aria-label") || element.textContent.trim()) ||
        (element.tagName === "svg" && (element.getAttribute("role") !== "img" || !element.querySelector(":scope > title")?.textContent)))
      .map((element) => element.outerHTML.slice(0, 100)));
    assert.deepEqual(nameless, []);
    assert.equal(await page.evaluate(() => {
      const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
      return ids.length - new Set(ids).size;
    }), 0, "no id twice");
  }));

  it("LetTheKeyboardReachEveryControl", () => onPage(made.standard(), {}, async (page) => {
    await drawAll(page);
    const wanted = await page.evaluate(() => {
      const all = [...document.querySelectorAll("a[href], button:not(:disabled), summary, select, input, [tabindex='0']")]
        .filter((element) => element.checkVisibility({ visibilityProperty: true }));
      all.forEach((element, index) => element.setAttribute("data-control", index));
      return all.length;
    });
    const reached = new Set();
    const unmarked = new Set();
    for (let presses = 0; presses < wanted; ++presses) {
      await page.keyboard.press("Tab");
      const { control, outline } = await page.evaluate(() => {
        const element = document.activeElement;
        return { control: element.getAttribute("data-control"), outline: getComputedStyle(element).outlineStyle };
      });
      reached.add(control);
      if (outline === "none") unmarked.add(control);
    }
    assert.equal(reached.size, wanted);
    assert.deepEqual([...unmarked], [], "the focus is seen everywhere");
  }));

  it("KeepTheReadOutInsideItsBox", async () => {
    for (const width of [1240, 400]) {
      await onPage(made.sweeps(), { viewport: { width, height: 900 } }, async (page) => {
        for (const section of ["throughput", "open-loop", "cost", "stability"]) {
          const drawing = page.locator(`#${section} .drawing`).first();
          await drawing.scrollIntoViewIfNeeded();
          await drawing.locator("svg[role=img]").waitFor();
          const box = await drawing.boundingBox();
          for (const part of [0.1, 0.5, 0.95]) {
            await page.mouse.move(box.x + box.width * part, box.y + Math.min(box.height, 400) * 0.5);
            const readout = await drawing.locator(".readout").boundingBox();
            assert.ok(readout.x >= box.x - 1 && readout.x + readout.width <= box.x + box.width + 1, `${section} at ${part}`);
          }
        }
      });
    }
  });
});
