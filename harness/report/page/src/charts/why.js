/** Why one strategy beats another: flame graphs, what differs between two, the slowest requests. */
import { card } from "../card.js";
import { fold, html } from "../dom.js";
import { titleOf } from "../model.js";
import { aligned, readTree } from "./call_tree.js";
import { differenceFlame, Search, strategyFlame } from "./flame.js";
import { longest, tailChart } from "./tail.js";

/** How many groups with profiles stand open. */
const kOpen = 3;

export function fillWhy(place, result, page) {
  const blocks = result.workloads.flatMap((workload) => workload.groups.map((group) => ({ workload, group })))
    .map(({ workload, group }) => ({ title: titleOf(workload, group), profiles: profilesOf(group) }))
    .filter(({ profiles }) => profiles.some(({ on, off, tail }) => on || off || tail));
  if (blocks.length === 0) {
    place.append(html("p", { class: "note" }, "No call stacks and no slow requests were recorded that could be drawn here."));
  }
  blocks.forEach(({ title, profiles }, index) => {
    if (index < kOpen) place.append(...block(title, profiles, page));
    else place.append(fold(`${title}: flame graphs and slowest requests`, () => html("div", {}, block(title, profiles, page))));
  });
}

/** The cells with profiles, the least CPU first. */
function profilesOf(group) {
  const cpu = ({ on }) => on?.all ?? Infinity;
  return group.cells.filter((cell) => cell.status === "measured" && cell.profile)
    .map(({ strategy, profile }) => ({
      strategy, on: readTree(profile.on_cpu), off: readTree(profile.off_cpu),
      tail: profile.tail?.slowest?.length > 0 ? profile.tail : null,
    }))
    .sort((a, b) => (cpu(a) < cpu(b) ? -1 : cpu(a) > cpu(b) ? 1 : 0));
}

function block(title, profiles, page) {
  const search = new Search();
  const on = profiles.filter((profile) => profile.on);
  const off = profiles.filter((profile) => profile.off);
  const tails = profiles.filter((profile) => profile.tail);
  const flames = (list, part, name, what) => list.map((profile) => ofStrategy(profile, page, strategyFlame({
    title: `${title}: ${profile.strategy} ${name}`, what, root: profile[part], search,
    widest: () => most(list, page, ({ [part]: root }) => root.all),
  })));
  const parts = [];
  if (on.length || off.length) parts.push(searchBox(title, on, search));
  if (on.length) {
    parts.push(html("div", { class: "grid" }, flames(on, "on", "on the CPU", "samples of the CPU"),
      on.length > 1 ? card(difference(title, on, search, page), page) : null));
  }
  if (off.length) {
    parts.push(fold(`${title}: what threads wait for, ${off.length} flame graph${off.length === 1 ? "" : "s"}`, () =>
      html("div", { class: "grid" }, flames(off, "off", "off the CPU", "all threads' time asleep"))));
  }
  if (tails.length) {
    const all = () => most(tails, page, ({ tail }) => longest(tail));
    parts.push(html("div", { class: "grid" }, tails.map((profile) => ofStrategy(profile, page, tailChart({
      title: `${title}: ${profile.strategy}, slowest requests`, tail: profile.tail,
      widest: all,
    })))));
  }
  return parts;
}

/** The most among the strategies that are shown: they share a scale. */
function most(profiles, { strategies }, figure) {
  return Math.max(...profiles.filter(({ strategy }) => strategies.shown(strategy)).map(figure));
}

/** A chart that is not drawn where none of these strategies is shown. */
const drawnFor = (names, { strategies }, chart) => ({
  ...chart, draw: (width) => (names().some((name) => strategies.shown(name)) ? chart.draw(width) : null),
});

/** A card that goes with its strategy. */
function ofStrategy({ strategy }, page, chart) {
  const element = card(drawnFor(() => [strategy], page, chart), page);
  const follow = () => { element.hidden = !page.strategies.shown(strategy); };
  follow();
  page.strategies.onChange(follow);
  return element;
}

function searchBox(title, profiles, search) {
  const found = html("output", {});
  const input = html("input", { type: "search", autocomplete: "off", spellcheck: "false" });
  input.addEventListener("input", () => {
    search.text = input.value;
    found.textContent = search.active
      ? profiles.map(({ strategy, on }) => `${strategy}: ${search.share(on)}`).join("; ")
      : "";
  });
  return html("div", { class: "search" }, html("label", {}, `Find functions of ${title} `, input), found);
}

/** Two of the strategies and how their stacks are put side by side. */
function difference(title, profiles, search, page) {
  let [first, second] = profiles;
  let whole = false;
  const side = (profile, other) => ({ name: profile.strategy, root: whole ? profile.on : aligned(profile.on, other.on) });
  const both = () => ({ first: side(first, second), second: side(second, first) });
  let pair = both();
  const options = (chosen) => profiles.map((profile, index) =>
    html("option", { value: index, selected: profile === chosen ? "" : null }, profile.strategy));
  const select = (name, content, choose) => {
    const element = html("select", { "aria-label": name }, content);
    element.addEventListener("change", () => choose(element.value));
    return html("label", {}, `${name} `, element);
  };
  return drawnFor(() => [first.strategy, second.strategy], page, differenceFlame({
    title: `${title}: the difference of two`, search,
    pair: () => pair,
    choose: (redraw) => {
      const changed = () => {
        pair = both();
        redraw();
      };
      return [
        select("first", options(first), (value) => { first = profiles[value]; changed(); }),
        select("second", options(second), (value) => { second = profiles[value]; changed(); }),
        select("by", [
          html("option", { value: "shared" }, "shared functions, the kernel's apart"),
          html("option", { value: "whole" }, "whole stacks"),
        ], (value) => { whole = value === "whole"; changed(); }),
      ];
    },
  }));
}
