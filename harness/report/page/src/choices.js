/**
 * What the reader has chosen, kept in the URL's fragment, so that a link shows what its sender saw:
 * "#hide=libuv&against=epoll". An anchor ("#method") is no choice, and leaves them as they are.
 */
export class Choices {
  #values = new URLSearchParams();
  #listeners = [];

  constructor() {
    this.#read();
    addEventListener("hashchange", () => {
      if (!this.#read()) return;
      for (const listener of this.#listeners) listener();
    });
  }

  #read() {
    const text = location.hash.slice(1);
    if (text !== "" && !text.includes("=")) return false;
    this.#values = new URLSearchParams(text);
    return true;
  }

  /** @returns {string | null} null where nothing was chosen */
  get(name) {
    return this.#values.get(name);
  }

  all(name) {
    return this.#values.getAll(name);
  }

  /** @param {string | string[] | null} value null or no values: the default */
  set(name, value) {
    this.#values.delete(name);
    for (const each of [value ?? []].flat()) this.#values.append(name, each);
    const text = this.#values.toString();
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
  }

  /** Tells when a link or the address bar has chosen otherwise. */
  onChange(listener) {
    this.#listeners.push(listener);
  }
}
