// The parameters of a workload: what it can be asked, and what it is asked in one cell.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "workloads/values.hpp"

namespace asyncbench::workloads {

// How a parameter's value is written.
enum class ValueKind : std::uint8_t {
  count,
  size,
  duration,
  delay,
  share,
  on_off,
  arrivals,
  choice,
  sync
};

// One parameter. Its name is that of the TOML key and of the result's field ("body_bytes"); the
// option is the same with hyphens ("--body-bytes").
struct ParameterInfo {
  std::string_view name;
  ValueKind kind;
  std::string_view otherwise;  // its value when none is given, as users write it
  std::string_view description;
  std::uint64_t least = 0;  // count, size, duration (ns)
  std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  std::string_view choices = "";  // of a choice: "sequential|random"
  // Every cell's id and heading show it; others only where they differ from `otherwise`.
  bool always_shown = false;
  // The embedded origin decides it: it means nothing with the user's own URLs, and is refused.
  bool of_origin = false;
  // An on_off parameter: while it is on, this one means nothing and is not shown.
  std::string_view not_with = "";
  // A count of what several clients of one trial divide among themselves.
  bool divided = false;
  // An on_off parameter of the origin's: while it is off, this one means nothing and is not shown.
  // The user's own URLs may turn it on, too.
  std::string_view only_with = "";
};

// A value as its kind has it: count and size are numbers of 64 bits, share a double, on_off a bool,
// choice a text.
using ParameterValue = std::variant<std::uint64_t, Duration, Delay, double, bool, load::ArrivalSpec,
                                    Sync, std::string>;

// The text in ids, results and jobs: "4096", "1500ms", "exp:10ms", "on".
std::string canonical_text(const ParameterValue& value);

// The value, or the list or range of values ("1,2k", "1..64*2"), that users write. Both throw
// UsageError, which does not name the parameter.
ParameterValue parse_value(const ParameterInfo& info, std::string_view text);
std::vector<ParameterValue> parse_values(const ParameterInfo& info, std::string_view text);

// The values of all parameters of one workload.
class Parameters {
 public:
  Parameters() = default;
  // All at their defaults. `infos` outlives the parameters.
  explicit Parameters(std::span<const ParameterInfo> infos);

  // Throws UsageError, which names the parameter: unknown here, or a value that it cannot take.
  void set(std::string_view name, std::string_view text);
  void put(std::string_view name, ParameterValue value);  // of the parameter's kind

  bool has(std::string_view name) const;
  const ParameterValue& value(std::string_view name) const;
  std::string text(std::string_view name) const { return canonical_text(value(name)); }
  std::uint64_t number(std::string_view name) const { return as<std::uint64_t>(name); }
  Duration duration(std::string_view name) const { return as<Duration>(name); }
  Delay delay(std::string_view name) const { return as<Delay>(name); }
  double share(std::string_view name) const { return as<double>(name); }
  bool is_on(std::string_view name) const { return as<bool>(name); }
  Sync sync(std::string_view name) const { return as<Sync>(name); }
  load::ArrivalSpec arrivals(std::string_view name) const { return as<load::ArrivalSpec>(name); }

  std::span<const ParameterInfo> infos() const { return infos_; }
  std::map<std::string, std::string> texts() const;  // by name

  bool operator==(const Parameters& other) const { return values_ == other.values_; }

 private:
  template <class T>
  const T& as(std::string_view name) const {
    return std::get<T>(value(name));
  }

  std::span<const ParameterInfo> infos_;
  std::vector<ParameterValue> values_;  // in the order of infos_
};

// The info of `name`, null when there is none.
const ParameterInfo* find_parameter(std::span<const ParameterInfo> infos, std::string_view name);

}  // namespace asyncbench::workloads
