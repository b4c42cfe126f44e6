#include "asio.hpp"

#include <array>
#include <boost/asio/version.hpp>
#include <boost/system/system_error.hpp>
#include <boost/version.hpp>
#include <exception>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "loop.hpp"

namespace asyncbench {

namespace {

using asio_loop::Loop;

constexpr const char* kNoFiles =
    "asio: regular files are always ready for epoll, and Debian's Asio reads files through "
    "io_uring "
    "alone; use uring or a thread strategy";

struct Lack {
  OpKind kind;
  const char* reason;
};
constexpr std::array kLacks{
    Lack{OpKind::open, kNoFiles},
    Lack{OpKind::read, kNoFiles},
    Lack{OpKind::write, kNoFiles},
    Lack{OpKind::sync, kNoFiles},
    Lack{OpKind::close_file, kNoFiles},
    Lack{OpKind::exchange, "asio: brings no HTTP of its own; the form over streams serves it"},
    Lack{OpKind::gather, "asio: scatter-gather is not implemented"},
};

StrategyInfo describe() {
  return {
      .name = "asio",
      .summary = "Boost.Asio: one io_context a thread, callbacks, operations tried at once",
      .library = "Boost " + std::to_string(BOOST_VERSION / 100000) + "." +
                 std::to_string(BOOST_VERSION / 100 % 1000) + ", Asio " +
                 std::to_string(BOOST_ASIO_VERSION / 100000) + "." +
                 std::to_string(BOOST_ASIO_VERSION / 100 % 1000) + "." +
                 std::to_string(BOOST_ASIO_VERSION % 100),
      .waits = "epoll_wait",
      .options = {{"receive_buffer_bytes", std::to_string(kReceiveBytes)},
                  {"concurrency_hint", "UNSAFE_IO"},
                  {"events_per_wait", "128"}},
  };
}

std::string explain(const boost::system::system_error& error) {
  std::string text = std::string("asio: ") + error.what();
  if (is_resource_shortage(error.code().value())) {
    text += "; raise the limit of open files (ulimit -n) or ask for fewer threads";
  }
  return text;
}

// The loops of one job, each in a thread of its own; the first in the caller's.
class Lanes {
 public:
  explicit Lanes(Job& job) {
    for (unsigned lane = 0; lane < job.threads; ++lane) {
      loops_.push_back(std::make_unique<Loop>(job, lane));
      job.lanes[lane].granted = {"epoll", "timerfd"};
    }
  }

  // Throws what the first failing loop threw, when all loops have ended.
  void run(const std::stop_token& stop) {
    const std::stop_callback on_stop(stop, [this] { stop_all(); });
    {
      std::vector<std::jthread> threads;
      try {
        for (std::size_t lane = 1; lane < loops_.size(); ++lane) {
          threads.emplace_back([this, lane] { run_loop(*loops_[lane]); });
        }
        run_loop(*loops_.front());
      } catch (...) {
        note_failure();
      }
    }
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void run_loop(Loop& loop) {
    try {
      loop.run();
    } catch (...) {
      note_failure();
    }
  }

  void note_failure() {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::current_exception();
    stop_all();
  }

  void stop_all() {
    for (const auto& loop : loops_) loop->stop();
  }

  std::vector<std::unique_ptr<Loop>> loops_;
  std::mutex mutex_;
  std::exception_ptr failure_;
};

class Asio final : public Strategy {
 public:
  const StrategyInfo& info() const override { return info_; }

  Support supports(const OpSet& needed) const override {
    for (const Lack& lack : kLacks) {
      if (needed.contains(lack.kind)) return Support::no(lack.reason);
    }
    return Support::yes();
  }

  void run(Job& job) override {
    try {
      Lanes(job).run(job.stop);
    } catch (const boost::system::system_error& error) {
      throw StrategyError(explain(error));
    } catch (const std::exception& error) {
      throw StrategyError(std::string("asio: ") + error.what());
    }
  }

 private:
  const StrategyInfo info_ = describe();
};

}  // namespace

std::unique_ptr<Strategy> make_asio() { return std::make_unique<Asio>(); }

}  // namespace asyncbench
