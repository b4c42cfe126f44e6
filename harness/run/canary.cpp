#include "run/canary.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>

#include "measure/cpu.hpp"
#include "measure/disturbance.hpp"

namespace asyncbench::run {
namespace {

// In a rest, and what they take on a slow machine.
constexpr std::size_t kRestParts = 3;
constexpr Duration kRestLength = std::chrono::microseconds(1500);

// Later than that after its time, a spin would no longer be together with the others'.
constexpr Duration kTooLate = std::chrono::microseconds(200);

}  // namespace

std::vector<int> cpus_in_use(const Pinning& pin) {
  std::set<int> cpus(pin.subject.begin(), pin.subject.end());
  cpus.insert(pin.peer.begin(), pin.peer.end());
  return {cpus.begin(), cpus.end()};
}

Duration canary_on(const std::vector<int>& cpus) {
  std::vector<Duration> took(std::max<std::size_t>(cpus.size(), 1));
  constexpr Duration kUntilAllAreThere = std::chrono::milliseconds(1);
  const Time start = now() + kUntilAllAreThere;
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < took.size(); ++i) {
    threads.emplace_back([&, i] {
      if (i < cpus.size()) measure::pin_to({cpus[i]});
      std::this_thread::sleep_until(start);
      took[i] = measure::spin_canary();
    });
  }
  threads.clear();  // joins them
  return std::ranges::max(took);
}

std::optional<Time> rest_canary_time(const measure::Turns& turns, std::size_t turn) {
  if (turns.rest / 4 < kRestLength) return std::nullopt;
  return turns.end(turn) + turns.rest / 2;
}

RestCanaries::RestCanaries(const std::vector<int>& cpus, std::span<const measure::WindowSpan> spans)
    : took_(cpus.size()) {
  for (const measure::WindowSpan& span : spans) {
    const measure::Turns& turns = span.turns.value();
    for (std::size_t i = turns.warm_up; i < turns.size(); ++i) {
      if (const auto time = rest_canary_time(turns, i)) times_.push_back(*time);
    }
  }
  std::ranges::sort(times_);
  for (std::size_t i = 0; i < cpus.size(); ++i) {
    threads_.emplace_back([this, i, cpu = cpus[i]](const std::stop_token& stop) {
      spin_at_times(cpu, stop, took_[i]);
    });
  }
}

void RestCanaries::spin_at_times(int cpu, const std::stop_token& stop, Spins& took) const {
  measure::pin_to({cpu});
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  for (const Time time : times_) {
    stopped.wait_until(lock, stop, time, [] { return false; });
    if (stop.stop_requested()) return;
    if (now() - time < kTooLate) took.emplace(time, measure::spin_canary(kRestParts));
  }
}

RestCanaries::Spins RestCanaries::take() {
  threads_.clear();  // stops and joins them
  Spins slowest;
  for (const Time time : times_) {
    std::vector<Duration> together;
    for (const Spins& took : took_) {
      if (const auto spin = took.find(time); spin != took.end()) together.push_back(spin->second);
    }
    if (together.size() == took_.size() && !together.empty()) {
      slowest.emplace(time, std::ranges::max(together));
    }
  }
  return slowest;
}

}  // namespace asyncbench::run
