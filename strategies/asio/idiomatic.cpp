// `asio:idiomatic`: Boost.Asio as its documentation and most programs use it. The other strategies
// of this folder show what it gives at best.
#include "asio.hpp"
#include "asio_strategy.hpp"
#include "core/run_lanes.hpp"
#include "idiomatic_loop.hpp"

namespace asyncbench {

namespace {

class AsioIdiomatic final : public Strategy {
 public:
  const StrategyInfo& info() const override { return info_; }

  void run(Job& job) override {
    asio_loop::run_explained(info_.name, [&] {
      run_lanes(job, [&](unsigned lane) {
        job.lanes[lane].granted = {"epoll", "timerfd"};
        return asio_idiomatic::Loop(job, lane);
      });
    });
  }

 private:
  const StrategyInfo info_{
      .name = "asio:idiomatic",
      .summary =
          "Boost.Asio by its book: async_write, async_read_some, steady_timer, nested "
          "awaitables, any_io_executor",
      .library = asio_loop::library(),
      .waits = "epoll_wait",
      .family = family::kReadinessLoops,
      .operations = kAllButExchange - kFileOps,
      .in_all = false,
      .options = {{"receive_buffer_bytes", std::to_string(kReceiveBytes)},
                  {"receive_buffers", "one a connection"},
                  {"concurrency_hint", "1"},
                  {"accept", "SO_REUSEPORT, one socket a loop"},
                  {"events_per_wait", "128"},
                  {"deadlines", "a steady_timer a connection, set for each operation"},
                  {"send", "async_write"}},
  };
};

}  // namespace

std::unique_ptr<Strategy> make_asio_idiomatic() { return std::make_unique<AsioIdiomatic>(); }

}  // namespace asyncbench
