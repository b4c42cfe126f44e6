/**
 * Makes a picture of a page's top, for README files, or of one part of it.
 *
 *     node tests/browser/picture.mjs REPORT.html PICTURE.png [HEIGHT | SELECTOR]
 *
 * After `npm ci` here; needs Debian's chromium.
 */
import { resolve } from "node:path";
import { launch, open } from "./page.mjs";

const [report, picture, what = "1500"] = process.argv.slice(2);
if (!picture) {
  console.error("usage: picture.mjs REPORT.html PICTURE.png [HEIGHT | SELECTOR]");
  process.exit(2);
}
const height = Number(what);
const browser = await launch();
const { page } = await open(browser, resolve(report), {
  viewport: { width: 1180, height: height || 1500 },
});
const part = height ? page : page.locator(what).first();
if (!height) {
  await part.scrollIntoViewIfNeeded();
  await part.locator("details:not(.card details)").evaluateAll((all) => all.forEach((details) => { details.open = true; }));
}
await page.waitForTimeout(500); // what is in view is drawn when the browser is idle
await part.screenshot({ path: picture });
await browser.close();
