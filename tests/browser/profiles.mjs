/** Profiles as `asyncbench report` writes them, made up, and the section that they are drawn in. */
import { readFileSync, writeFileSync } from "node:fs";
import { asStrategy, cell, kHostile, randomFrom } from "./data.mjs";
import { pageOf } from "./page.mjs";

/** A tree of [name, module, own ns, ...callees] as the page's data has it. */
export function treeOf(...roots) {
  const functions = [];
  const nodes = [];
  const add = ([name, module, own, ...callees], parent) => {
    let index = functions.findIndex(([a, b]) => a === name && b === module);
    if (index < 0) index = functions.push([name, module]) - 1;
    const at = nodes.push([parent, index, own]) - 1;
    for (const callee of callees) add(callee, at);
  };
  for (const root of roots) add(root, -1);
  return { functions, nodes };
}

export const kActivities = ["own_code", "other_tasks", "loop", "run_queue", "peer", "threads", "storage", "unknown"];
export const kPhases = ["queued", "connecting", "sending", "answering", "receiving"];

function tailOf(slowest, count = 10) {
  return {
    activities: kActivities, phases: kPhases, p99_9_ns: slowest * 0.4,
    slowest: Array.from({ length: count }, (_, index) => {
      const ns = slowest * (1 - index * 0.05);
      return {
        latency_ns: ns,
        activities_ns: [0.05, 0.1, 0.15, 0.2, 0.25, 0.05, 0.15, 0.05].map((part) => ns * part),
        phases_ns: [0.1, 0, 0.2, 0.6, 0.1].map((part) => ns * part),
      };
    }),
  };
}

const kernel = (name, own, ...callees) => [name, "[kernel]", own, ...callees];

/** 4 us, 6 us and 12 us a request: by name, the most first, so that nothing is in order already. */
export const kTrees = {
  threads: treeOf(["main", "[thread]", 0,
    ["__clone3", "libc.so.6", 500, kernel("entry", 500, kernel("kernel_clone", 5000))],
    ["__send", "libc.so.6", 0, kernel("entry", 0, kernel("tcp_sendmsg", 4000, kernel("tcp_ack", 2000)))]]),
  asio: treeOf(["main", "[thread]", 0,
    ["asio::scheduler::run", "program", 600,
      ["handle", "program", 400],
      ["__send", "libc.so.6", 500, kernel("entry", 500, kernel("tcp_sendmsg", 2500, kernel("tcp_ack", 500)))],
      ["epoll_wait", "libc.so.6", 100, kernel("entry", 100, kernel("do_epoll_wait", 800))]]]),
  uring: treeOf(["main", "[thread]", 0,
    ["uring::Loop::run", "program", 100,
      ["handle", "program", 400],
      ["", "liburing.so.2", 0, kernel("entry", 200, kernel("io_uring_enter", 300,
        kernel("tcp_sendmsg", 2000, kernel("tcp_ack", 1000))))]]]),
};
const kLatencies = { threads: 9e6, asio: 3e6, uring: 2e6 };

function report(strategies, name, cells, more = []) {
  return {
    schema: { name: "asyncbench-report", major: 1, minor: 0 },
    strategies: strategies.map(asStrategy),
    results: [{
      label: "profile", run: {}, environment: {}, plan: {},
      workloads: [{
        name, unit: "requests", sweeps: [],
        groups: [{
          name, parameters: { connections: 64 }, open_loop: false, offered_per_s: null,
          rank_by: "throughput_per_s", latency: "service_time", cells,
        }, ...more],
      }],
    }],
  };
}

function profiled(workload, strategy, profile) {
  const parameters = { connections: 64 };
  return { ...cell({ workload, strategy, parameters, throughput: 1000, latency: 1e6, random: randomFrom(1) }), profile };
}

/** Three strategies; asleep, one of them waits a hundred times as long as the others. */
export const profiles = () => report(Object.keys(kTrees), "fetch", Object.keys(kTrees).map((strategy) =>
  profiled("fetch", strategy, {
    on_cpu: kTrees[strategy],
    off_cpu: treeOf(["main", "[thread]", 0, kernel("schedule", strategy === "threads" ? 500000 : 5000)]),
    tail: tailOf(kLatencies[strategy]),
  })));

/** Names that want to be markup, stacks deeper than any, and parts that are missing in every way. */
export function hostileProfiles() {
  let deep = ["leaf", "", 5];
  for (let level = 0; level < 300; ++level) deep = [level % 2 ? "x::".repeat(200) : "recursive", "program", 1, deep];
  const evil = treeOf(...kHostile.map((name) => [name, name, 100, [name, "[kernel]", 50]]), deep,
    ["", "[unknown]", 1, ["", "[unknown]", 2, ["", "[unknown]", 3]]]);
  const nothing = { on_cpu: null, off_cpu: null, tail: null };
  return report(kHostile, kHostile[0], [
    profiled(kHostile[0], kHostile[0], { on_cpu: evil, off_cpu: evil, tail: { ...tailOf(1000), activities: kHostile, phases: kHostile } }),
    profiled(kHostile[0], kHostile[1], { on_cpu: evil, off_cpu: null, tail: { ...tailOf(0, 1), p99_9_ns: 0 } }),
    profiled(kHostile[0], kHostile[2], { on_cpu: { functions: [], nodes: [] }, off_cpu: { functions: [], nodes: [[-1, 7, 5], [0, 0, 5], [9, 0, 1]] }, tail: { ...tailOf(1), slowest: [] } }),
    profiled(kHostile[0], kHostile[3], nothing),
    { ...profiled(kHostile[0], kHostile[4], null), status: "failed", summary: null },
  ]);
}

/** What C++ writes above the charts, as far as the style and the script have to do with it. */
const kSection = `<section id="why"><h2>Why</h2><p class="lead">Where the CPU time of a request goes.</p>
  <div class="table"><table class="why"><thead><tr><th scope="col">ns per request</th><th scope="col" class="number">uring</th></tr></thead><tbody>
  ${Array.from({ length: 11 }, (_, step) => `<tr><th scope="row">row ${step}</th><td class="number share s${step}" data-value="${step}">${step}00 <span class="part">${step}0%</span></td></tr>`).join("")}
  <tr><th scope="row">all samples</th><td class="number total">5500</td></tr></tbody></table></div>
  <details><summary>System calls, waits, batches and the slowest requests</summary><pre class="causes">${"a line that is much longer than a phone is wide, as tables of figures are ".repeat(3)}</pre></details>
  <div class="charts"></div></section>`;

export function whyPageOf(data) {
  const file = pageOf(data);
  writeFileSync(file, readFileSync(file, "utf8").replace('<section id="throughput">', (found) => kSection + found));
  return file;
}
