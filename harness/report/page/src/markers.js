/** The shapes that mark strategies, all of about the same area, as Plot's symbols. */
import { path } from "d3-path";

const polygons = (...rings) => (context, r) => {
  for (const ring of rings) {
    ring.forEach(([x, y], index) => (index ? context.lineTo(x * r, y * r) : context.moveTo(x * r, y * r)));
    context.closePath();
  }
};

const scaled = (ring, scale) => ring.map(([x, y]) => [x * scale, y * scale]);
/** The same outline, smaller and the other way around. */
const hole = (ring, scale) => scaled(ring, scale).reverse();
const turned = (ring) => ring.map(([x, y]) => [(x - y) * Math.SQRT1_2, (x + y) * Math.SQRT1_2]);

const kArm = 0.38;
const kReach = 1.2;
const cross = [
  [-kArm, -kReach], [kArm, -kReach], [kArm, -kArm], [kReach, -kArm], [kReach, kArm], [kArm, kArm],
  [kArm, kReach], [-kArm, kReach], [-kArm, kArm], [-kReach, kArm], [-kReach, -kArm], [-kArm, -kArm],
];
const diamond = [[0, -1.35], [1.1, 0], [0, 1.35], [-1.1, 0]];
const triangle = [[0, -1.2], [1.25, 0.95], [-1.25, 0.95]];
const star = Array.from({ length: 10 }, (_, index) => {
  const angle = (index * Math.PI) / 5 - Math.PI / 2;
  const r = index % 2 ? 0.62 : 1.45;
  return [r * Math.cos(angle), r * Math.sin(angle)];
});

const pentagon = Array.from({ length: 5 }, (_, index) => {
  const angle = (index * 2 * Math.PI) / 5 - Math.PI / 2;
  return [1.15 * Math.cos(angle), 1.15 * Math.sin(angle)];
});

/** How each is drawn around 0, 0 for a radius. */
const kDraw = {
  circle: (context, r) => context.arc(0, 0, r, 0, 2 * Math.PI),
  square: polygons([[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]]),
  diamond: polygons(diamond),
  triangle: polygons(triangle),
  times: polygons(turned(cross)),
  ring(context, r) {
    context.arc(0, 0, r * 1.2, 0, 2 * Math.PI);
    context.moveTo(r * 0.55, 0);
    context.arc(0, 0, r * 0.55, 0, 2 * Math.PI, true);
  },
  plus: polygons(cross),
  frame: polygons(scaled(diamond, 1.15), hole(diamond, 0.52)),
  triangle_down: polygons(triangle.map(([x, y]) => [x, -y])),
  half(context, r) {
    context.moveTo(-r * 0.6, -r * 1.3);
    context.arc(-r * 0.6, 0, r * 1.3, -Math.PI / 2, Math.PI / 2);
    context.closePath();
  },
  star: polygons(star),
  hourglass: polygons([[-1.15, -1.15], [1.15, -1.15], [-1.15, 1.15], [1.15, 1.15]]),
  bow: polygons([[-1.15, -1.15], [-1.15, 1.15], [1.15, -1.15], [1.15, 1.15]]),
  pentagon: polygons(pentagon),
};

export const kMarkers = Object.keys(kDraw);

/** Plot's symbols know an area. */
const kSymbols = Object.fromEntries(Object.entries(kDraw).map(([name, draw]) =>
  [name, { draw: (context, area) => draw(context, Math.sqrt(area / Math.PI)) }]));

export const marker = (name) => kSymbols[name];

/** A marker of that radius as an SVG path. */
export function markerPath(symbol, r) {
  const d = path();
  symbol.draw(d, Math.PI * r * r);
  return d.toString();
}
