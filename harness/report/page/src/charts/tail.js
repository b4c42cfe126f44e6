/** The slowest requests, each as a bar of what its time went into. */
import * as Plot from "@observablehq/plot";
import { keys, plot } from "../drawing.js";
import { duration, number, tick } from "../format.js";
import { widestFor } from "./flame.js";

const kRow = 22;
const kBottom = 26;
const kTop = 20;

const kActivities = {
  own_code: "own task's code",
  other_tasks: "other tasks' code",
  loop: "loop and kernel",
  run_queue: "waiting for a CPU",
  peer: "waiting for peer",
  threads: "waiting for thread",
  storage: "waiting for storage",
  unknown: "not recorded",
};

const activity = (name) => ({
  name: Object.hasOwn(kActivities, name) ? kActivities[name] : name,
  fill: `var(--a-${Object.hasOwn(kActivities, name) ? name : "unknown"})`,
});

/** What of a request goes into each, by its place in the list of names. */
const parts = (names, values) => names.map((name, index) => ({ name, ns: values?.[index] ?? 0 }));

/** The longest that is drawn of a tail. */
export const longest = (tail) => Math.max(tail.p99_9_ns ?? 0, ...tail.slowest.map(({ latency_ns: ns }) => ns));

/**
 * @param {{title: string, tail: object, widest: () => number}} of `widest` is the longest latency of all
 *   strategies, at the right unless nothing could be seen then
 */
export function tailChart({ title, tail, widest }) {
  const { activities, phases, slowest, p99_9_ns: p999 } = tail;
  const drawn = activities.filter((_, index) => slowest.some((request) => request.activities_ns[index] > 0));
  const percent = (ns, request) => `${number((100 * ns) / request.latency_ns)}%`;
  const lines = (names, values, request, about) => parts(names, values).filter(({ ns }) => ns > 0)
    .map(({ name, ns }) => ({ ...about(name), text: `${duration(ns)}, ${percent(ns, request)}` }));
  return {
    title,
    subtitle: `the ${slowest.length} slowest requests of a trial, each by what its time went into`,
    says: `The slowest took ${duration(slowest[0].latency_ns)}; p99.9 is ${duration(p999)}.`,
    height: () => slowest.length * kRow + kTop + kBottom + 40,
    draw(width) {
      const scale = widestFor(longest(tail), widest());
      const key = keys([
        ...drawn.map(activity), ...(scale < widest() ? [{ name: `on a scale of its own: too short beside ${duration(widest())}` }] : []),
      ], width);
      const height = slowest.length * kRow + kTop + kBottom;
      const bars = slowest.flatMap((request, index) => {
        let from = 0;
        return parts(activities, request.activities_ns).filter(({ ns }) => ns > 0).map(({ name, ns }) => {
          from += ns;
          return { index, from: from - ns, to: from, ...activity(name) };
        });
      });
      const chart = plot({
        width, height, marginLeft: 26, marginRight: 56, marginTop: kTop, marginBottom: kBottom,
        x: {
          domain: [0, scale], ticks: Math.max(2, Math.floor((width - 90) / 80)), tickFormat: tick(duration),
          label: null, grid: true, tickSize: 0,
        },
        y: { domain: slowest.map((_, index) => index), axis: null, padding: 0.25 },
        marks: [
          Plot.barX(bars, { y: "index", x1: "from", x2: "to", fill: "fill" }),
          Plot.text(slowest, { y: (_, index) => index, frameAnchor: "left", dx: -6, textAnchor: "end", text: (_, index) => `${index + 1}` }),
          Plot.text(slowest, {
            y: (_, index) => index, x: "latency_ns", dx: 6, textAnchor: "start", className: "figure",
            text: ({ latency_ns: ns }) => duration(ns),
          }),
          p999 > 0 ? Plot.ruleX([p999], { className: "limit" }) : null,
          p999 > 0
            ? Plot.text([p999], { x: (ns) => ns, frameAnchor: "top", dy: -12, text: () => `p99.9 ${duration(p999)}`, textAnchor: p999 > scale / 2 ? "end" : "start" })
            : null,
        ],
      });
      const y = chart.scale("y");
      chart.setAttribute("y", key.height);
      const node = document.createElementNS(chart.namespaceURI, "svg");
      const whole = height + key.height;
      for (const [name, value] of Object.entries({ class: "plot", width, height: whole, viewBox: `0 0 ${width} ${whole}` })) {
        node.setAttribute(name, value);
      }
      node.append(key.node, chart);
      return {
        node,
        nearest: "y",
        stops: slowest.map((request, index) => ({
          x: 26, y: key.height + y.apply(index) + y.bandwidth / 2,
          heading: `number ${index + 1}: ${duration(request.latency_ns)}`,
          lines: [
            ...lines(activities, request.activities_ns, request, activity),
            ...lines(phases, request.phases_ns, request, (name) => ({ name: `while ${name}` })),
          ],
        })),
      };
    },
    table: () => ({
      columns: ["number", "latency, ns", ...activities.map((name) => `${activity(name).name}, ns`), ...phases.map((name) => `while ${name}, ns`)],
      rows: slowest.map((request, index) => [
        index + 1, request.latency_ns,
        ...parts(activities, request.activities_ns).map(({ ns }) => ns), ...parts(phases, request.phases_ns).map(({ ns }) => ns),
      ]),
    }),
  };
}
