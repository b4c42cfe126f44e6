// What a trial must achieve for its rate to count as sustained.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "result/result.hpp"

namespace asyncbench::analyze {

// What a criterion limits. Shares are from 0 to 1 (CPU: 1 is one CPU, busy all the time).
enum class Aspect : std::uint8_t {
  response_time,   // a percentile, in nanoseconds
  error_share,     // outcomes other than ok, of all that ended
  achieved_share,  // requests that ended ok, of those that were due
  cpu_share,       // the subject's
};

// One demand. It bounds achieved_share from below, everything else from above.
struct Criterion {
  Aspect aspect = Aspect::response_time;
  double percent = 99;  // response_time: which percentile
  double limit = 0;
  bool or_equal = false;  // the limit itself is good enough

  // "p99 < 5ms".
  std::string text() const;
};

// Below this share of the offered load a queue grows without end, and every latency is a matter of
// how long one looks.
inline constexpr double kAchievedShare = 0.98;

struct Attainment {
  bool met = false;
  // Why the first criterion that fails is not met: "p99: 7.1ms, wanted < 5ms".
  std::string reason;
  // A percentile that was judged comes from too few requests for a two-sided 95 % interval.
  bool unresolved = false;
};

class Objective {
 public:
  // Adds achieved/offered >= kAchievedShare, unless the criteria bound that share themselves.
  explicit Objective(std::vector<Criterion> criteria);

  // Doubt counts against the trial: requests that were unfinished at the window's end as if they
  // never ended, a figure that is not readable as not met, a trial that is not valid as a failure.
  // Throws measure::HdrFormatError when a stored histogram cannot be read.
  Attainment judge(const result::Trial& trial) const;
  bool met(const result::Trial& trial) const { return judge(trial).met; }

  const std::vector<Criterion>& criteria() const { return criteria_; }
  std::string text() const;  // "p99 < 5ms, errors < 0.1%, achieved >= 98%"

 private:
  std::vector<Criterion> criteria_;
};

}  // namespace asyncbench::analyze
