// Boost.Asio as its documentation and most programs use it: `asio:idiomatic`, an io_context a
// thread, and `asio:shared_context`, one that all threads run. The other strategies of this folder
// show what Asio gives at best.
#include "asio.hpp"
#include "asio_strategy.hpp"
#include "core/run_lanes.hpp"
#include "idiomatic_loop.hpp"

namespace asyncbench {

namespace {

using asio_idiomatic::Loop;

StrategyInfo info_of(const char* name, const char* summary) {
  return {.name = name,
          .summary = summary,
          .library = asio_loop::library(),
          .waits = "epoll_wait",
          .family = family::kReadinessLoops,
          .operations = kAllButExchange - kFileOps,
          .in_all = false,
          .options = {{"receive_buffer_bytes", std::to_string(kReceiveBytes)},
                      {"receive_buffers", "one a connection"},
                      {"events_per_wait", "128"},
                      {"deadlines", "a steady_timer a connection, set for each operation"},
                      {"send", "async_write"}}};
}

class AsioIdiomatic final : public Strategy {
 public:
  AsioIdiomatic()
      : info_(info_of("asio:idiomatic",
                      "Boost.Asio by its book: async_write, async_read_some, steady_timer, nested "
                      "awaitables, any_io_executor")) {
    info_.options.push_back({"concurrency_hint", "1"});
    info_.options.push_back({"accept", "SO_REUSEPORT, one socket a loop"});
  }

  const StrategyInfo& info() const override { return info_; }

  void run(Job& job) override {
    struct Lane {
      Lane(Job& of, unsigned its_lane) : loop(of, its_lane), lane(its_lane) {}
      void run() { loop.run(lane); }
      void stop() { loop.stop(); }
      Loop loop;
      unsigned lane;
    };
    asio_loop::run_explained(info_.name, [&] {
      run_lanes(job, [&](unsigned lane) {
        job.lanes[lane].granted = {"epoll", "timerfd"};
        return Lane(job, lane);
      });
    });
  }

 private:
  StrategyInfo info_;
};

class AsioSharedContext final : public Strategy {
 public:
  AsioSharedContext()
      : info_(info_of("asio:shared_context",
                      "asio:idiomatic with one io_context that all threads run, and a strand for "
                      "each connection")) {
    info_.one_listener = true;
    info_.one_queue = true;
    info_.options.push_back({"concurrency_hint", "none: Asio takes its locks"});
    info_.options.push_back({"accept", "one socket, by whichever thread is free"});
    info_.options.push_back({"idle_threads", "one in epoll_wait, the others at its queue"});
  }

  const StrategyInfo& info() const override { return info_; }

  void run(Job& job) override {
    struct Lane {
      void run() { loop.run(lane); }
      void stop() { loop.stop(); }
      Loop& loop;
      unsigned lane;
    };
    asio_loop::run_explained(info_.name, [&] {
      Loop loop(job);
      run_lanes(job, [&](unsigned lane) {
        job.lanes[lane].granted = {"epoll", "timerfd"};
        return Lane{loop, lane};
      });
    });
  }

 private:
  StrategyInfo info_;
};

}  // namespace

std::unique_ptr<Strategy> make_asio_idiomatic() { return std::make_unique<AsioIdiomatic>(); }

std::unique_ptr<Strategy> make_asio_shared_context() {
  return std::make_unique<AsioSharedContext>();
}

}  // namespace asyncbench
