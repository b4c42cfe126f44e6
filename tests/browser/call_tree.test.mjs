/** Trees of calls: read, cut down to what strategies share, compared. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { aligned, byFunction, compare, readTree, walk, within } from "../../harness/report/page/src/charts/call_tree.js";
import { kTrees, treeOf } from "./profiles.mjs";

describe("Call trees", () => {
  const find = (root, name) => [...walk(root)].filter((each) => each.name === name);

  it("CountAFunctionThatCallsItselfOnce", () => {
    const root = readTree(treeOf(["f", "p", 1, ["f", "p", 2, ["g", "p", 3, ["f", "p", 4]]]]));
    assert.deepEqual(byFunction(root).get("f\np"), { name: "f", module: "p", own: 7, all: 10 });
    assert.equal(within(root, ({ name }) => name === "f"), 10);
  });

  it("TakeFunctionsWithoutNamesInARowForOne", () => {
    const root = readTree(treeOf(["", "[unknown]", 1, ["", "[unknown]", 2, ["a", "p", 3], ["", "other.so", 4]]]));
    const [unknown] = root.children.values();
    assert.deepEqual([unknown.own, unknown.all, unknown.children.size], [3, 10, 2]);
  });

  it("LeaveOutWhatIsNotThere", () => {
    assert.equal(readTree(null), null);
    assert.equal(readTree({ functions: [], nodes: [[-1, 0, 5]] }), null);
    assert.equal(readTree({ functions: [["a", "p"]], nodes: [[7, 0, 5], [-1, 0, 2]] }).all, 2);
  });

  it("KeepAllTimeWhenAligned", () => {
    for (const [name, tree] of Object.entries(kTrees)) {
      for (const other of Object.values(kTrees)) {
        assert.equal(aligned(readTree(tree), readTree(other)).all, readTree(tree).all, name);
      }
    }
  });

  it("MeetWhereBothComeToTheSameWork", () => {
    const [asio, uring] = [readTree(kTrees.asio), readTree(kTrees.uring)];
    const [first, second] = [aligned(uring, asio), aligned(asio, uring)];
    const { before, gone } = compare(first, second);
    const [send] = find(second, "tcp_sendmsg");
    assert.deepEqual([send.all, before.get(send)], [3000, 3000]);
    assert.equal(gone, 100 + 300, "uring's loop and io_uring_enter themselves");
  });
});
