/** The page's parts that need no page. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { bytes, count, duration, estimate, percent, plain, printable, tick } from "../../harness/report/page/src/format.js";
import { logTicks, pushApart, sparse } from "../../harness/report/page/src/layout.js";
import { markerPath } from "../../harness/report/page/src/markers.js";
import { along, intervalText, place, point, sweepPlace, sweepsOf } from "../../harness/report/page/src/model.js";
import { ratiosOf, twoModes } from "../../harness/report/page/src/rounds.js";
import { Strategies } from "../../harness/report/page/src/strategies.js";

import { randomFrom } from "./data.mjs";

const kSources = new URL("../../harness/report/page/src/", import.meta.url);

describe("Format", () => {
  it("WritesFiguresAsTheProgramDoes", () => {
    assert.deepEqual([0, 850, 9996, 164960, 1.66e6].map(count), ["0", "850", "10.0k", "165k", "1.66M"]);
    assert.deepEqual([850, 12345, 999600, 1.2e9].map(duration), ["850ns", "12.3us", "1.00ms", "1.20s"]);
    assert.deepEqual([850, 12595, 2 ** 20 * 1.5].map(bytes), ["850B", "12.3KiB", "1.50MiB"]);
  });
  it("LeavesOutDigitsThatSayNothingOnAnAxis", () => {
    assert.deepEqual([0, 20000, 2500, 100000].map(tick(count)), ["0", "20k", "2.5k", "100k"]);
    assert.deepEqual([1e6, 2e4, 500].map(tick(duration)), ["1ms", "20us", "500ns"]);
  });
  it("KeepsTheNinesOfAPercentile", () =>
    assert.deepEqual([0.5, 0.99, 0.999, 0.99999].map(percent), ["50%", "99%", "99.9%", "99.999%"]));
  it("SaysWhenATrueValueMayBeHigher", () => {
    const value = { median: 1500, low: 1400, high: 1600, interval: "sign_95", at_least: true };
    assert.equal(estimate(value, count), "≥ 1.50k [1.40k, 1.60k]");
    assert.equal(estimate({ ...value, interval: "single", at_least: false }, count), "1.50k");
    assert.equal(estimate(null, count), "not measured");
  });
  it("WritesPlainNumbersFitToBeCopied", () =>
    assert.deepEqual([null, 0, 1234567.8, 0.123456, "x"].map(plain), ["–", "0", "1234568", "0.1235", "x"]));
  it("MakesForeignTextHarmless", () => assert.equal(printable("a\u001b[1m\u202eb\u0000<é>"), "a?[1m?b?<é>"));
});

describe("Layout", () => {
  it("PushesLabelsApartInTheirOrderAndKeepsThemInside", () => {
    const moved = pushApart([50, 52, 51, 99, 100], 10, 0, 100);
    const order = [0, 2, 1, 3, 4].map((index) => moved[index]);
    order.slice(1).forEach((y, index) => assert.ok(y - order[index] >= 9.99));
    assert.ok(Math.min(...moved) >= 0 && Math.max(...moved) <= 100);
  });
  it("SharesTheRoomWhereThereIsTooLittle", () => {
    const moved = pushApart([5, 5, 5, 5], 10, 0, 15);
    assert.deepEqual(moved, [0, 5, 10, 15]);
  });
  it("TicksLogarithmsByOneTwoFiveAndThinsThemOut", () => {
    assert.deepEqual(logTicks(90, 2100, 10), [100, 200, 500, 1000, 2000]);
    assert.deepEqual(logTicks(1, 1e6, 8), [1, 10, 100, 1000, 1e4, 1e5, 1e6]);
  });
  it("LeavesOutTicksThatWouldTouch", () =>
    assert.deepEqual(sparse([0, 10, 20, 45], (x) => x, 20), [0, 20, 45]));
});

describe("Model", () => {
  it("NamesAPointByWhatDiffers", () => {
    const group = (connections) => ({ name: "x", parameters: { connections, body_bytes: 4096, cache: "hot" } });
    const workload = { name: "fetch", groups: [group(1), group(64)] };
    assert.equal(point(workload, workload.groups[1]), "connections 64");
    assert.equal(place(workload.groups[1]), "connections 64, body_bytes 4KiB, cache hot");
    assert.equal(point({ name: "fetch", groups: [group(1)] }, group(1)), "");
    assert.equal(point({ name: "fetch", groups: [group(1), group(1)] }, group(1)), "x");
    assert.equal(sweepPlace({ name: "fetch" }, { name: "fetch/body_bytes:12/cache:hot" }), "body_bytes 12, cache hot");
    assert.equal(sweepPlace({ name: "fetch" }, { name: "fetch" }), "");
  });
  it("SaysWhatTheWhiskersAre", () => {
    const value = (interval, trials) => ({ interval, trials });
    assert.equal(intervalText([value("sign_95", 6)]), "median of 6 trials and its 95 % interval");
    assert.equal(intervalText([value("range", 3), null]), "median of 3 trials and their range (too few for an interval)");
    assert.equal(intervalText([value("single", 1)]), "one trial");
  });
  it("KeepsClosedAndOpenLoopsApart", () => {
    const at = (group) => [{ value: 1, group }];
    const sweeps = [{ parameter: "connections", points: at(0) }, { parameter: "connections", points: at(1) }, { parameter: "rate", points: at(1) }];
    const workload = { sweeps, groups: [{ open_loop: false, cells: [] }, { open_loop: true, cells: [] }] };
    assert.deepEqual(sweepsOf(workload, false), [sweeps[0]]);
    assert.deepEqual(sweepsOf(workload, true), [sweeps[2]]);
  });
  it("WalksASweepInTheOrderOfItsParameterAndOverHoles", () => {
    const workload = { groups: [{ cells: [{ strategy: "a" }] }, { cells: [] }, { cells: [{ strategy: "a" }] }] };
    const sweep = { points: [{ value: 9, group: 0 }, { value: 5, group: 1 }, { value: 1, group: 2 }, { value: 3, group: 77 }] };
    assert.deepEqual(along(workload, sweep, "a").map(({ value }) => value), [1, 9]);
  });
});

describe("Two modes", () => {
  const random = randomFrom(11);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const draw = (n, make) => Array.from({ length: n }, make);

  it("AreFoundWhereThereAreTwoRegimes", () => {
    const values = draw(120, () => Math.log(random() < 0.6 ? 0.78 : 0.95) + 0.02 * normal());
    const [low, high] = twoModes([values], 0.03);
    assert.ok(Math.abs(Math.exp(low.center) - 0.78) < 0.01 && Math.abs(Math.exp(high.center) - 0.95) < 0.01);
    assert.ok(Math.abs(low.share - 0.6) < 0.12 && Math.abs(low.share + high.share - 1) < 1e-9);
  });
  it("AreNotSeenInOneMiddleHoweverWide", () => {
    const kinds = { normal, uniform: () => random() * 4, skewed: () => -Math.log(1 - random()) };
    for (const [name, make] of Object.entries(kinds)) {
      const found = draw(300, () => twoModes([draw(60, make)], 0.03)).filter(Boolean).length;
      assert.ok(found <= 3, `${name}: ${found} of 300`);
    }
  });
  it("NeedEnoughValuesADistanceThatMattersAndMoreThanAFewOutliers", () => {
    const two = (n, apart) => draw(n, (_, index) => (index % 2) * apart + 0.001 * normal());
    assert.equal(twoModes([two(20, 0.2)], 0.03), null);
    assert.equal(twoModes([two(60, 0.02)], 0.03), null);
    assert.ok(twoModes([two(60, 0.2)], 0.03));
    assert.equal(twoModes([draw(100, (_, index) => (index < 5 ? 1 : 0.01 * normal()))], 0.03), null);
  });
  it("AreNotWhatHappenedToOneBlock", () => {
    const block = (center) => draw(10, () => center + 0.01 * normal());
    assert.equal(twoModes([block(0), block(0), block(-0.4), block(0), block(0)], 0.03), null);
    assert.ok(twoModes([block(0), block(-0.4), block(-0.4), block(0), block(0)], 0.03), "two blocks are a pattern");
  });
});

describe("Rounds", () => {
  it("ArePairedWithinTheRoundAndTheBlock", () => {
    const reference = new Map([[0, [10, 20, 30]], [2, [5]]]);
    const own = new Map([[0, [20, 20, null]], [1, [7]], [2, [10]]]);
    assert.deepEqual(ratiosOf(own, reference), [{ block: 0, ratios: [0.5, 1] }, { block: 2, ratios: [0.5] }]);
  });
});

describe("Strategies", () => {
  const builtIn = {
    thread_per_request: "thread per request", thread_per_connection: "long-lived threads", thread_pool: "long-lived threads",
    epoll: "readiness loops", asio: "readiness loops", asio_coro: "readiness loops", libevent: "readiness loops", libuv: "readiness loops",
    fiber: "readiness loops", uring: "io_uring", asio_uring: "io_uring", libaio: "libaio", curl_multi: "libcurl", curl_threads: "libcurl",
  };
  const colours = {
    "thread per request": "thread_per_request", "long-lived threads": "threads", "readiness loops": "readiness",
    io_uring: "io_uring", libaio: "libaio", libcurl: "libcurl",
  };
  const contenders = {
    beast: "C++", poco: "C++", cpp_httplib: "C++", rust: "Rust", go: "Go", netty: "Java", jdk: "Java", node: "JavaScript",
    asyncio: "Python", "asyncio:uvloop": "Python", "asyncio:streams": "Python", aiohttp: "Python", fastapi: "Python",
    sanic: "Python", python_threading: "Python",
  };
  const all = Object.entries(builtIn).map(([name, family]) => ({ name, family }));
  const looks = (list) => {
    const strategies = new Strategies(list);
    return new Map(list.map(({ name }) => {
      const { stroke, dash, symbol } = strategies.look(name);
      return [name, [stroke, dash, markerPath(symbol, 5)].join("|")];
    }));
  };

  it("LookTheSameInEveryResult", () => {
    const whole = looks(all);
    for (const some of [all.slice(3), [...all].reverse(), [{ name: "mine", family: "readiness loops" }, ...all]]) {
      for (const [name, look] of looks(some)) if (whole.has(name)) assert.equal(look, whole.get(name), name);
    }
    const plugin = { name: "my_loop", family: "other" };
    assert.equal(looks([plugin]).get("my_loop"), looks([...all, plugin]).get("my_loop"));
  });
  it("HaveTheirFamiliesColourAndAMarkerAndADashOfTheirOwn", () => {
    const strategies = new Strategies(all);
    for (const { name, family } of all) assert.equal(strategies.look(name).stroke, `var(--c-${colours[family]})`);
    const markers = all.map(({ name }) => markerPath(strategies.look(name).symbol, 5));
    assert.equal(new Set(markers).size, all.length, "no marker twice");
    for (const family of new Set(Object.values(builtIn))) {
      const dashes = all.filter((each) => each.family === family).map(({ name }) => strategies.look(name).dash);
      assert.equal(new Set(dashes).size, dashes.length, family);
    }
  });
  it("OfOtherLanguagesHaveTheirLanguagesColour", () => {
    const list = Object.entries(contenders).map(([name, family]) => ({ name, family }));
    const strategies = new Strategies([...list, ...all]);
    const names = { "C++": "cpp", Rust: "rust", Go: "go", Java: "java", JavaScript: "javascript", Python: "python" };
    for (const { name, family } of list) assert.equal(strategies.look(name).stroke, `var(--c-${names[family]})`);
    assert.equal(new Set(looks([...list, ...all]).values()).size, list.length + all.length);
    assert.deepEqual(strategies.names.slice(all.length), list.map(({ name }) => name), "after the strategies");
    assert.equal(strategies.look("nginx").stroke, "var(--c-other)");
  });
  it("LookDifferentUpToFifty", () => {
    const list = Array.from({ length: 50 }, (_, index) => ({ name: `s${index}`, family: "other" }));
    assert.equal(new Set(looks(list).values()).size, 50);
  });
  it("StandByFamily", () => assert.deepEqual(new Strategies([...all].reverse()).names,
    ["thread_pool", "thread_per_connection", "thread_per_request", "fiber", "libuv", "libevent", "asio_coro", "asio", "epoll",
      "asio_uring", "uring", "libaio", "curl_threads", "curl_multi"]));
  it("GiveALookToOneThatTheListForgot", () => {
    const strategies = new Strategies([{ name: "a", family: "io_uring" }]);
    assert.notDeepEqual(strategies.look("b"), strategies.look("a"));
    assert.ok(strategies.shown("b"));
  });
  it("AreLedByTheBestOfEachFamilyWhereTheyAreMany", () => {
    const strategies = new Strategies(all);
    const names = all.map(({ name }) => name);
    const badness = (name) => (name === "libuv" ? 0 : name.length);
    assert.deepEqual(strategies.leaders(names, badness).sort(),
      ["curl_multi", "libaio", "libuv", "thread_per_request", "thread_pool", "uring"]);
    assert.deepEqual(strategies.leaders(names.slice(0, 6), badness), names.slice(0, 6), "few are all shown");
  });
});

describe("The families' colours", () => {
  const style = readFileSync(new URL("style.css", kSources), "utf8");
  const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const rgb = (hex) => [1, 3, 5].map((at) => linear(parseInt(hex.slice(at, at + 2), 16) / 255));
  const times = (matrix, vector) => matrix.map((row) => Math.min(1, Math.max(0, row.reduce((sum, x, i) => sum + x * vector[i], 0))));
  const oklab = (colour) => times3([[0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.808675766]], times3([[0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]], colour).map(Math.cbrt));
  const times3 = (matrix, vector) => matrix.map((row) => row.reduce((sum, x, i) => sum + x * vector[i], 0));
  // Machado, Oliveira and Fernandes, IEEE TVCG 15 (2009), severity 1.
  const kEyes = {
    normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
  };
  const [light, dark] = [...style.matchAll(/--c-threads:[^}]*?--t-threads/g)].map(([text]) =>
    Object.fromEntries([...text.matchAll(/--c-(\w+): (#\w{6})/g)].map(([, name, hex]) => [name, hex])));
  for (const [scheme, colours] of Object.entries({ light, dark })) {
    it(`AreToldApartByEveryEyeIn_${scheme}`, () => {
      assert.equal(Object.keys(colours).length, 13);
      for (const [eyes, matrix] of Object.entries(kEyes)) {
        const seen = Object.entries(colours).map(([name, hex]) => [name, oklab(times(matrix, rgb(hex)))]);
        seen.forEach(([a, one], index) => seen.slice(index + 1).forEach(([b, other]) => {
          const distance = Math.hypot(...one.map((x, i) => x - other[i]));
          assert.ok(distance > 0.06, `${a} and ${b} to ${eyes}: ${distance.toFixed(3)}`);
        }));
      }
    });
  }
});
