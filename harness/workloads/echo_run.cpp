#include "workloads/echo_client.hpp"

#include <utility>

namespace asyncbench::workloads {

EchoRun::EchoRun(EchoClientOptions options, LoadOptions load)
    : options_(std::move(options)),
      on_ready_(std::move(load.on_ready)),
      parts_unready_(options_.idle > 0 ? 2 : 1),
      load_(load_options(std::move(load))) {}

LoadOptions EchoRun::load_options(LoadOptions load) {
  load.tasks = options_.connections;
  load.stagger = kConnectStagger;
  load.on_ready = [this] { part_is_ready(); };
  return load;
}

void EchoRun::part_is_ready() {
  if (parts_unready_.fetch_sub(1, std::memory_order_acq_rel) == 1 && on_ready_) on_ready_();
}

std::vector<std::unique_ptr<Task>> EchoRun::make_tasks() {
  std::vector<std::unique_ptr<Task>> tasks;
  for (unsigned i = 0; i < options_.connections; ++i) tasks.push_back(make_echo_client(*this, i));
  for (unsigned i = 0; i < options_.idle; ++i) tasks.push_back(make_idle_client(*this, i));
  return tasks;
}

Time EchoRun::idle_turn(unsigned index) const {
  return t0_ + (options_.connections + index) * kConnectStagger;
}

void EchoRun::idle_opened() {
  const unsigned opened = idle_opened_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (opened == options_.idle) part_is_ready();
}

void EchoRun::idle_ended(Outcome outcome) {
  idle_outcomes_[static_cast<std::size_t>(outcome)].fetch_add(1, std::memory_order_relaxed);
}

std::map<std::string, std::uint64_t> EchoRun::idle_outcomes() const {
  std::map<std::string, std::uint64_t> outcomes;
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    const std::uint64_t count = idle_outcomes_[i].load(std::memory_order_relaxed);
    if (count > 0) outcomes.emplace(kOutcomeNames[i], count);
  }
  return outcomes;
}

}  // namespace asyncbench::workloads
