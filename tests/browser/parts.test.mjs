/** The page's parts that need no page. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bytes, count, duration, estimate, percent, plain, printable, tick } from "../../harness/report/page/src/format.js";
import { logTicks, pushApart, sparse } from "../../harness/report/page/src/layout.js";
import { along, intervalText, inverse, place, point, sweepPlace, sweepsOf } from "../../harness/report/page/src/model.js";
import { Strategies } from "../../harness/report/page/src/strategies.js";

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
  it("TurnsACostIntoARateWithItsInterval", () => {
    const value = { median: 200, low: 100, high: 400, interval: "sign_95", trials: 6 };
    assert.deepEqual(inverse(value, 1000), { ...value, median: 5, low: 2.5, high: 10 });
    assert.equal(inverse({ ...value, low: 0 }, 1000), null);
  });
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

describe("Strategies", () => {
  it("LookDifferentUpToThirtyTwo", () => {
    const strategies = new Strategies(Array.from({ length: 32 }, (_, style) => ({ name: `s${style}`, style })));
    const looks = strategies.names.map((name) => strategies.look(name)).map(({ stroke, dash }) => stroke + dash);
    assert.equal(new Set(looks).size, 32);
  });
  it("GiveALookToOneThatTheListForgot", () => {
    const strategies = new Strategies([{ name: "a", style: 0 }]);
    assert.notDeepEqual(strategies.look("b"), strategies.look("a"));
    assert.ok(strategies.shown("b"));
  });
});
