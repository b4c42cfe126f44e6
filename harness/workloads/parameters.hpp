// The parameters of a workload: what it can be asked, and what it is asked in one cell.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
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
  // In every cell's id and heading; others only where they differ from `otherwise`.
  bool always_shown = false;
  // Decided by the embedded origin: means nothing, and is refused, with the user's own URLs.
  bool of_origin = false;
  // The name of an on_off parameter beside which, when it is on, this one means nothing and is not
  // shown.
  std::string_view not_with = "";
};

// The values of all parameters of one workload, each in its canonical text.
class Parameters {
 public:
  Parameters() = default;
  // All at their defaults. `infos` outlives the parameters.
  explicit Parameters(std::span<const ParameterInfo> infos);

  // Throws UsageError, which names the parameter: unknown here, or a value that it cannot take.
  void set(std::string_view name, std::string_view value);

  bool has(std::string_view name) const;
  const std::string& text(std::string_view name) const;
  std::uint64_t number(std::string_view name) const;  // count or size
  Duration duration(std::string_view name) const;
  Delay delay(std::string_view name) const;
  double share(std::string_view name) const;
  bool is_on(std::string_view name) const;
  Sync sync(std::string_view name) const;
  load::ArrivalSpec arrivals(std::string_view name) const;

  std::span<const ParameterInfo> infos() const { return infos_; }
  // Name and text of all, in no particular order.
  const std::map<std::string, std::string, std::less<>>& texts() const { return texts_; }

  bool operator==(const Parameters& other) const { return texts_ == other.texts_; }

 private:
  std::span<const ParameterInfo> infos_;
  std::map<std::string, std::string, std::less<>> texts_;
};

// The info of `name`, null when there is none.
const ParameterInfo* find_parameter(std::span<const ParameterInfo> infos, std::string_view name);

// The values that `text` lists, each checked and in its canonical text: "1,2k" of a size gives
// "1" and "2048". Throws UsageError.
std::vector<std::string> expand_values(const ParameterInfo& info, std::string_view text);

}  // namespace asyncbench::workloads
