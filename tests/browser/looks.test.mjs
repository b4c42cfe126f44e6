/** How the page looks to everybody: in the dark, on a phone, on paper, by keyboard, to a screen reader. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as made from "./data.mjs";
import { drawAll, launch, open, pageOf } from "./page.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

async function onPage(data, options, check) {
  const { page, context, complaints } = await open(browser, pageOf(data), options);
  await check(page);
  await context.close();
  assert.deepEqual(complaints, []);
}

/** Runs in the page: texts whose contrast with what is behind them is too low. */
function faintTexts() {
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

  it("FollowTheWindowsWidth", () => onPage(made.sweeps(), {}, async (page) => {
    const drawing = page.locator("#throughput .card svg[role=img]").first();
    await drawing.scrollIntoViewIfNeeded();
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
      const all = [...document.querySelectorAll("a[href], button:not(:disabled), summary, [tabindex='0']")]
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

  it("CarryNoInlineStyle", () => onPage(made.sweeps(), {}, async (page) => {
    await drawAll(page);
    assert.equal(await page.locator("main [style]").count(), 0);
  }));
});
