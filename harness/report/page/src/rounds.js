/** Turns, round by round: their ratios, and whether these fall into two groups. */
import { trialsOf } from "./model.js";

/** The rounds of a cell's trials by their block; `twin`: of its twin's. */
export const roundsOf = (cell, twin) => new Map((twin ? cell.twin?.rounds ?? [] : trialsOf(cell).filter(({ valid }) => valid)
  .map(({ block, rounds }) => [block, rounds])).filter(([, rounds]) => rounds?.length > 0));

export const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/**
 * Work per CPU in each round, times the reference's in the same one.
 * @returns {{block: number, ratios: number[]}[]}
 */
export function ratiosOf(rounds, reference) {
  return [...rounds].flatMap(([block, own]) => {
    const other = reference.get(block);
    const ratios = other ? own.map((value, round) => other[round] / value).filter((value) => value > 0 && Number.isFinite(value)) : [];
    return ratios.length ? [{ block, ratios }] : [];
  });
}

/** Fewer values, or smaller groups, are no pattern. */
const kFewest = 24;
const kLeastShare = 0.15;
/**
 * How far the groups' means lie apart, in their deviations (Ashman, Bird and Zepf, Astronomical
 * Journal 108 (1994)): the halves of a normal distribution come to 2.6, those of a uniform one to 3.5.
 */
const kApart = 4.5;

/**
 * Whether values fall into two groups with little between them, rather than around one middle.
 * A group that lies mostly in one block, where there are several, is what happened to that block.
 * @param {number[][]} blocks logarithms of ratios
 * @param {number} least the smallest distance that is worth a word
 * @returns {{center: number, share: number}[] | null} the two groups, the lower first
 */
export function twoModes(blocks, least) {
  const sorted = blocks.flat().sort((a, b) => a - b);
  const n = sorted.length;
  if (n < kFewest) return null;
  const sums = [0];
  const squares = [0];
  for (const value of sorted) {
    sums.push(sums.at(-1) + value);
    squares.push(squares.at(-1) + value * value);
  }
  const part = (from, to) => {
    const mean = (sums[to] - sums[from]) / (to - from);
    return { mean, spread: Math.max(0, (squares[to] - squares[from]) / (to - from) - mean * mean), size: to - from };
  };
  let best = null;
  for (let cut = Math.ceil(n * kLeastShare); cut <= n - n * kLeastShare; ++cut) {
    const [low, high] = [part(0, cut), part(cut, n)];
    const within = low.spread * low.size + high.spread * high.size;
    if (!best || within < best.within) best = { within, low, high, cut };
  }
  const { low, high, cut } = best;
  const distance = high.mean - low.mean;
  if (distance < least || distance * Math.SQRT2 < kApart * Math.sqrt(low.spread + high.spread)) return null;
  const ofOneBlock = (isIn) => {
    const sizes = blocks.map((values) => values.filter(isIn).length);
    return blocks.length > 1 && sizes.reduce((sum, size) => sum + size, 0) - Math.max(...sizes) < n * kLeastShare / 2;
  };
  if (ofOneBlock((value) => value < sorted[cut]) || ofOneBlock((value) => value >= sorted[cut])) return null;
  const middle = (from, to) => sorted[(from + to) >> 1];
  return [{ center: middle(0, cut), share: cut / n }, { center: middle(cut, n), share: 1 - cut / n }];
}
