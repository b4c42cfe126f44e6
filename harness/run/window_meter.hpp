// What this participant consumes between the window's start and its end.
#pragma once

#include <optional>

#include "measure/syscalls.hpp"
#include "measure/usage.hpp"
#include "result/result.hpp"

namespace asyncbench::run {

// Used by the harness thread alone, which makes it before it starts any other.
class WindowMeter {
 public:
  explicit WindowMeter(bool count_syscalls);

  void window_starts();
  void window_ends();

  // After the window; what could not be read is null with its reason.
  result::Usage usage() const;

 private:
  std::optional<measure::SyscallCounter> counter_;
  measure::UsageSnapshot before_;
  measure::UsageSnapshot after_;
  measure::Reading calls_before_;
  measure::Reading calls_after_;
};

}  // namespace asyncbench::run
