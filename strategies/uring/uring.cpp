#include "uring.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "core/run_lanes.hpp"
#include "loop.hpp"

namespace asyncbench {

namespace {

using uring::Options;
using TaskWork = Options::TaskWork;

struct Rung {
  const char* name;
  const char* summary;
  Options options;
};

constexpr std::array<Rung, 12> kLadder = {{
    {"uring",
     "io_uring: multishot accept and receive, direct descriptors, one system call a turn",
     {}},
    {"uring:oneshot",
     "uring with one accept and one receive an operation instead of multishot ones",
     {.multishot = false}},
    {"uring:no_direct_fds",
     "uring with plain descriptors instead of a table in the ring",
     {.direct_descriptors = false}},
    {"uring:no_buffer_ring",
     "uring with a receive buffer a stream, hence one-shot receives, instead of a shared ring",
     {.buffer_ring = false}},
    {"uring:sqpoll",
     "uring with a kernel thread that submits, spinning on a CPU of its own (SQPOLL), instead of "
     "DEFER_TASKRUN",
     {.task_work = TaskWork::kernel_thread}},
    {"uring:no_defer_taskrun",
     "uring with COOP_TASKRUN instead of DEFER_TASKRUN, hence a completion for each send",
     {.task_work = TaskWork::cooperative}},
    {"uring:zerocopy",
     "uring with long sends without copies (SEND_ZC), each awaited until acknowledged",
     {.zerocopy_sends = true}},
    {"uring:bundles",
     "uring with receives that fill several buffers for one completion (RECVSEND_BUNDLE)",
     {.receive_bundles = true}},
    {"uring:min_wait",
     "uring that waits for several completions of sockets, too, for a short time (minimum wait)",
     {.gathers_replies = true}},
    {"uring:no_iowait",
     "uring with waits that the kernel does not count as iowait (ENTER_NO_IOWAIT)",
     {.counts_as_iowait = false}},
    {"uring:no_fixed_buffers",
     "uring with reads and writes in plain memory, instead of registered memory (READ_FIXED)",
     {.fixed_buffers = false}},
    {"uring:no_batch_wait",
     "uring that goes on with the next read or write that ends, instead of waiting for several",
     {.batch_waits = false}},
}};

const char* name_of(TaskWork task_work) {
  switch (task_work) {
    case TaskWork::deferred:
      return "deferred to io_uring_enter";
    case TaskWork::cooperative:
      return "in any system call";
    case TaskWork::kernel_thread:
      return "in a kernel thread of each loop, which submits, too";
  }
  return "";
}

// A file system that can only block is called from worker threads of the kernel, as many as
// io_uring's default for a ring of this size (io_uring_register_iowq_max_workers(3)).
unsigned kernel_workers_max() {
  return std::min(uring::kSubmissionEntries,
                  4 * static_cast<unsigned>(sysconf(_SC_NPROCESSORS_ONLN)));
}

std::string completions_awaited(bool waits_for_several) {
  if (!waits_for_several) return "1";
  return "1 in " + std::to_string(uring::kBatchShare) + " in flight, " +
         std::to_string(uring::kBatchCompletionsMax) + " at most";
}

StrategyInfo info_of(const Rung& rung) {
  const Options& options = rung.options;
  StrategyInfo info;
  info.name = rung.name;
  info.summary = rung.summary;
  info.library = "liburing " LIBURING_VERSION;
  info.waits = "io_uring_enter";
  info.family = family::kIoUring;
  info.operations = kAllButExchange;
  info.files = "io_uring";
  info.in_all = info.name == "uring";
  const bool differs_in_files_alone = !options.fixed_buffers || !options.batch_waits;
  if (differs_in_files_alone) info.incidental = kAllButExchange - kFileOps;
  const bool spins = options.task_work == TaskWork::kernel_thread;
  if (spins) info.cpus_min = uring::kCpusOfKernelThread;
  info.options = {
      {"receive_buffer_bytes", std::to_string(kReceiveBytes)},
      {"receive_buffers", options.buffer_ring ? "shared by a loop's streams" : "one a stream"},
      {"multishot", !options.multishot    ? "no"
                    : options.buffer_ring ? "accept, receive"
                                          : "accept"},
      {"receive_bundles", options.receive_bundles ? "yes" : "no"},
      {"descriptors", options.direct_descriptors ? "direct" : "plain"},
      {"task_work", name_of(options.task_work)},
      {"sends", options.zerocopy_sends
                    ? "without copies from " + std::to_string(uring::kZerocopyBytesMin) + " bytes"
                    : "copied"},
      {"file_buffers", options.fixed_buffers ? "registered" : "plain"},
      {"submission_entries", std::to_string(uring::kSubmissionEntries)},
      {"completion_entries", std::to_string(uring::kCompletionEntries)},
      {"queued_buffers_per_stream_max", std::to_string(uring::kQueuedBuffersMax)},
      {"file_completions_awaited", completions_awaited(options.batch_waits)},
      {"file_completions_awaited_us_max",
       options.batch_waits ? std::to_string(uring::kBatchWaitMax.count()) : "none"},
      {"socket_completions_awaited", completions_awaited(options.gathers_replies)},
      {"socket_completions_awaited_us_max",
       options.gathers_replies ? std::to_string(uring::kGatherWaitMax.count()) : "none"},
      {"waits_count_as_iowait", options.counts_as_iowait ? "yes" : "no"},
      {"file_kernel_workers_max", std::to_string(kernel_workers_max())},
      {"accept", "SO_REUSEPORT, one socket a loop"},
      {"busy_wait", spins ? "the kernel's thread, for " +
                                std::to_string(uring::kKernelThreadSpin.count()) + " ms after work"
                          : "no"}};
  return info;
}

class Uring final : public Strategy {
 public:
  explicit Uring(const Rung& rung) : options_(rung.options), info_(info_of(rung)) {}

  const StrategyInfo& info() const override { return info_; }

  Support host_support() const override {
    const std::string reason = uring::refusal(options_);
    return reason.empty() ? Support::yes() : Support::no(reason);
  }

  // Each loop is made by the thread that runs it: a ring has a single issuer.
  void run(Job& job) override {
    run_lanes(job, [&](unsigned lane) { return uring::Loop(job, lane, options_); });
  }

 private:
  Options options_;
  StrategyInfo info_;
};

}  // namespace

std::vector<std::unique_ptr<Strategy>> make_uring_ladder() {
  std::vector<std::unique_ptr<Strategy>> ladder;
  for (const Rung& rung : kLadder) ladder.push_back(std::make_unique<Uring>(rung));
  return ladder;
}

}  // namespace asyncbench
