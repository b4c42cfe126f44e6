#include "workloads/parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace asyncbench::workloads {
namespace {

std::string limits_text(const ParameterInfo& info) {
  if (info.kind == ValueKind::duration) {
    return fmt::format("a duration of at least {}", to_text(Duration{info.least}));
  }
  if (info.most == ParameterInfo{}.most) return fmt::format("at least {}", info.least);
  return fmt::format("between {} and {}", info.least, info.most);
}

std::uint64_t within(const ParameterInfo& info, std::uint64_t value, std::string_view text) {
  if (value < info.least || value > info.most) refuse_value(text, limits_text(info));
  return value;
}

std::string canonical(const ParameterInfo& info, std::string_view text) {
  switch (info.kind) {
    case ValueKind::count:
      return std::to_string(within(info, parse_count(text), text));
    case ValueKind::size:
      return std::to_string(within(info, parse_size(text), text));
    case ValueKind::duration: {
      const Duration duration = parse_duration(text);
      within(info, static_cast<std::uint64_t>(duration.count()), text);
      return to_text(duration);
    }
    case ValueKind::delay:
      return to_text(parse_delay(text));
    case ValueKind::share:
      return share_text(parse_share(text));
    case ValueKind::on_off:
      return parse_switch(text) ? "on" : "off";
    case ValueKind::arrivals:
      return parse_arrivals(text).to_string();
    case ValueKind::sync:
      return to_text(parse_sync(text));
    case ValueKind::choice: {
      const auto choices = split(info.choices, '|');
      if (std::ranges::find(choices, text) == choices.end()) {
        refuse_value(text, fmt::format("one of {}", fmt::join(choices, ", ")));
      }
      return std::string(text);
    }
  }
  return std::string(text);
}

// Runs `read`, whose UsageError gets the parameter's name.
template <class Read>
auto named(const ParameterInfo& info, Read read) {
  try {
    return read();
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}: {}", info.name, error.what()));
  }
}

}  // namespace

Parameters::Parameters(std::span<const ParameterInfo> infos) : infos_(infos) {
  for (const ParameterInfo& info : infos) {
    texts_.emplace(info.name, canonical(info, info.otherwise));
  }
}

void Parameters::set(std::string_view name, std::string_view value) {
  const ParameterInfo* const info = find_parameter(infos_, name);
  if (info == nullptr) {
    std::vector<std::string_view> names;
    for (const ParameterInfo& one : infos_) names.push_back(one.name);
    throw UsageError(
        fmt::format("no parameter {} here; there are {}", name, fmt::join(names, ", ")));
  }
  texts_.find(name)->second = named(*info, [&] { return canonical(*info, value); });
}

bool Parameters::has(std::string_view name) const { return texts_.contains(name); }

const std::string& Parameters::text(std::string_view name) const {
  const auto found = texts_.find(name);
  if (found == texts_.end()) throw std::logic_error("no such parameter: " + std::string(name));
  return found->second;
}

std::uint64_t Parameters::number(std::string_view name) const { return parse_count(text(name)); }
Duration Parameters::duration(std::string_view name) const { return parse_duration(text(name)); }
Delay Parameters::delay(std::string_view name) const { return parse_delay(text(name)); }
double Parameters::share(std::string_view name) const { return parse_share(text(name)); }
bool Parameters::is_on(std::string_view name) const { return text(name) == "on"; }
Sync Parameters::sync(std::string_view name) const { return parse_sync(text(name)); }
load::ArrivalSpec Parameters::arrivals(std::string_view name) const {
  return parse_arrivals(text(name));
}

const ParameterInfo* find_parameter(std::span<const ParameterInfo> infos, std::string_view name) {
  const auto found = std::ranges::find(infos, name, &ParameterInfo::name);
  return found == infos.end() ? nullptr : &*found;
}

std::vector<std::string> expand_values(const ParameterInfo& info, std::string_view text) {
  return named(info, [&] {
    std::vector<std::string> values;
    if (info.kind == ValueKind::count || info.kind == ValueKind::size) {
      for (const std::uint64_t value :
           parse_numbers(text, info.kind == ValueKind::count ? parse_count : parse_size)) {
        values.push_back(canonical(info, std::to_string(value)));
      }
    } else {
      for (const std::string_view item : split(text, ',')) values.push_back(canonical(info, item));
    }
    return values;
  });
}

}  // namespace asyncbench::workloads
