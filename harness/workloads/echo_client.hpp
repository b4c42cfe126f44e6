// The echo client's tasks. Some send messages and wait for each to come back; others only hold a
// connection open.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/endpoint.hpp"
#include "core/op.hpp"
#include "core/outcome.hpp"
#include "core/task.hpp"
#include "workloads/load_run.hpp"
#include "workloads/tls/context.hpp"
#include "workloads/values.hpp"

namespace asyncbench::workloads {

struct EchoClientOptions {
  std::vector<Endpoint> servers;  // one server's addresses; connection i goes to i % size
  unsigned connections = 64;      // active, each with one message in flight
  std::uint64_t message_bytes = 64;
  unsigned idle = 0;        // connections beside the active ones
  std::uint64_t churn = 0;  // messages on one connection before the next is opened; 0: no limit
  Duration deadline = std::chrono::seconds(5);  // of one message, from its actual start
  Verify verify = Verify::sample;
  bool numbered = true;  // off: all messages are equal, for a reply that was made in advance
  std::shared_ptr<const http::TlsSettings> tls = {};  // null: plain
};

// What all client tasks of a trial share. Outlives them.
class EchoRun {
 public:
  // `load` gives pace and recording; tasks and stagger follow from `options`. Its on_ready is
  // called when every active task has had its first outcome and every idle connection is
  // established.
  EchoRun(EchoClientOptions options, LoadOptions load);

  // The active tasks come first.
  std::vector<std::unique_ptr<Task>> make_tasks();

  LoadRun& load() { return load_; }
  const tls::ClientContext* tls() const { return tls_.get(); }  // null: plain
  const EchoClientOptions& options() const { return options_; }
  const Endpoint& server(std::uint64_t index) const {
    return options_.servers[index % options_.servers.size()];
  }

  // When idle connection `index` is to be opened.
  Time idle_turn(unsigned index) const;
  // An idle connection's task calls each once: when the connection has been opened or could not be,
  // and when it has ended.
  void idle_opened();
  void idle_ended(Outcome outcome);

  // How idle connections ended, by name_of(Outcome). After the job has run.
  std::map<std::string, std::uint64_t> idle_outcomes() const;

 private:
  LoadOptions load_options(LoadOptions load);
  void part_is_ready();

  const EchoClientOptions options_;
  const Time t0_ = now();
  std::function<void()> on_ready_;
  std::atomic<int> parts_unready_;  // active connections, idle connections
  std::atomic<unsigned> idle_opened_{0};
  std::array<std::atomic<std::uint64_t>, kOutcomes> idle_outcomes_{};
  LoadRun load_;
  std::unique_ptr<tls::ClientContext> tls_;
};

// The two kinds of task.
std::unique_ptr<Task> make_echo_client(EchoRun& run, unsigned index);
std::unique_ptr<Task> make_idle_client(EchoRun& run, unsigned index);

OpSet echo_client_ops();

}  // namespace asyncbench::workloads
