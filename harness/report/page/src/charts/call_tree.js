/** Trees of calls, as profiles have them: read, cut down to what strategies share, compared. */

/**
 * @typedef {object} Frame
 * @property {string} name of the function
 * @property {string} module
 * @property {"all" | "thread" | "kernel" | "program" | "library" | "unknown"} kind
 * @property {number} own ns per request in it alone
 * @property {number} all ns per request, in those that it calls too
 * @property {Frame | null} parent
 * @property {Map<string, Frame>} children
 */

function kindOf(module) {
  if (module === "[kernel]") return "kernel";
  if (module === "[thread]") return "thread";
  if (module === "" || module === "[unknown]") return "unknown";
  return /\.so(\.|$)|^\[/.test(module) ? "library" : "program";
}

const frame = (name, module, kind, parent) => ({ name, module, kind, own: 0, all: 0, parent, children: new Map() });
const top = () => frame("all", "", "all", null);

/** What is compared: a function of a module. */
const keyOf = ({ name, module }) => `${name}\n${module}`;

function childOf(parent, { name, module, kind }) {
  const key = keyOf({ name, module });
  if (!parent.children.has(key)) parent.children.set(key, frame(name, module, kind, parent));
  return parent.children.get(key);
}

/** Adds up what each frame's own and its calls take. */
function sum(each) {
  each.all = each.own;
  for (const child of each.children.values()) each.all += sum(child);
  return each.all;
}

/**
 * @param {{functions: [string, string][], nodes: [number, number, number][]} | null | undefined} part of the
 *   data (README.md); nodes that name what is not there are left out,
 *   and functions without a name that call one another in the same module are one
 * @returns {Frame | null} the frame of everything; null where nothing was seen
 */
export function readTree(part) {
  const root = top();
  const frames = [];
  for (const [parent, index, ns] of part?.nodes ?? []) {
    const [name, module] = part.functions[index] ?? [];
    const above = parent < 0 ? root : frames[parent];
    const known = above && name !== undefined;
    const same = known && name === "" && above.name === "" && above.module === module;
    frames.push(known ? (same ? above : childOf(above, { name, module, kind: kindOf(module) })) : null);
    if (known && ns > 0) frames.at(-1).own += ns;
  }
  return sum(root) > 0 ? root : null;
}

/** All frames, callers first. */
export function* walk(each) {
  yield each;
  for (const child of each.children.values()) yield* walk(child);
}

/** The frames called, the longest first. */
export const callees = (each) => [...each.children.values()].sort((a, b) => b.all - a.all);

/** Every function that is called somewhere in the tree. */
const functionsOf = (root) => new Set([...walk(root)].map(keyOf));

/**
 * The same time without the calls of functions that `other` never calls: what these call in turn
 * belongs to their callers, and their own time stays beside it. The kernel's part begins at the
 * root, whoever called it: C libraries without frame pointers hide their callers. So two strategies
 * that come to the same work on different ways, by other loops and system calls, meet there.
 */
export function aligned(root, other) {
  const shared = functionsOf(other);
  const result = top();
  const visit = (from, into) => {
    for (const each of from.children.values()) {
      const caller = each.kind === "kernel" && into.kind !== "kernel" ? result : into;
      const known = each.kind !== "thread" && shared.has(keyOf(each));
      if (known || each.own > 0) childOf(caller, each).own += each.own;
      visit(each, known ? childOf(caller, each) : caller);
    }
  };
  visit(root, result);
  sum(result);
  return result;
}

/**
 * What each frame of `second` took in `first`, by its path; and how much of `first` is in no path of
 * `second`.
 * @returns {{before: Map<Frame, number>, gone: number}}
 */
export function compare(first, second) {
  const before = new Map();
  let gone = 0;
  const visit = (old, each) => {
    before.set(each, old?.all ?? 0);
    for (const [key, child] of each.children) visit(old?.children.get(key), child);
    for (const [key, child] of old?.children ?? []) if (!each.children.has(key)) gone += child.all;
  };
  visit(first, second);
  return { before, gone };
}

/** Time in and below the frames that `wanted` says, none counted twice. */
export function within(each, wanted) {
  if (wanted(each)) return each.all;
  let ns = 0;
  for (const child of each.children.values()) ns += within(child, wanted);
  return ns;
}

/**
 * Functions with their own time and with that of all they call, wherever they are called; of a
 * function that calls itself the outer frames count.
 * @returns {Map<string, {name: string, module: string, own: number, all: number}>}
 */
export function byFunction(root) {
  const functions = new Map();
  const open = new Map();
  const visit = (each) => {
    const key = keyOf(each);
    if (!functions.has(key)) functions.set(key, { name: each.name, module: each.module, own: 0, all: 0 });
    const entry = functions.get(key);
    const depth = open.get(key) ?? 0;
    entry.own += each.own;
    if (depth === 0) entry.all += each.all;
    open.set(key, depth + 1);
    for (const child of each.children.values()) visit(child);
    open.set(key, depth);
  };
  for (const child of root.children.values()) visit(child);
  return functions;
}
