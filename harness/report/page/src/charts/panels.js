/** Small multiples: several drawings of one chart in a grid, as one SVG. */
import { svg } from "../dom.js";

const kHead = 20;

/**
 * @param {number} width of the whole
 * @param {{columns: number, gap: number, height: number, left?: number, inset: number}} grid `height` is a
 *   panel's; `left` is extra room that each row's first panel takes, for names; drawings begin `inset` from their left
 * @param {{title: string, fill?: string, draw: (width: number, first: boolean) => import("../drawing.js").Drawing}[]} panels
 * @returns {import("../drawing.js").Drawing}
 */
export function panels(width, { columns, gap, height, left = 0, inset }, list, nearest) {
  const room = (width - left - gap * (columns - 1)) / columns;
  const rows = Math.ceil(list.length / columns);
  const total = rows * (height + kHead + 8);
  const node = svg("svg", { class: "plot", width, height: total, viewBox: `0 0 ${width} ${total}` });
  const stops = list.flatMap(({ title, fill = "var(--ink)", draw }, index) => {
    const column = index % columns;
    const x = column * (room + gap) + (column > 0 ? left : 0);
    const y = Math.floor(index / columns) * (height + kHead + 8) + kHead;
    const drawing = draw(column > 0 ? room : room + left, column === 0);
    drawing.node.setAttribute("x", x);
    drawing.node.setAttribute("y", y);
    node.append(
      svg("text", { class: "panel", x: x + (column > 0 ? inset : left || inset), y: y - 6, fill }, title), drawing.node);
    return drawing.stops.map((stop) => ({
      ...stop,
      x: x + stop.x,
      y: y + stop.y,
      lines: stop.lines.map((line) => ({
        ...line, x: line.x === undefined ? undefined : x + line.x, y: line.y === undefined ? undefined : y + line.y,
      })),
    }));
  });
  return { node, stops, nearest };
}

export const panelsHeight = (count, columns, height) => Math.ceil(count / columns) * (height + kHead + 8);
