#include "measure/call_counter.hpp"

namespace asyncbench::measure {

void CallCounter::start() {
  migrations_before_ = migrations_.read_count();
  calls_before_ = tally_.read();
}

void CallCounter::stop() {
  calls_after_ = tally_.read();
  migrations_after_ = migrations_.read_count();
}

void CallCounter::take(Profile& profile) const {
  if (tally_.available()) {
    profile.calls = {.in_window = difference(calls_before_, calls_after_),
                     .in_job = tally_.read(),
                     .missed = tally_.missed()};
  } else {
    profile.unreadable["calls"] = tally_.reason();
  }
  profile.migrations = difference(migrations_before_, migrations_after_);
  if (!profile.migrations) profile.unreadable["migrations"] = migrations_.reason();
}

}  // namespace asyncbench::measure
