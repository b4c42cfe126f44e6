/**
 * Figures for people, written as the program's tables write them (report/format.cpp): three
 * significant digits and a unit.
 */

/** "4.92", "165", "0.0123". */
export function number(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 99.95) return value.toFixed(0);
  if (size >= 9.995) return value.toFixed(1);
  if (size >= 0.9995) return value.toFixed(2);
  if (size >= 0.00095) return value.toFixed(3);
  return "<0.001";
}

/** In the largest unit of which the value, rounded to three digits, is at least one. */
function inUnits(value, units) {
  const size = Math.abs(value) / 0.9995;
  const [factor, name] = units.findLast(([unit]) => size >= unit) ?? units[0];
  return number(value / factor) + name;
}

const kDurations = [[1, "ns"], [1e3, "us"], [1e6, "ms"], [1e9, "s"]];
const kCounts = [[1, ""], [1e3, "k"], [1e6, "M"], [1e9, "G"]];
const kBytes = [[1, "B"], [2 ** 10, "KiB"], [2 ** 20, "MiB"], [2 ** 30, "GiB"]];

/** "850ns", "12.3us", "1.20s". */
export const duration = (ns) => inUnits(ns, kDurations);

/** "850", "165k", "1.66M". */
export const count = (value) => inUnits(value, kCounts);

/** "850B", "12.3KiB". */
export const bytes = (value) => inUnits(value, kBytes);

/** "12.3MiB/s". */
export const bytesRate = (value) => `${bytes(value)}/s`;

/** A measured share, as the program's tables write it: "2.1%", "12%". */
export function share(value) {
  const percent = value * 100;
  if (percent > 0 && percent < 0.05) return "<0.1%";
  return `${percent.toFixed(percent === 0 || Math.abs(percent) >= 9.95 ? 0 : 1)}%`;
}

/** "99.9%", "12%": as many digits as the share needs, none that it does not have. */
export const percent = (share) => `${Number((share * 100).toPrecision(9))}%`;

/** A round number on an axis, 0 without a unit and without digits that say nothing: "20k", "500us". */
export const tick = (format) => (value) => (value === 0 ? "0" : format(value))
  .replace(/(\.\d*?)0+(?=\D|$)/, "$1").replace(/\.(?=\D|$)/, "");

/** For a data table: as many digits as anybody can use, without separators, fit to be copied. */
export function plain(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  return String(Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4)));
}

/** An estimate with its interval: "36.5k [35.4k, 37.4k]", "≥ 12.3ms". */
export function estimate(value, format) {
  if (!value) return "not measured";
  const median = (value.at_least ? "≥ " : "") + format(value.median);
  if (value.interval === "single") return median;
  return `${median} [${format(value.low)}, ${format(value.high)}]`;
}

/** A ratio as the program writes it (analyze/ratio.cpp): "1.48", "26.3", "0.004". */
export function ratio(value, decimals = 2) {
  if (value === 1) return "1";
  if (value >= 99.95) return count(value);
  if (value >= 9.995) return value.toFixed(1);
  if (value < 0.0005) return value === 0 ? "0" : "<0.001";
  return value.toFixed(value < 0.00995 ? 3 : value >= 0.9995 ? 2 : decimals);
}

/** "1.48 [1.12, 1.60]"; a narrow interval has a digit more. */
export function ratioInterval({ estimate, low, high }) {
  if (low === null || high === null) return ratio(estimate);
  const decimals = high > low && high - low < 0.02 ? 3 : 2;
  return `${ratio(estimate, decimals)} [${ratio(low, decimals)}, ${ratio(high, decimals)}]`;
}

/** A parameter's value in its unit, which may be in its name. */
export function parameter(value, unit, name = "") {
  if (typeof value !== "number") return String(value);
  if (name.endsWith("_bytes")) return tick(bytes)(value);
  if (unit === "ns") return tick(duration)(value);
  return value < 1e5 ? String(value) : tick(count)(value);
}

/**
 * Foreign text made harmless: control characters, invisible ones and those that change the
 * direction of writing become "?", as in the program's own output.
 */
export const printable = (text) =>
  text.replace(/[\u0000-\u001F\u007F-\u009F\u061C\u200B-\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/g, "?");
