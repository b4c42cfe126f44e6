/** Data as `asyncbench report` writes it (harness/report/page/README.md), made up. */

const kFamilies = {
  thread_per_request: "thread per request", thread_per_connection: "long-lived threads", thread_pool: "long-lived threads",
  asio_coro: "readiness loops", asio_uring: "io_uring", epoll: "readiness loops", uring: "io_uring", libuv: "readiness loops",
  libevent: "readiness loops", asio: "readiness loops", curl_multi: "libcurl", curl_threads: "libcurl", "uring:oneshot": "io_uring",
};
const kNames = Object.keys(kFamilies).filter((name) => name !== "asio");

/** The same "random" numbers each time. */
export function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

const estimateOf = (median, spread = 0.03, more = {}) => ({
  median, low: median * (1 - spread), high: median * (1 + spread * 0.8),
  interval: "sign_95", trials: 6, ...more,
});

const kBlocks = [0, 1, 2, 3, 4, 5];
const kShares = [0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999];

/** A measured cell with everything that can be drawn. */
export function cell({ workload, strategy, parameters, throughput, latency, random, openLoop = false }) {
  const name = openLoop ? "response_time" : "service_time";
  const cpu = 9e8 / throughput;
  const spread = 0.02 + random() * 0.03;
  return {
    id: [workload, `strategy:${strategy}`, ...Object.entries(parameters).map(([k, v]) => `${k}:${v}`)].join("/"),
    strategy, status: "measured", reason: null, notes: [],
    summary: {
      throughput_per_s: estimateOf(throughput, spread),
      cpu_per_request_ns: estimateOf(cpu, spread),
      cpu_per_request_total_ns: estimateOf(cpu * 1.9, spread),
      [`${name}_p50_ns`]: estimateOf(latency, spread),
      [`${name}_p99_ns`]: estimateOf(latency * (3 + random() * 9), spread * 3),
      context_switches_per_request: estimateOf(0.01 + random(), spread),
      syscalls_per_request: estimateOf(0.1 + 4 * random(), 0, { interval: "single", trials: 1 }),
      ...(workload === "serve" ? { memory_per_connection_bytes: estimateOf(2000 + 60000 * random(), 0.01) } : {}),
      ...(workload === "interference" ? { heartbeat_lag_p99_ns: estimateOf(latency * (1 + random()), spread) } : {}),
      ...(workload === "gather" ? { amplification_p99: estimateOf(1 + random(), spread) } : {}),
    },
    percentiles: {
      count: Math.round(throughput * 4),
      points: kShares.map((share) => [share, Math.round(latency * (0.3 + Math.exp(1.1 * -Math.log10(1 - share) * (0.7 + 0.05 * random()))))]),
    },
    heat: {
      block: 3, slice_ns: 200000000,
      slices: Array.from({ length: 15 }, (_, slice) => Array.from({ length: 24 }, (_, bin) => {
        const from = latency * 0.3 * 1.25 ** bin;
        const late = slice === 7 && strategy === "epoll" ? 8 : 0;
        const requests = Math.round(throughput * 0.2 * 0.3 * Math.exp(-((bin - 6 - late) ** 2) / 4) + random() * 1.4);
        return [Math.round(from), Math.round(from * 1.25), requests];
      }).filter(([, , requests]) => requests > 0)),
    },
    trials: {
      block: kBlocks, order: kBlocks.map((block) => block * 108 + Math.floor(random() * 108)),
      valid: kBlocks.map(() => random() > 0.03),
      throughput_per_s: kBlocks.map(() => throughput * (1 + (random() - 0.5) * spread * 2)),
      cpu_per_request_ns: kBlocks.map(() => cpu * (1 + (random() - 0.5) * spread * 2)),
      p99_ns: kBlocks.map(() => latency * 6 * (1 + (random() - 0.5) * 0.3)),
    },
  };
}

const unsupported = (workload, strategy, reason) => ({
  id: `${workload}/strategy:${strategy}`, strategy, status: "unsupported", reason, notes: [],
  summary: null, percentiles: null, heat: null, trials: null,
});

const kCompared = ["throughput_per_s", "cpu_per_request_ns", "service_time_p99_ns"];

