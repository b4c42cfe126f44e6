// When requests should start: the schedule that one trial's tasks share.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"

namespace asyncbench::load {

enum class ArrivalKind : std::uint8_t {
  closed,    // each task starts its next request when the last one has ended
  constant,  // open loop: t_k = t0 + k / rate
  poisson,   // open loop: t_{k+1} = t_k - ln(U) / rate
  share,     // open loop: poisson, at a share of a capacity that a run has yet to find
};

struct ArrivalSpec {
  ArrivalKind kind = ArrivalKind::closed;
  double rate_per_s = 0;  // all tasks together; 0 for closed and share, and where stages have it
  double share = 0;       // of share: 0.3

  bool open_loop() const { return kind != ArrivalKind::closed; }
  std::string to_string() const;  // "closed", "constant:5000", "poisson:5000", "poisson", "30%"

  bool operator==(const ArrivalSpec&) const = default;
};

// nullopt when the text has none of these forms, the rate is not positive and finite, or the
// share is not above 0 and at most 100 %.
std::optional<ArrivalSpec> parse_arrivals(std::string_view text);

// Which of several generators takes part in a schedule. Each arrival belongs to exactly one of
// them: of a constant rate every `of`th, of a Poisson process one that is drawn for each arrival.
// What a Poisson process is thinned to so is Poisson again (Kingman, Poisson Processes, 1993,
// section 5.1).
struct Part {
  unsigned index = 0;  // from 0
  unsigned of = 1;

  bool operator==(const Part&) const = default;
};

// An open-loop schedule, or one generator's part of it. Tasks on all lanes take arrivals from one
// atomic cursor, without a lock. The whole schedule follows from spec, seed and t0. So every
// strategy of a block gets the same schedule, and a check can walk it again.
class ArrivalSchedule {
 public:
  // Not of a share: whoever makes a schedule knows the rate, which is that of all parts together.
  ArrivalSchedule(ArrivalSpec spec, std::uint64_t seed, Time t0, Part part = {});

  // Takes the next intended start; each is taken once.
  Time take();

  // How many arrivals lie in [from, until). It walks the schedule from its beginning.
  std::uint64_t count(Time from, Time until) const;

  // The first `most` gaps, in seconds, between arrivals of all parts that lie in [from, until). It
  // walks the schedule from its beginning.
  std::vector<double> gaps_s(Time from, Time until, std::size_t most) const;

  // After all tasks have finished: calls `visit(t)` for every arrival before `until` that no task
  // has taken.
  template <class Visit>
  void drain(Time until, Visit visit) {
    for (Time t = take(); t < until; t = take()) visit(t);
  }

 private:
  // The offset after `offset_ns`. For Poisson, U is a hash of seed and offset, so the only state of
  // the chain is the offset itself, which fits into an atomic.
  std::int64_t next_offset_ns(std::uint64_t index_or_offset) const;

  // Poisson: the offset of the part's next arrival after this one.
  std::int64_t next_offset_ns(std::uint64_t offset, Part part) const;

  // Calls `visit(t)` for each arrival of the part from the schedule's beginning until it returns
  // false.
  template <class Visit>
  void walk(Part part, Visit visit) const;

  ArrivalSpec spec_;
  std::uint64_t seed_;
  Time t0_;
  Part part_;
  std::atomic<std::uint64_t> cursor_;  // constant: the index k; Poisson: the last offset taken
};

}  // namespace asyncbench::load
