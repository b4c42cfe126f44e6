/**
 * Makes a picture of a page's top, for README files.
 *
 *     node tests/browser/picture.mjs REPORT.html PICTURE.png [HEIGHT]
 *
 * After `npm ci` here; needs Debian's chromium.
 */
import { resolve } from "node:path";
import { launch, open } from "./page.mjs";

const [report, picture, height = "1500"] = process.argv.slice(2);
if (!picture) {
  console.error("usage: picture.mjs REPORT.html PICTURE.png [HEIGHT]");
  process.exit(2);
}
const browser = await launch();
const { page } = await open(browser, resolve(report), {
  viewport: { width: 1180, height: Number(height) },
});
await page.waitForTimeout(500); // what is in view is drawn when the browser is idle
await page.screenshot({ path: picture });
await browser.close();
