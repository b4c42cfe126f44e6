/**
 * Draws what can be seen: thousands of charts cost nothing until the reader comes near them. A
 * drawing that has become stale (a strategy was toggled, its room changed) is redrawn in the same
 * way, and everything that is not folded away is drawn before printing.
 */
export class Lazy {
  #items = new Map();
  #observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting, boundingClientRect } of entries) {
      const item = this.#items.get(target);
      item.near = isIntersecting;
      if (!item.drawn) item.reserve(boundingClientRect.width);
      this.#update(item);
    }
  }, { rootMargin: "300px" });
  #resized = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const item = this.#items.get(target);
      if (item.drawn && target.clientWidth !== item.width && target.clientWidth > 0) {
        item.drawn = false;
        this.#update(item);
      }
    }
  });

  constructor() {
    addEventListener("beforeprint", () => this.drawAll());
  }

  /**
   * @param {(width: number) => void} reserve is called with the element's width before it is drawn,
   *   to take the room that it will need: nothing may move under the reader's pointer
   * @param {(width: number) => void} draw is called with the element's width, again when stale
   */
  add(element, reserve, draw) {
    this.#items.set(element, { element, reserve, draw, near: false, drawn: false, width: 0 });
    this.#observer.observe(element);
    this.#resized.observe(element);
  }

  /** All drawings are out of date. */
  stale() {
    for (const item of this.#items.values()) {
      item.drawn = false;
      this.#update(item);
    }
  }

  drawAll() {
    for (const item of this.#items.values()) {
      if (item.element.clientWidth > 0) this.#update(item, true);
    }
  }

  #update(item, asked = false) {
    if (item.drawn || !(item.near || asked)) return;
    item.width = item.element.clientWidth;
    if (item.width === 0) return;
    item.drawn = true;
    item.draw(item.width);
  }
}