/** The contrasts of a group's cells with each of them, as C++ makes them: ratios in the worse direction. */
function against(cells, compared) {
  const measured = cells.filter(({ status }) => status === "measured");
  const worse = (reference, cell, name) => {
    const [a, b] = [reference, cell].map(({ summary }) => summary?.[name]?.median);
    if (!a || !b) return null;
    const ratio = name === "throughput_per_s" ? a / b : b / a;
    const decision = ratio > 1.1 ? "worse" : ratio > 1.03 ? "slightly worse" : ratio < 1 / 1.03 ? "better" : "alike";
    return [ratio, ratio * 0.95, ratio * 1.06, decision];
  };
  return Object.fromEntries(measured.map((reference) => {
    const rows = measured.map((cell) => ({
      name: cell.strategy, kind: "strategy", ratios: compared.map((name) => worse(reference, cell, name)),
    })).sort((a, b) => a.ratios[0]?.[0] - b.ratios[0]?.[0]);
    const behind = rows.findIndex(({ ratios }) => ratios[0]?.[3].endsWith("worse"));
    if (behind >= 0) rows[behind].section = "Behind";
    const families = new Map();
    for (const row of rows) {
      const { family } = asStrategy(row.name);
      if (!families.has(family)) families.set(family, { name: family, kind: "family", strategy: row.name, ratios: row.ratios });
    }
    const first = [...families.values()];
    if (rows[0] && rows[0].section === undefined) rows[0].section = "Strategies";
    if (first[0]) first[0].section = "Families";
    return [reference.strategy, { noise: compared.map(() => [0.99, 1.02]), rows: [...first, ...rows] }];
  }));
}

function group(name, workload, parameters, cells, more = {}) {
  const compared = more.open_loop ? ["response_time_p99_ns", "cpu_per_request_ns"] : kCompared;
  return {
    name, parameters, open_loop: false, offered_per_s: null, rank_by: "throughput_per_s",
    latency: "service_time", compared, against: against(cells, compared), cells, ...more,
  };
}

const figureRow = (name, title, unit, own = false, higher_is_better = false) =>
  ({ name, title, unit, higher_is_better, own });

const kFigures = [
  figureRow("throughput_per_s", "throughput", "requests_per_s", false, true),
  figureRow("cpu_per_request_ns", "CPU/request", "cpu_time"),
  figureRow("context_switches_per_request", "context switches", "per_request"),
  figureRow("syscalls_per_request", "system calls", "per_request"),
  figureRow("amplification_p99", "amplification p99", "ratio", true),
  figureRow("heartbeat_lag_p99_ns", "heartbeat lag p99", "time", true),
  figureRow("memory_per_connection_bytes", "memory per connection", "bytes", true),
];

/** As the data has a strategy. */
export const asStrategy = (name) => ({ name, family: Object.hasOwn(kFamilies, name) ? kFamilies[name] : name });

const report = (strategies, results) => ({
  schema: { name: "asyncbench-report", major: 1, minor: 0 },
  strategies: strategies.map(asStrategy),
  figures: kFigures, against: "thread_per_connection", margin: 0.03,
  results: results.map((workloads, index) => ({
    label: `standard, 2026-11-2${5 + index} 14:12 UTC`, run: {}, environment: {}, plan: {}, workloads,
  })),
});

/** Nine workloads under twelve strategies, one point each: the standard suite. */
export function standard() {
  const random = randomFrom(1);
  const units = {
    fetch: "requests", serve: "requests", echo: "messages", gather: "gathers", scrape: "documents",
    "file-read": "blocks", "file-write": "blocks", timers: "timers", interference: "requests",
  };
  return report(kNames, [Object.entries(units).map(([name, unit], index) => {
    const parameters = { connections: 64 };
    const cells = kNames.map((strategy, rank) => {
      if (name === "timers" && strategy.startsWith("curl")) {
        return unsupported(name, strategy, "does not offer what the workload needs: sleep");
      }
      const throughput = (200000 / (1 + index)) * (0.3 + 0.06 * rank + 0.3 * random());
      return cell({ workload: name, strategy, parameters, throughput, latency: 6.4e10 / throughput, random });
    });
    const paced = name === "timers";
    return {
      name, unit, sweeps: [],
      groups: [group(name, name, parameters, cells, paced ? { rank_by: "cpu_per_request_ns" } : {})],
    };
  })]);
}

/** A sweep of connections in closed loop and one of the rate in open loop. */
export function sweeps() {
  const random = randomFrom(2);
  const names = kNames.slice(3, 9);
  const values = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
  const closed = values.map((connections) => group(`fetch/connections:${connections}`, "fetch", { connections },
    names.map((strategy, rank) => {
      const lambda = 5000 + 1200 * rank;
      const n = connections;
      const throughput = (lambda * n) / (1 + 0.03 * (n - 1) + (rank === 0 ? 4e-5 : 1e-6) * n * (n - 1));
      return cell({ workload: "fetch", strategy, parameters: { connections }, throughput, latency: (n / throughput) * 1e9, random });
    })));
  const rates = [10000, 20000, 40000, 60000, 80000];
  const open = rates.map((rate) => group(`serve/rate:${rate}`, "serve", { rate },
    names.map((strategy, rank) => {
      const limit = 50000 + 9000 * rank;
      const throughput = Math.min(rate, limit);
      const latency = 2e5 / Math.max(0.03, 1 - rate / limit);
      return cell({ workload: "serve", strategy, parameters: { rate }, throughput, latency, random, openLoop: true });
    }), { open_loop: true, offered_per_s: rate, latency: "response_time" }));
  return report(names, [[
    {
      name: "fetch", unit: "requests", groups: closed,
      sweeps: [{
        parameter: "connections", unit: "", name: "fetch", points: values.map((value, at) => ({ value, group: at })),
        knees: names.map((strategy, rank) => ({ strategy, at: 23.5 + 40 * rank, peak: null })),
      }],
    },
    {
      name: "serve", unit: "requests", groups: open,
      sweeps: [{
        parameter: "rate", unit: "", name: "serve", points: rates.map((value, at) => ({ value, group: at })), knees: [],
      }],
    },
  ]]);
}

