/** The committed template is what its sources give, and holds what the program relies on. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { kPageFolder } from "./page.mjs";

const template = readFileSync(new URL("template.html", kPageFolder), "utf8");

describe("The template", () => {
  it("IsWhatItsSourcesGive", () => {
    execFileSync("node", ["build.mjs", "--check"], { cwd: fileURLToPath(kPageFolder), stdio: "pipe" });
  });

  it("HasEachMarkerOnce", () => {
    for (const name of ["title", "body", "data"]) {
      assert.equal(template.split(`<!--asyncbench:${name}-->`).length, 2, name);
    }
  });

  it("AllowsItsOwnScriptAndStyleAlone", () => {
    const [, policy] = /Content-Security-Policy" content="([^"]+)"/.exec(template);
    const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    const [, style] = /<style>([^]*?)<\/style>/.exec(template);
    const [, script] = /<script>([^]*?)<\/script>/.exec(template);
    assert.deepEqual(policy.split("; "), ["default-src 'none'", `script-src ${hash(script)}`, `style-src ${hash(style)}`,
      "base-uri 'none'", "form-action 'none'"]);
  });

  it("AsksForNothingElsewhere", () => {
    const [found] = /<link|<img|<iframe|\bsrc=|@import|url\(\s*["']?(?:https?:)?\/\//.exec(template) ?? [null];
    assert.equal(found, null);
  });

  it("CarriesTheLicencesOfWhatItBundles", () => {
    for (const name of ["@observablehq/plot", "d3-scale", "d3-selection", "internmap", "isoformat"]) {
      assert.ok(template.includes(`${name} `), name);
    }
    assert.ok(template.includes("Permission to use, copy, modify"));
  });
});
