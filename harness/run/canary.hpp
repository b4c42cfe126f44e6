// How fast the CPUs of a trial are while all of them are busy: two that share a core, or a host
// that gives both less time, look as fast as ever to a spin on one of them alone.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <thread>
#include <vector>

#include "core/time.hpp"
#include "measure/turns.hpp"
#include "run/settings.hpp"

namespace asyncbench::run {

// Those that the participants are pinned to, ascending; empty where nobody is.
std::vector<int> cpus_in_use(const Pinning& pin);

// measure::spin_canary() on all these CPUs at once, or on whichever the thread gets where there are
// none: the slowest one's time.
Duration canary_on(const std::vector<int>& cpus);

// In the middle of the rest after a turn: the half before is for requests to end, and participants
// read their usage in the last quarter. Empty where the rest is too short.
std::optional<Time> rest_canary_time(const measure::Turns& turns, std::size_t turn);

// The same in the rests between turns, by threads that sleep until then.
class RestCanaries {
 public:
  // After each turn of any cell, but for the warm-up's.
  RestCanaries(const std::vector<int>& cpus, std::span<const measure::WindowSpan> spans);
  RestCanaries(const RestCanaries&) = delete;
  RestCanaries& operator=(const RestCanaries&) = delete;

  // Those so far, but for the ones to which some CPU came too late to spin together with the
  // others. Ends it.
  using Spins = std::map<Time, Duration>;  // by their time
  Spins take();

 private:
  void spin_at_times(int cpu, const std::stop_token& stop, Spins& took) const;

  std::vector<Time> times_;
  std::vector<Spins> took_;  // by CPU
  std::vector<std::jthread> threads_;
};

}  // namespace asyncbench::run