/** Three strategies that took turns: epoll with its twin, asio, and uring, which lives in two regimes. */
export function turns() {
  const random = randomFrom(5);
  const names = ["epoll", "asio", "uring"];
  const noise = (spread) => 1 + (random() - 0.5) * spread;
  const speed = kBlocks.map(() => Array.from({ length: 10 }, () => noise(0.4)));
  const rounds = (factor) => kBlocks.map((block) => speed[block].map((common) => 10000 * common * factor() * noise(0.03)));
  const factors = { epoll: () => 1, asio: () => 1.1, uring: () => (random() < 0.5 ? 0.78 : 0.95) };
  const cells = names.map((strategy) => {
    const made = cell({ workload: "serve", strategy, parameters: { connections: 64 }, throughput: 1e5, latency: 1e6, random });
    return {
      ...made,
      trials: { ...made.trials, valid: kBlocks.map(() => true), rounds: rounds(factors[strategy]) },
      twin: strategy === "epoll" ? { rounds: rounds(factors.epoll).map((list, block) => [block, list]) } : null,
    };
  });
  const data = report(names, [[{ name: "serve", unit: "requests", sweeps: [], groups: [group("serve", "serve", { connections: 64 }, cells)] }]]);
  return { ...data, against: "epoll" };
}

export const kHostile = [
  "</script><script>document.title='broken'</script>",
  "<img src=x onerror=\"document.title='broken'\">",
  "\u001b[31mred\u0007\u202Ereversed\u0000",
  "__proto__", "a\"b'c&amp;d{{script}}$&", "x".repeat(300),
];

/** Names that want to be markup, and figures that are missing in every way. */
export function hostile() {
  const random = randomFrom(3);
  const evil = kHostile[0];
  const make = (strategy, more) => ({
    ...cell({ workload: evil, strategy, parameters: { connections: 4 }, throughput: 1000 + 100 * random(), latency: 1e6, random }),
    ...more,
  });
  const cells = kHostile.map((name) => make(name, {}));
  const empty = { throughput_per_s: null };
  const bare = [
    make(kHostile[1], { summary: null, percentiles: null, heat: null, trials: {} }),
    make(kHostile[2], { summary: empty, percentiles: { count: 0, points: [] }, heat: { block: 0, slice_ns: 1, slices: [] } }),
    make(kHostile[3], { status: "failed", reason: kHostile[0], summary: null, percentiles: null, heat: null }),
    make(kHostile[4], { summary: { ...empty, throughput_per_s: estimateOf(0, 0) }, percentiles: { count: 1, points: [[0, 0], [1, 5]] } }),
  ];
  return report(kHostile, [[
    { name: evil, unit: kHostile[1], sweeps: [], groups: [group(`${evil}/${kHostile[2]}:1`, evil, {}, cells)] },
    {
      name: "bare", unit: "requests", groups: [group("bare", "bare", {}, bare), group("bare/none:1", "bare", {}, [])],
      sweeps: [{
        parameter: "connections", unit: "", name: "bare", knees: [{ strategy: kHostile[1], at: null, peak: null }],
        points: [{ value: 0, group: 0 }, { value: 5, group: 1 }, { value: 9, group: 77 }],
      }],
    },
    { name: "nothing", unit: "requests", sweeps: [], groups: [] },
  ]]);
}

/** A search that asked for everything: this many cells. */
export function thousands(count = 4000) {
  const random = randomFrom(4);
  const workloads = Array.from({ length: 20 }, (_, index) => {
    const name = `work-${index}`;
    const groups = Array.from({ length: Math.ceil(count / 20 / 10) }, (_, point) => {
      const parameters = { body_bytes: 2 ** (point % 20), mode: `m${point}` };
      return group(`${name}/body_bytes:${parameters.body_bytes}/mode:m${point}`, name, parameters,
        kNames.slice(0, 10).map((strategy) =>
          cell({ workload: name, strategy, parameters, throughput: 1e4 * (1 + random()), latency: 1e6, random })));
    });
    return { name, unit: "requests", sweeps: [], groups };
  });
  return report(kNames.slice(0, 10), [workloads]);
}

export const empty = () => report([], [[]]);

/** Two results side by side. */
export function pair() {
  const one = sweeps();
  const two = standard();
  return report(kNames, [one.results[0].workloads, two.results[0].workloads]);
}
