// The plugin interface: a strategy performs the operations that tasks want.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/job.hpp"

namespace asyncbench {

// One setting that shapes a strategy's footing in a comparison.
struct StrategyOption {
  std::string name;   // "receive_buffer_bytes"
  std::string value;  // "32768"
};

// The families of the strategies here. Families are compared first, then members within them: the
// strategies of a family do alike what matters most. They are named in advance, never after figures
// were seen.
namespace family {
inline constexpr const char* kLongLivedThreads = "long-lived threads";
inline constexpr const char* kThreadPerRequest = "thread per request";
inline constexpr const char* kReadinessLoops = "readiness loops";
inline constexpr const char* kIoUring = "io_uring";
inline constexpr const char* kLibaio = "libaio";
inline constexpr const char* kLibcurl = "libcurl";
}  // namespace family

// What a strategy says about itself. The harness derives from it in which workloads the strategy
// takes part.
struct StrategyInfo {
  std::string name;     // [a-z0-9_]+, a variant after a colon: "uring:oneshot"
  std::string summary;  // one line for people
  std::string library;  // "liburing 2.3", "kernel" for plain system calls
  std::string waits;    // how it waits: "io_uring_enter", "epoll_wait", "blocking calls"
  std::optional<std::string> family;  // one of those above, or another; empty: one of its own
  OpSet operations;                   // all that it offers
  // Those among them that have nothing to do with what the strategy is about. It performs them for
  // work that needs others, too, and takes no part in work that needs nothing else: a file workload
  // under libcurl would measure what is not libcurl's.
  OpSet incidental;
  // What performs its operations on files: "io_uring", "blocking calls", or kSharedFilePool
  // (core/file_pool.hpp). Results have it where the work has files.
  std::optional<std::string> files;
  unsigned cpus_min = 1;   // fewer are refused: a kernel thread that spins takes one for itself
  bool event_loop = true;  // one loop a thread, Job::threads applies; false: threads of its own
  // Of event loops. All lanes accept from one listening socket, where others have one a lane.
  bool one_listener = false;
  // Of event loops. Whichever thread is free goes on with a task, so that several record in one
  // lane at once. How many requests each thread began is the counter "requests" of its lane report.
  bool one_queue = false;
  bool in_all = true;                   // part of `--strategies all`
  std::vector<StrategyOption> options;  // batch limits, buffer sizes, busy-waiting ...

  // Whether several threads record in one lane.
  bool shares_lanes() const { return !event_loop || one_queue; }
};

// Whether a strategy does the work here. A "no" carries its reason and, where there is one, the
// remedy, in one line: "io_uring_setup: EPERM: ... blocks io_uring; run with ...".
struct Support {
  bool supported = true;
  std::string reason;

  static Support yes() { return {}; }
  static Support no(std::string reason) {
    return {.supported = false, .reason = std::move(reason)};
  }
  explicit operator bool() const { return supported; }
};

// What a library keeps for as long as the process lives, once it has been used.
struct KeptResources {
  int descriptors = 0;
  int threads = 0;
};

// What run() throws when the environment refuses something without which no task can go on. The
// text names the operation, the errno and the remedy.
class StrategyError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Stateless between runs: one object may serve several jobs, one after the other.
class Strategy {
 public:
  virtual ~Strategy() = default;

  virtual const StrategyInfo& info() const = 0;

  // Whether this host has what the strategy's operations need. Cheap enough for `asyncbench list`.
  virtual Support host_support() const { return Support::yes(); }

  // Runs the job to its end, in the calling thread or in threads that have all ended on return.
  // Failed operations are data for the tasks; throws StrategyError alone.
  virtual void run(Job& job) = 0;

  // What of this process's descriptors and threads the library keeps by now: it may grow with the
  // first run that needs it, and then counts as nothing that the run has left behind.
  virtual KeptResources kept() const { return {}; }
};

// Whether the strategy performs all of these operations on this host. A "no" names what it lacks:
// "curl_multi offers no file operations".
Support can_perform(const Strategy& strategy, OpSet needed);

// Whether it takes part in work that needs these operations: it can perform them, and not all of
// them are incidental to it.
Support takes_part(const Strategy& strategy, OpSet needed);

// The strategies that a program offers, in the order in which tables show them.
class Registry {
 public:
  void add(std::unique_ptr<Strategy> strategy) { strategies_.push_back(std::move(strategy)); }

  // Adds what was found in a plugin; `path` is that of its file.
  void add_plugin(std::string path, std::vector<std::unique_ptr<Strategy>> strategies) {
    plugins_.push_back(std::move(path));
    for (auto& strategy : strategies) add(std::move(strategy));
  }

  Strategy* find(const std::string& name) const {
    for (const auto& strategy : strategies_) {
      if (strategy->info().name == name) return strategy.get();
    }
    return nullptr;
  }

  const std::vector<std::unique_ptr<Strategy>>& all() const { return strategies_; }

  // The absolute paths of the plugins among them, in the order of loading.
  const std::vector<std::string>& plugins() const { return plugins_; }

 private:
  std::vector<std::unique_ptr<Strategy>> strategies_;
  std::vector<std::string> plugins_;
};

}  // namespace asyncbench
