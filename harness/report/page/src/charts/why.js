/** Why one strategy beats another: flame graphs, what differs between two, the slowest requests. */
import { card } from "../card.js";
import { fold, html } from "../dom.js";
import { titleOf } from "../model.js";
import { selector } from "../selector.js";
import { aligned, readTree } from "./call_tree.js";
import { differenceFlame, Search, strategyFlame } from "./flame.js";
import { longest, tailChart } from "./tail.js";

/** How many groups with profiles stand open. */
const kOpen = 3;

export function fillWhy(result, page) {
  const blocks = result.workloads.flatMap((workload) => workload.groups.map((group) => ({ workload, group })))
    .map(({ workload, group }) => ({ title: titleOf(workload, group), profiles: profilesOf(group) }))
    .filter(({ profiles }) => profiles.some(({ on, off, tail }) => on || off || tail));
  return blocks.flatMap(({ title, profiles }, index) => (index < kOpen
    ? block(title, profiles, page)
    : [fold(`${title}: flame graphs and slowest requests`, () => html("div", {}, block(title, profiles, page)))]));
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
  if (on.length || off.length) parts.push(searchBox(title, on, search, page));
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

function searchBox(title, profiles, search, { choices }) {
  const key = `find ${title}`;
  const found = html("output", {});
  const input = html("input", { type: "search", autocomplete: "off", spellcheck: "false" });
  const find = () => {
    search.text = input.value;
    found.textContent = search.active
      ? profiles.map(({ strategy, on }) => `${strategy}: ${search.share(on)}`).join("; ")
      : "";
  };
  const follow = () => {
    input.value = choices.get(key) ?? "";
    find();
  };
  input.addEventListener("input", () => {
    choices.set(key, input.value || null);
    find();
  });
  follow();
  choices.onChange(follow);
  return html("div", { class: "search" }, html("label", {}, `Find functions of ${title} `, input), found);
}

/** Two of the strategies and how their stacks are put side by side. */
function difference(title, profiles, search, page) {
  let changed = () => {};
  const chooser = (name, options, preset) => selector(page.choices, { name, key: `${name} ${title}`, options, preset }, () => changed());
  const names = profiles.map(({ strategy }) => [strategy, strategy]);
  const choosers = {
    first: chooser("first", names, profiles[0].strategy),
    second: chooser("second", names, profiles[1].strategy),
    by: chooser("by", [["shared", "shared functions, the kernel's apart"], ["whole", "whole stacks"]], "shared"),
  };
  const profile = (which) => profiles.find(({ strategy }) => strategy === choosers[which].value);
  const side = (which, other) => ({
    name: profile(which).strategy,
    root: choosers.by.value === "whole" ? profile(which).on : aligned(profile(which).on, profile(other).on),
  });
  const both = () => ({ first: side("first", "second"), second: side("second", "first") });
  let pair = both();
  return drawnFor(() => [pair.first.name, pair.second.name], page, differenceFlame({
    title: `${title}: the difference of two`, search,
    pair: () => pair,
    choose(redraw) {
      changed = () => {
        pair = both();
        redraw();
      };
      return Object.values(choosers).map(({ element }) => element);
    },
  }));
}
