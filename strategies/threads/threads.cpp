#include "threads.hpp"

#include <gnu/libc-version.h>

#include <string>
#include <utility>

#include "core/job.hpp"
#include "thread_run.hpp"

namespace asyncbench {

namespace {

using threads::FreshThread;

class ThreadStrategy final : public Strategy {
 public:
  ThreadStrategy(std::string name, std::string summary, FreshThread fresh)
      : info_{.name = std::move(name),
              .summary = std::move(summary),
              .library = std::string("glibc ") + gnu_get_libc_version(),
              .waits = "blocking calls",
              .event_loop = false,
              .options = {{"stack_bytes", std::to_string(threads::kStackBytes)},
                          {"receive_buffer_bytes", std::to_string(kReceiveBytes)}}},
        fresh_(fresh) {}

  const StrategyInfo& info() const override { return info_; }

  Support supports(const OpSet& needed) const override {
    if (needed.contains(OpKind::exchange)) {
      return Support::no(info_.name + " brings no HTTP of its own; use the form over sockets");
    }
    for (const OpKind kind : {OpKind::open, OpKind::read, OpKind::write, OpKind::sync,
                              OpKind::close_file, OpKind::gather}) {
      if (needed.contains(kind)) {
        return Support::no(info_.name + " does not perform " + name_of(kind));
      }
    }
    return Support::yes();
  }

  void run(Job& job) override { threads::ThreadRun(job, fresh_).run(); }

 private:
  StrategyInfo info_;
  FreshThread fresh_;
};

}  // namespace

std::unique_ptr<Strategy> make_thread_per_request() {
  return std::make_unique<ThreadStrategy>("thread_per_request",
                                          "a fresh thread for every request, blocking calls",
                                          FreshThread::for_every_begin);
}

std::unique_ptr<Strategy> make_thread_per_connection() {
  return std::make_unique<ThreadStrategy>("thread_per_connection",
                                          "one thread for every connection, blocking calls",
                                          FreshThread::for_every_task);
}

}  // namespace asyncbench
