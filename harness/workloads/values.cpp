#include "workloads/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

namespace asyncbench::workloads {
namespace {
// No client can start more; arrivals that nobody took are counted one by one.
constexpr double kMostArrivals = 1e7;

struct Unit {
  std::string_view name;
  double factor;
};

constexpr Unit kDurationUnits[] = {{"ns", 1},  {"us", 1e3}, {"ms", 1e6},
                                   {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
constexpr Unit kSizeUnits[] = {{"k", 1024.0}, {"m", 1024.0 * 1024}, {"g", 1024.0 * 1024 * 1024}};

// A number of at least 0 at the front of `text`, which keeps what follows it.
std::optional<double> take_number(std::string_view& text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(value) || std::signbit(value)) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

// nullopt when the text is not "<number><unit>"; an empty unit stands for a factor of `plain`.
std::optional<std::uint64_t> with_unit(std::string_view text, std::span<const Unit> units,
                                       std::optional<double> plain) {
  const std::optional<double> number = take_number(text);
  if (!number) return std::nullopt;
  std::optional<double> factor;
  if (text.empty()) {
    factor = *number == 0 ? 1 : plain;
  } else {
    const auto unit = std::ranges::find(units, text, &Unit::name);
    if (unit != units.end()) factor = unit->factor;
  }
  if (!factor) return std::nullopt;
  const double value = std::round(*number * *factor);
  if (value >= 9.2e18) return std::nullopt;
  return static_cast<std::uint64_t>(value);
}

constexpr std::string_view kDurationForm = "a duration such as 5s, 10ms or 250us";

// "FIRST..LAST*FACTOR" or "FIRST..LAST+STEP".
void append_range(std::vector<std::uint64_t>& values, std::string_view item,
                  std::uint64_t (*parse)(std::string_view)) {
  constexpr std::string_view kForm = "a range such as 1..1024*2 or 10..50+10";
  constexpr std::size_t kMost = 1000;
  const std::size_t dots = item.find("..");
  const std::size_t step_at = item.find_first_of("*+", dots);
  if (step_at == std::string_view::npos) refuse_value(item, kForm);
  const std::uint64_t first = parse(item.substr(0, dots));
  const std::uint64_t last = parse(item.substr(dots + 2, step_at - dots - 2));
  const std::uint64_t step = parse(item.substr(step_at + 1));
  const bool multiply = item[step_at] == '*';
  const bool moves = multiply ? step >= 2 && first >= 1 : step >= 1;
  if (first > last || !moves) refuse_value(item, kForm);
  for (std::uint64_t value = first; value <= last; value = multiply ? value * step : value + step) {
    if (values.size() == kMost) refuse_value(item, "a range of at most 1000 values");
    values.push_back(value);
    const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    if (multiply ? value > most / step : value > most - step) break;
  }
}

}  // namespace

void refuse_value(std::string_view text, std::string_view wanted) {
  throw UsageError(fmt::format("\"{}\" is not {}", text, wanted));
}

Duration parse_duration(std::string_view text) {
  const auto value = with_unit(text, kDurationUnits, std::nullopt);
  if (!value) refuse_value(text, kDurationForm);
  return Duration{static_cast<std::int64_t>(*value)};
}

std::uint64_t parse_size(std::string_view text) {
  const auto value = with_unit(text, kSizeUnits, 1);
  if (!value) refuse_value(text, "a size such as 12, 16k or 1m");
  return *value;
}

std::uint64_t parse_count(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
    refuse_value(text, "a number such as 64");
  }
  return value;
}

Delay parse_delay(std::string_view text) {
  constexpr std::string_view kPrefix = "exp:";
  const bool exponential = text.starts_with(kPrefix);
  const std::string_view mean = exponential ? text.substr(kPrefix.size()) : text;
  const auto value = with_unit(mean, kDurationUnits, std::nullopt);
  if (!value) refuse_value(text, "a delay such as 10ms or exp:10ms");
  return {.mean = Duration{static_cast<std::int64_t>(*value)}, .exponential = exponential};
}

double parse_share(std::string_view text) {
  constexpr std::string_view kForm = "a share such as 0.1 or 10%";
  std::string_view rest = text;
  std::optional<double> number = take_number(rest);
  if (number && rest == "%") {
    *number /= 100;
    rest = {};
  }
  if (!number || !rest.empty() || *number > 1) refuse_value(text, kForm);
  return *number;
}

Sync parse_sync(std::string_view text) {
  constexpr std::string_view kEvery = "every:";
  if (text == "none") return {};
  if (text == "end") return {.at_end = true};
  if (!text.starts_with(kEvery)) refuse_value(text, "none, end or every:N with a number of writes");
  const std::uint64_t every = parse_count(text.substr(kEvery.size()));
  if (every == 0) refuse_value(text, "every:N with N of at least 1");
  return {.every = every};
}

load::ArrivalSpec parse_arrivals(std::string_view text) {
  const auto arrivals = load::parse_arrivals(text);
  if (!arrivals || arrivals->rate_per_s > kMostArrivals) {
    refuse_value(
        text,
        "closed, constant:RATE or poisson:RATE with a rate per second of at most 10000000, or a "
        "share of the capacity such as 30%");
  }
  return *arrivals;
}

load::Stages parse_stages(std::string_view text) {
  constexpr std::size_t kMost = 50;
  constexpr std::string_view kTo = "..";
  const auto rate_of = [&](std::string_view rate) {
    const std::uint64_t per_s = parse_count(rate);
    if (per_s == 0 || static_cast<double>(per_s) > kMostArrivals) {
      refuse_value(rate, "a rate per second from 1 to 10000000");
    }
    return static_cast<double>(per_s);
  };
  load::Stages stages;
  for (const std::string_view part : split(text, ',')) {
    if (text.empty()) break;
    const std::size_t colon = part.find(':');
    if (colon == part.npos) refuse_value(part, "TIME:RATE or TIME:RATE..RATE, as in 10s:1000");
    const std::string_view rates = part.substr(colon + 1);
    const std::size_t to = rates.find(kTo);
    load::Stage& stage = stages.emplace_back();
    stage.length = parse_duration(part.substr(0, colon));
    if (stage.length <= Duration{0}) refuse_value(part, "a stage that lasts longer than 0");
    stage.begin_per_s = rate_of(rates.substr(0, to));
    stage.end_per_s = to == rates.npos ? stage.begin_per_s : rate_of(rates.substr(to + kTo.size()));
  }
  if (stages.size() > kMost) refuse_value(text, "50 stages at most");
  return stages;
}

bool parse_switch(std::string_view text) {
  if (text == "on") return true;
  if (text == "off") return false;
  refuse_value(text, "on or off");
}

Verify parse_verify(std::string_view text) {
  if (text == "all") return Verify::all;
  if (text == "sample") return Verify::sample;
  if (text == "none") return Verify::none;
  refuse_value(text, "all, sample or none");
}

bool verifies(Verify verify, std::uint64_t nth) {
  constexpr std::uint64_t kSampleEvery = 64;
  return verify == Verify::all || (verify == Verify::sample && nth % kSampleEvery == 0);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string> split_list(std::string_view text, char separator) {
  std::vector<std::string> items;
  for (const std::string_view item : split(text, separator)) {
    if (!item.empty()) items.emplace_back(item);
  }
  return items;
}

std::vector<std::uint64_t> parse_numbers(std::string_view text,
                                         std::uint64_t (*parse)(std::string_view)) {
  std::vector<std::uint64_t> values;
  for (const std::string_view item : split(text, ',')) {
    if (item.find("..") == std::string_view::npos) {
      values.push_back(parse(item));
    } else {
      append_range(values, item, parse);
    }
  }
  return values;
}

std::string to_text(Duration duration) {
  const std::int64_t ns = duration.count();
  if (ns == 0) return "0s";
  // Minutes and hours are for input alone: "90s" reads as well as "1.5m".
  for (const auto& [name, factor] : {Unit{"s", 1e9}, Unit{"ms", 1e6}, Unit{"us", 1e3}}) {
    const auto whole = static_cast<std::int64_t>(factor);
    if (ns % whole == 0) return fmt::format("{}{}", ns / whole, name);
  }
  return fmt::format("{}ns", ns);
}

std::string to_text(const Delay& delay) {
  return (delay.exponential ? "exp:" : "") + to_text(delay.mean);
}

std::string share_text(double share) { return fmt::format("{}", share); }

std::string to_text(const Sync& sync) {
  if (sync.at_end) return "end";
  return sync.every > 0 ? fmt::format("every:{}", sync.every) : "none";
}

std::string to_text(const load::Stages& stages) {
  std::string text;
  for (const load::Stage& stage : stages) {
    const auto rate = [](double per_s) { return std::to_string(std::llround(per_s)); };
    text += (text.empty() ? "" : ",") + to_text(stage.length) + ':' + rate(stage.begin_per_s);
    if (stage.end_per_s != stage.begin_per_s) text += ".." + rate(stage.end_per_s);
  }
  return text;
}

std::string to_text(Verify verify) {
  switch (verify) {
    case Verify::all:
      return "all";
    case Verify::sample:
      return "sample";
    case Verify::none:
      return "none";
  }
  return "sample";
}

}  // namespace asyncbench::workloads
