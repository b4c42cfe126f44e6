#include "uring.hpp"

#include <memory>
#include <string>

#include "core/run_lanes.hpp"
#include "loop.hpp"

namespace asyncbench {

namespace {

class Uring final : public Strategy {
 public:
  Uring() {
    info_.name = "uring";
    info_.summary =
        "io_uring: multishot accept and receive, direct descriptors, one system call a turn";
    info_.library = "liburing " LIBURING_VERSION;
    info_.waits = "io_uring_enter";
    info_.options = {{"receive_buffer_bytes", std::to_string(kReceiveBytes)},
                     {"submission_entries", std::to_string(uring::kSubmissionEntries)},
                     {"completion_entries", std::to_string(uring::kCompletionEntries)},
                     {"queued_buffers_per_stream_max", std::to_string(uring::kQueuedBuffersMax)},
                     {"accept", "SO_REUSEPORT, one socket a loop"},
                     {"busy_wait", "no"}};
  }

  const StrategyInfo& info() const override { return info_; }

  Support supports(const OpSet& needed) const override {
    for (const OpKind kind : {OpKind::open, OpKind::read, OpKind::write, OpKind::sync,
                              OpKind::close_file, OpKind::exchange, OpKind::gather}) {
      if (!needed.contains(kind)) continue;
      return Support::no(std::string("uring has no operation ") + name_of(kind));
    }
    io_uring ring{};
    if (const int error = -io_uring_queue_init(4, &ring, 0); error != 0) {
      return Support::no(uring::explain_refusal(error));
    }
    io_uring_queue_exit(&ring);
    return Support::yes();
  }

  // Each loop is made by the thread that runs it: a ring has a single issuer.
  void run(Job& job) override {
    run_lanes(job, [&job](unsigned lane) { return uring::Loop(job, lane); });
  }

 private:
  StrategyInfo info_;
};

}  // namespace

std::unique_ptr<Strategy> make_uring() { return std::make_unique<Uring>(); }

}  // namespace asyncbench
