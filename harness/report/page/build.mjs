/**
 * Builds template.html: script and style bundled and minified, the Content-Security-Policy with
 * their hashes, the licences of what is bundled. The same sources give the same bytes.
 *   node build.mjs            writes template.html
 *   node build.mjs --check    fails where template.html is not what the sources give
 */
import { createHash } from "node:crypto";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const here = new URL(".", import.meta.url);
const template = new URL("template.html", here);

/** Packages that others carry inside their own builds: internmap in d3-array's. */
const kInlined = { "d3-array": ["internmap"] };

const kMarkers = ["title", "body", "data"].map((name) => `<!--asyncbench:${name}-->`);

async function bundle(entry) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: here.pathname,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    charset: "utf8",
    format: "iife",
    target: ["es2022", "chrome110", "firefox113", "safari16.4"],
    legalComments: "inline",
  });
  const [{ inputs }] = Object.values(metafile.outputs);
  return {
    text: outputFiles[0].text.trim(),
    inputs: Object.keys(inputs).filter((input) => inputs[input].bytesInOutput > 0),
  };
}

/** The licence texts of the packages among a bundle's inputs, each text once. */
async function licences(inputs) {
  const packages = new Set(inputs.flatMap((input) => {
    const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
    return name ? [name, ...(kInlined[name] ?? [])] : [];
  }));
  const byText = new Map();
  for (const name of [...packages].sort()) {
    const folder = new URL(`node_modules/${name}/`, here);
    const { version } = JSON.parse(await readFile(new URL("package.json", folder), "utf8"));
    const file = (await readdir(folder)).find((each) => /^licen[cs]e/i.test(each));
    if (!file) throw new Error(`${name} has no licence file: find out under which terms it may be bundled`);
    const text = (await readFile(new URL(file, folder), "utf8")).trim();
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version}`]);
  }
  return [...byText].map(([text, names]) => `${names.join(", ")}\n\n${text}`).join("\n\n");
}

const hash = (text) => `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`;

async function page() {
  const script = await bundle("src/main.js");
  const style = await bundle("src/style.css");
  const places = {
    policy: [
      "default-src 'none'", `script-src ${hash(script.text)}`, `style-src ${hash(style.text)}`,
      "base-uri 'none'", "form-action 'none'",
    ].join("; "),
    style: style.text,
    script: script.text,
    licences: await licences(script.inputs),
  };
  if (/<!--|<\/script/i.test(places.script)) throw new Error("the script would end its own element");
  if (places.licences.includes("--")) throw new Error("a licence would end the comment that it stands in");
  const frame = await readFile(new URL("src/template.html", here), "utf8");
  const html = frame.replace(/\{\{(\w+)\}\}/g, (_, name) => places[name]);
  for (const marker of kMarkers) {
    if (html.split(marker).length !== 2) throw new Error(`${marker} must be there exactly once`);
  }
  return html;
}

const html = await page();
if (process.argv.includes("--check")) {
  const committed = await readFile(template, "utf8").catch(() => "");
  if (committed !== html) {
    console.error("template.html is not what its sources give: npm run build, and commit it");
    process.exit(1);
  }
} else {
  await writeFile(template, html);
  console.log(`template.html: ${Buffer.byteLength(html)} bytes`);
}
