// The kernel's tracepoints, as tracefs describes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace asyncbench::measure {

struct Tracepoint {
  std::uint64_t id = 0;  // perf_event_attr::config
  std::string format;    // the layout of its data

  // The offset of a field in the data of a record.
  std::optional<std::size_t> offset_of(std::string_view field) const;
};

// Mounts tracefs at its usual place where it is missing and this process may do so. On failure
// nullopt, and `reason` says why, with the remedy.
std::optional<Tracepoint> find_tracepoint(const std::string& system, const std::string& name,
                                          std::string& reason);

}  // namespace asyncbench::measure
