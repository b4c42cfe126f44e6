#include "run/parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

namespace asyncbench::run {
namespace {

// Beyond what any client can start; every arrival that nobody took is counted one by one.
constexpr double kMostArrivals = 1e7;

struct Unit {
  std::string_view name;
  double factor;
};

constexpr Unit kDurationUnits[] = {{"ns", 1},  {"us", 1e3}, {"ms", 1e6},
                                   {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
constexpr Unit kSizeUnits[] = {{"k", 1024.0}, {"m", 1024.0 * 1024}, {"g", 1024.0 * 1024 * 1024}};

[[noreturn]] void refuse(std::string_view text, std::string_view wanted) {
  throw UsageError(fmt::format("\"{}\" is not {}", text, wanted));
}

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

unsigned parse_cpu(std::string_view text, std::string_view whole) {
  unsigned cpu = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cpu);
  if (error != std::errc{} || end != text.data() + text.size()) {
    refuse(whole, "auto, none or a list such as subject=1,peer=0");
  }
  return cpu;
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

// "FIRST..LAST*FACTOR" or "FIRST..LAST+STEP".
void append_range(std::vector<std::uint64_t>& values, std::string_view item,
                  std::uint64_t (*parse)(std::string_view)) {
  constexpr std::string_view kForm = "a range such as 1..1024*2 or 10..50+10";
  constexpr std::size_t kMost = 1000;
  const std::size_t dots = item.find("..");
  const std::size_t step_at = item.find_first_of("*+", dots);
  if (step_at == std::string_view::npos) refuse(item, kForm);
  const std::uint64_t first = parse(item.substr(0, dots));
  const std::uint64_t last = parse(item.substr(dots + 2, step_at - dots - 2));
  const std::uint64_t step = parse(item.substr(step_at + 1));
  const bool multiply = item[step_at] == '*';
  const bool moves = multiply ? step >= 2 && first >= 1 : step >= 1;
  if (first > last || !moves) refuse(item, kForm);
  for (std::uint64_t value = first; value <= last; value = multiply ? value * step : value + step) {
    if (values.size() == kMost) refuse(item, "a range of at most 1000 values");
    values.push_back(value);
    const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    if (multiply ? value > most / step : value > most - step) break;
  }
}

}  // namespace

Duration parse_duration(std::string_view text) {
  const auto value = with_unit(text, kDurationUnits, std::nullopt);
  if (!value) refuse(text, kDurationForm);
  return Duration{static_cast<std::int64_t>(*value)};
}

std::uint64_t parse_size(std::string_view text) {
  const auto value = with_unit(text, kSizeUnits, 1);
  if (!value) refuse(text, "a size such as 12, 16k or 1m");
  return *value;
}

std::uint64_t parse_count(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
    refuse(text, "a number such as 64");
  }
  return value;
}

workloads::Delay parse_delay(std::string_view text) {
  constexpr std::string_view kPrefix = "exp:";
  const bool exponential = text.starts_with(kPrefix);
  const std::string_view mean = exponential ? text.substr(kPrefix.size()) : text;
  const auto value = with_unit(mean, kDurationUnits, std::nullopt);
  if (!value) refuse(text, "a delay such as 10ms or exp:10ms");
  return {.mean = Duration{static_cast<std::int64_t>(*value)}, .exponential = exponential};
}

bool parse_switch(std::string_view text) {
  if (text == "on") return true;
  if (text == "off") return false;
  refuse(text, "on or off");
}

workloads::Verify parse_verify(std::string_view text) {
  if (text == "all") return workloads::Verify::all;
  if (text == "sample") return workloads::Verify::sample;
  if (text == "none") return workloads::Verify::none;
  refuse(text, "all, sample or none");
}

Pinning parse_pinning(std::string_view text) {
  if (text == "auto") return {.mode = Pinning::Mode::automatic};
  if (text == "none") return {.mode = Pinning::Mode::none};
  Pinning pinning{.mode = Pinning::Mode::listed};
  for (const std::string_view side : split(text, ',')) {
    const std::size_t equals = side.find('=');
    const std::string_view name = side.substr(0, equals);
    if (equals == std::string_view::npos || (name != "subject" && name != "peer")) {
      refuse(text, "auto, none or a list such as subject=1,peer=0");
    }
    std::vector<unsigned>& cpus = name == "subject" ? pinning.subject : pinning.peer;
    for (const std::string_view cpu : split(side.substr(equals + 1), '+')) {
      cpus.push_back(parse_cpu(cpu, text));
    }
  }
  return pinning;
}

CpuIdle parse_cpu_idle(std::string_view text) {
  if (text == "auto") return CpuIdle::automatic;
  if (text == "poll") return CpuIdle::poll;
  if (text == "default") return CpuIdle::leave;
  refuse(text, "auto, poll or default");
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

std::vector<std::string> expand_parameter(std::string_view name, std::string_view text) {
  std::vector<std::string> values;
  if (name == "connections" || name == "body_bytes") {
    for (const std::uint64_t value :
         parse_numbers(text, name == "connections" ? parse_count : parse_size)) {
      values.push_back(std::to_string(value));
    }
  } else {
    for (const std::string_view item : split(text, ',')) values.emplace_back(item);
  }
  workloads::HttpParameters scratch;
  for (const std::string& value : values) set_parameter(scratch, name, value);
  return values;
}

void set_parameter(workloads::HttpParameters& parameters, std::string_view name,
                   std::string_view value) {
  try {
    if (name == "connections") {
      const std::uint64_t connections = parse_count(value);
      if (connections == 0 || connections > 1'000'000) refuse(value, "between 1 and 1000000");
      parameters.connections = static_cast<unsigned>(connections);
    } else if (name == "body_bytes") {
      parameters.body_bytes = parse_size(value);
      if (parameters.body_bytes > (std::uint64_t{1} << 32)) refuse(value, "at most 4g");
    } else if (name == "server_delay") {
      parameters.server_delay = parse_delay(value);
    } else if (name == "keep_alive") {
      parameters.keep_alive = parse_switch(value);
    } else if (name == "arrivals") {
      const auto arrivals = load::parse_arrivals(value);
      if (!arrivals || arrivals->rate_per_s > kMostArrivals) {
        refuse(value,
               "closed, constant:RATE or poisson:RATE with a rate per second of at most 10000000");
      }
      parameters.arrivals = *arrivals;
    } else if (name == "think_time") {
      parameters.think_time = parse_duration(value);
    } else if (name == "deadline") {
      parameters.deadline = parse_duration(value);
      if (parameters.deadline == Duration{0}) refuse(value, "a deadline above 0");
    } else {
      throw UsageError(
          fmt::format("no such parameter; there are {}", fmt::join(kParameterNames, ", ")));
    }
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}: {}", name, error.what()));
  }
}

result::Values shown_parameters(const workloads::HttpParameters& parameters) {
  const std::map<std::string, std::string> texts = parameter_texts(parameters);
  const std::map<std::string, std::string> defaults = parameter_texts({});
  result::Values shown = {{"connections", std::int64_t{parameters.connections}},
                          {"body_bytes", static_cast<std::int64_t>(parameters.body_bytes)}};
  // How long a real server's bodies are is its own affair.
  if (!parameters.urls.empty()) shown.pop_back();
  for (const std::string_view name : kParameterNames) {
    const std::string key{name};
    if (key == "connections" || key == "body_bytes") continue;
    if (texts.at(key) != defaults.at(key)) shown.emplace_back(key, texts.at(key));
  }
  return shown;
}

std::map<std::string, std::string> parameter_texts(const workloads::HttpParameters& parameters) {
  return {{"connections", std::to_string(parameters.connections)},
          {"body_bytes", std::to_string(parameters.body_bytes)},
          {"server_delay", to_text(parameters.server_delay)},
          {"keep_alive", parameters.keep_alive ? "on" : "off"},
          {"arrivals", parameters.arrivals.to_string()},
          {"think_time", to_text(parameters.think_time)},
          {"deadline", to_text(parameters.deadline)}};
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

std::string to_text(const workloads::Delay& delay) {
  return (delay.exponential ? "exp:" : "") + to_text(delay.mean);
}

std::string to_text(workloads::Verify verify) {
  switch (verify) {
    case workloads::Verify::all:
      return "all";
    case workloads::Verify::sample:
      return "sample";
    case workloads::Verify::none:
      return "none";
  }
  return "sample";
}

}  // namespace asyncbench::run
