// A job: the tasks that a strategy runs together, and what it reports of the run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/batch_sizes.hpp"
#include "core/task.hpp"
#include "core/time.hpp"

namespace asyncbench {

// Where a server's connections come from and become tasks. Thread-safe.
class Acceptor {
 public:
  virtual ~Acceptor() = default;

  // A bound and listening socket (TCP or Unix) for this lane's loop, non-blocking or not as the
  // strategy sets it; the acceptor keeps it open. It is the same for all lanes if it is a Unix
  // socket, or the strategy has asked for one (StrategyInfo::one_listener). On TCP, TCP_NODELAY is
  // set on it, and accepted sockets inherit it.
  virtual int socket(unsigned lane) = 0;

  // A task for the connection just accepted, whose stream is already open; null: close it at once.
  // The strategy owns the task until its Finish.
  virtual std::unique_ptr<Task> accepted(unsigned lane) = 0;

  // How many streams and files the task of one connection has open at most, beside its own stream:
  // those of a gateway, and of the children that it gathers.
  virtual unsigned opened_by_each() const { return 0; }

  // Where tasks send long replies from, for as long as the acceptor lives, so that it may be
  // registered with the kernel. Empty: from anywhere.
  virtual std::span<const std::byte> long_replies() const { return {}; }
};

// What a strategy says about one lane of a finished run. It lands in the result.
struct LaneReport {
  std::uint64_t wakeups = 0;        // returns from the call that it waits with
  std::uint64_t completions = 0;    // operations that ended
  std::uint64_t accept_pauses = 0;  // times accepting paused for lack of descriptors or memory
  std::map<std::string, std::uint64_t> counters;  // the strategy's own, e.g. "cq_overflows"
  std::vector<std::string> granted;               // what the kernel granted: "DEFER_TASKRUN"
  std::vector<std::string> refused;               // and refused: "direct descriptors: EINVAL"
  BatchSizes batches;                    // operations that ended from one wake-up to the next
  std::uint64_t completions_before = 0;  // the last wake-up

  // One return from the call that the strategy waits with, whether it had to wait or not.
  void woke() {
    if (wakeups++ > 0) batches.add(completions - completions_before);
    completions_before = completions;
  }
};

struct Job {
  // All started at once, all in flight together. The job owns them.
  std::vector<std::unique_ptr<Task>> tasks;

  // For servers: accept until the stop. Null: run() returns when all tasks have finished.
  Acceptor* acceptor = nullptr;

  // OS threads that an event-driven strategy may use: it runs one loop a thread, and task i belongs
  // to lane i % threads. Thread strategies ignore it and use lane i % lanes.size().
  unsigned threads = 1;

  // One a lane, sized by the caller: `threads` for event-driven strategies, any number >= 1 for
  // thread strategies. Written by run() before it returns.
  std::span<LaneReport> lanes;

  // How late timers may fire, deadlines too, so that those which are due close together share a
  // wake-up. Never negative.
  Duration slack{0};

  // Holds every Read and Write buffer of the job, so that it may be registered with the kernel.
  std::span<std::byte> io_memory;

  // The hard stop: every pending or later operation but Close, CloseFile and Finish ends with
  // operation_canceled, and nothing more is accepted.
  std::stop_token stop;

  // Called by each thread that has run one of the loops, when it is about to end: what it has used
  // cannot be read any more then. May be empty; run_lanes() calls it.
  std::function<void()> loop_thread_ends;

  // What `null` hands to every Receive.
  std::span<const std::byte> canned_reply;
};

// The most bytes that one Receive asks the kernel for, alike for every strategy: a smaller batch
// for one of them would make the comparison one of buffer sizes.
inline constexpr std::size_t kReceiveBytes = 32 * 1024;

// How long accepting pauses after EMFILE, ENFILE, ENOBUFS or ENOMEM: retrying at once would spin.
inline constexpr Duration kAcceptPause = std::chrono::milliseconds(100);

// How long a Connect to a Unix socket pauses while its listener's queue is full: the kernel says
// EAGAIN at once, and tells nobody when there is room (connect(2)).
inline constexpr Duration kBacklogPause = std::chrono::milliseconds(1);

// Whether an accept error means "no resources now"; any other one concerns that connection alone.
bool is_resource_shortage(int error);

}  // namespace asyncbench
