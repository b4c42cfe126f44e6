/** The keys of all charts: one button a strategy shows or hides it everywhere. */
import { html, swatch } from "./dom.js";

/** @param {HTMLElement} place @param {import("./strategies.js").Strategies} strategies */
export function legend(place, strategies) {
  const { names } = strategies;
  if (names.length === 0) return;
  const keys = names.map((name) => html("button", {
    type: "button", class: "key", "aria-pressed": "true", onclick: () => strategies.toggle(name),
  }, swatch(strategies.look(name)), html("span", {}, name)));
  const all = html("button", { type: "button", class: "plain", onclick: () => strategies.show(names) }, "all");
  const none = html("button", { type: "button", class: "plain", onclick: () => strategies.show([]) }, "none");
  place.setAttribute("role", "group");
  place.setAttribute("aria-label", "Strategies shown in the charts");
  place.append(...keys, all, none);
  strategies.onChange(() => keys.forEach((key, index) =>
    key.setAttribute("aria-pressed", String(strategies.shown(names[index])))));
}
