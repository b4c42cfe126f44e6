// What a participant runs: one side of a cell, made ready as a job for a strategy.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/strategy.hpp"
#include "run/messages.hpp"

namespace asyncbench::run {

// Told from the strategy's threads, each once.
struct SideEvents {
  std::function<void()> ready;         // client: every task has had its first outcome
  std::function<void()> budget_spent;  // client: the window has ended, see window_end_ns()
};

// Made before the job runs, asked for its figures after; outlives the job.
class Side {
 public:
  virtual ~Side() = default;

  // The port that a server listens on; clients have none.
  virtual std::optional<std::uint16_t> port() const { return std::nullopt; }

  // Tasks or acceptor, canned reply, threads; lanes and stop are the caller's.
  virtual void prepare(Job& job) = 0;

  // From the harness thread, while the job runs.
  virtual void set_window(const order::Go& go) = 0;

  // Client with a request budget, after budget_spent.
  virtual std::int64_t window_end_ns() const = 0;

  // After the job has run.
  virtual void fill(report::Record& record) = 0;
};

// How many lanes a strategy records into with that many threads allowed: as many as it has loops,
// or, when it starts threads of its own, one a CPU.
std::size_t lanes_of(const StrategyInfo& info, unsigned threads, std::size_t cpus);

// Throws what http_client.hpp and http_server.hpp say of their set-up, and StrategyError when the
// strategy supports neither form of the role.
std::unique_ptr<Side> make_side(const order::Job& order, const Strategy& strategy,
                                std::size_t lanes, SideEvents events);

}  // namespace asyncbench::run
