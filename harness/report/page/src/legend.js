/** The keys of all charts: one button a strategy shows or hides it everywhere. */
import { html, swatch } from "./dom.js";

const kChoice = "hide";

/**
 * @param {HTMLElement} place
 * @param {{strategies: import("./strategies.js").Strategies, choices: import("./choices.js").Choices}} page
 */
export function legend(place, { strategies, choices }) {
  const { names } = strategies;
  if (names.length === 0) return;
  const hide = (hidden) => {
    strategies.hide(hidden);
    choices.set(kChoice, strategies.hidden);
  };
  const keys = names.map((name) => html("button", {
    type: "button", class: "key", "aria-pressed": "true",
    onclick: () => hide(names.filter((each) => strategies.shown(each) === (each === name))),
  }, swatch(strategies.look(name)), html("span", {}, name)));
  const all = html("button", { type: "button", class: "plain", onclick: () => hide([]) }, "all");
  const none = html("button", { type: "button", class: "plain", onclick: () => hide(names) }, "none");
  place.setAttribute("role", "group");
  place.setAttribute("aria-label", "Strategies shown in the charts");
  place.append(...keys, all, none);
  strategies.onChange(() => keys.forEach((key, index) =>
    key.setAttribute("aria-pressed", String(strategies.shown(names[index])))));
  const follow = () => strategies.hide(choices.all(kChoice));
  follow();
  choices.onChange(follow);
}
