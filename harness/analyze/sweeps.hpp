// Groups that differ in one parameter alone: what a curve is drawn over.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "analyze/summary.hpp"

namespace asyncbench::analyze {

// A value of a parameter as a number, with its unit: "ns" of a duration ("5ms", "exp:5ms"), "/s" of
// an open loop's rate ("poisson:20000"), else "".
struct Quantity {
  double value = 0;
  std::string unit;
};

// Empty for what is no number: "random", "closed".
std::optional<Quantity> quantity_of(const result::Value& value);

struct SweepPoint {
  double value = 0;
  std::size_t group = 0;  // index of the group
};

struct Sweep {
  std::string parameter;           // "connections"; "rate" of open loops
  std::string unit;                // as in Quantity
  std::string name;                // workload and the other parameters: "fetch/body_bytes:12"
  std::vector<SweepPoint> points;  // two or more, by value
};

// All sweeps among the groups, in the order in which their first groups stand. A group may be part
// of several.
std::vector<Sweep> sweeps_of(const std::vector<Group>& groups);

}  // namespace asyncbench::analyze
