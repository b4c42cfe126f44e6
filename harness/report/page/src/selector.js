/** A labelled list to choose from, whose choice is kept in the page's URL. */
import { html } from "./dom.js";

/**
 * @param {import("./choices.js").Choices} choices
 * @param {{name: string, key: string, options: [string, string][], preset: string}} of `options` are values
 *   with their texts; `preset` is the one without a choice
 * @param {(value: string) => void} choose is called when the choice has changed
 * @returns {{element: HTMLLabelElement, value: string}}
 */
export function selector(choices, { name, key, options, preset }, choose) {
  const select = html("select", { "aria-label": name }, options.map(([value, text]) => html("option", { value }, text)));
  const chosen = () => options.map(([value]) => value).find((value) => value === choices.get(key)) ?? preset;
  select.value = chosen();
  select.addEventListener("change", () => {
    choices.set(key, select.value === preset ? null : select.value);
    choose(select.value);
  });
  choices.onChange(() => {
    if (select.value === chosen()) return;
    select.value = chosen();
    choose(select.value);
  });
  return { element: html("label", {}, `${name} `, select), get value() { return select.value; } };
}
