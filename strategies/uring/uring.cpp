#include "uring.hpp"

#include <exception>
#include <memory>
#include <stop_token>
#include <thread>
#include <vector>

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
    std::vector<std::exception_ptr> failures(job.threads);
    std::stop_source abort;  // one loop has failed: the others must not wait for ever
    const auto run_lane = [&](unsigned lane) {
      try {
        uring::Loop loop(job, lane);
        const std::stop_callback on_stop(job.stop, [&loop] { loop.stop(); });
        const std::stop_callback on_abort(abort.get_token(), [&loop] { loop.stop(); });
        loop.run();
      } catch (...) {
        failures[lane] = std::current_exception();
        abort.request_stop();
      }
    };
    {
      std::vector<std::jthread> others;
      for (unsigned lane = 1; lane < job.threads; ++lane) others.emplace_back(run_lane, lane);
      run_lane(0);
    }
    for (const std::exception_ptr& failure : failures) {
      if (failure) std::rethrow_exception(failure);
    }
  }

 private:
  StrategyInfo info_;
};

}  // namespace

std::unique_ptr<Strategy> make_uring() { return std::make_unique<Uring>(); }

}  // namespace asyncbench
