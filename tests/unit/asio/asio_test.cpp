// What is these strategies' own: memory, fairness, errors, two backends in one program. The
// conformance suite covers the rest.
#include "strategies/asio/asio.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/endpoint.hpp"
#include "core/fd.hpp"
#include "counting_allocations.hpp"
#include "tests/scratch_folder.hpp"

namespace asyncbench {
namespace {

constexpr std::array<std::byte, 64> kMessage{};

// A listening socket on an ephemeral port of 127.0.0.1, or a Unix socket without a file.
class Listening {
 public:
  Listening() : Listening(Endpoint::loopback(0), 128) {}
  Listening(const Endpoint& at, int backlog)
      : fd_(::socket(at.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    EXPECT_EQ(::bind(fd_.get(), at.address(), at.size()), 0);
    EXPECT_EQ(::listen(fd_.get(), backlog), 0);
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    EXPECT_EQ(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&bound), &size), 0);
    endpoint_ = Endpoint(reinterpret_cast<const sockaddr*>(&bound), size);
  }
  int fd() const { return fd_.get(); }
  const Endpoint& endpoint() const { return endpoint_; }

 private:
  Fd fd_;
  Endpoint endpoint_;
};

// Sends back what it receives, until the end of the stream or an error.
class EchoTask final : public Task {
 public:
  Op start(unsigned) override { return op::Receive{}; }
  Op resume(const Completion& ended) override {
    switch (step_) {
      case Step::receive:
        if (ended.error || ended.data.empty()) return closing();
        step_ = Step::send;
        return op::Send{ended.data};
      case Step::send:
        if (ended.error) return closing();
        step_ = Step::receive;
        return op::Receive{};
      case Step::close:
        break;
    }
    return op::Finish{};
  }

 private:
  enum class Step { receive, send, close };
  Op closing() {
    step_ = Step::close;
    return op::Close{};
  }
  Step step_ = Step::receive;
};

class EchoAcceptor final : public Acceptor {
 public:
  explicit EchoAcceptor(int socket) : socket_(socket) {}
  int socket(unsigned) override { return socket_; }
  std::unique_ptr<Task> accepted(unsigned) override { return std::make_unique<EchoTask>(); }

 private:
  int socket_;
};

// A task that asks a function for its next operation; the count of ended operations is its clock.
class ScriptTask final : public Task {
 public:
  using Script = std::function<Op(int ended, const Completion&)>;
  explicit ScriptTask(Script script) : script_(std::move(script)) {}
  Op start(unsigned) override { return script_(0, {}); }
  Op resume(const Completion& ended) override { return script_(++ended_, ended); }

 private:
  Script script_;
  int ended_ = 0;
};

class Asio : public testing::TestWithParam<std::unique_ptr<Strategy> (*)()> {
 protected:
  void SetUp() override {
    const Support support = strategy_->host_support();
    if (!support) GTEST_SKIP() << support.reason;
  }

  LaneReport run_scripts(std::vector<ScriptTask::Script> scripts, std::stop_token stop = {}) {
    LaneReport lane;
    Job job{.lanes = {&lane, 1}, .stop = std::move(stop)};
    for (auto& script : scripts) {
      job.tasks.push_back(std::make_unique<ScriptTask>(std::move(script)));
    }
    strategy_->run(job);
    return lane;
  }

  std::unique_ptr<Strategy> strategy_ = GetParam()();
};

// An echo server that runs until it goes out of scope.
class EchoServer {
 public:
  explicit EchoServer(Strategy& strategy)
      : thread_([this, &strategy](const std::stop_token& stop) {
          LaneReport lane;
          Job job{.acceptor = &acceptor_, .lanes = {&lane, 1}, .stop = stop};
          strategy.run(job);
        }) {}
  const Endpoint& endpoint() const { return listening_.endpoint(); }

 private:
  Listening listening_;
  EchoAcceptor acceptor_{listening_.fd()};
  std::jthread thread_;
};

TEST_P(Asio, AllocatesNothingInSteadyState) {
  EchoServer server(*strategy_);
  constexpr int kTasks = 8;
  constexpr int kWarmUp = 200;
  constexpr int kMeasured = 4000;
  int round_trips = 0;
  std::uint64_t before = 0;
  std::uint64_t after = 0;
  bool received = true;
  std::vector<ScriptTask::Script> scripts(kTasks, [&](int ended, const Completion& c) -> Op {
    EXPECT_FALSE(c.error);
    if (ended == 0) return op::Connect{&server.endpoint(), now() + std::chrono::seconds(10)};
    if (ended % 2 == 1) {
      if (ended > 1) {
        received = received && c.data.size() == kMessage.size();
        ++round_trips;
        if (round_trips == kWarmUp * kTasks) before = allocations();
        if (round_trips == (kWarmUp + kMeasured) * kTasks) after = allocations();
        // The rest runs on, so that no task's end falls into the measured part.
        if (ended > 2 * (kWarmUp + 2 * kMeasured)) return op::Finish{};
      }
      return op::Send{kMessage};
    }
    return op::Receive{now() + std::chrono::seconds(10)};
  });
  const LaneReport lane = run_scripts(std::move(scripts));
  EXPECT_TRUE(received);
  EXPECT_EQ(after - before, 0U);
  EXPECT_GT(lane.wakeups, 0U);
  EXPECT_GT(lane.completions, static_cast<std::uint64_t>(kTasks * kMeasured));
}

TEST_P(Asio, DeliversAfterATimedOutReceiveWhatArrivesLater) {
  EchoServer server(*strategy_);
  run_scripts({[&](int ended, const Completion& c) -> Op {
    switch (ended) {
      case 0:
        return op::Connect{&server.endpoint()};
      case 1:
        EXPECT_FALSE(c.error);
        return op::Receive{now() + std::chrono::milliseconds(20)};
      case 2:
        EXPECT_EQ(c.error, std::errc::timed_out);
        return op::Receive{Time{}};
      case 3:
        EXPECT_EQ(c.error, std::errc::timed_out);
        return op::Send{kMessage};
      case 4:
        return op::Receive{now() + std::chrono::seconds(10)};
      default:
        EXPECT_FALSE(c.error);
        EXPECT_EQ(c.data.size(), kMessage.size());
        return op::Finish{};
    }
  }});
}

TEST_P(Asio, StopsATaskWhoseOperationsAllEndAtOnce) {
  std::stop_source stop;
  int after_stop = 0;
  run_scripts({[&](int ended, const Completion& c) -> Op {
                if (c.error) {
                  EXPECT_EQ(c.error, std::errc::operation_canceled);
                  return op::Finish{};
                }
                if (ended == 1000) stop.request_stop();
                if (ended > 1000) ++after_stop;
                return op::Sleep{Time{}};
              }},
              stop.get_token());
  EXPECT_LE(after_stop, 64);
}

TEST_P(Asio, NamesTheOperationThatTheKernelRefuses) {
  EchoAcceptor acceptor(-1);
  LaneReport lane;
  Job job{.acceptor = &acceptor, .lanes = {&lane, 1}};
  try {
    strategy_->run(job);
    ADD_FAILURE() << "listened on nothing";
  } catch (const StrategyError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("F_DUPFD"));
    EXPECT_THAT(error.what(), testing::HasSubstr("Bad file descriptor"));
  }
}

TEST_P(Asio, RunsTheTasksOfEveryLane) {
  EchoServer server(*strategy_);
  std::array<LaneReport, 3> lanes;
  Job job{.threads = 3, .lanes = lanes};
  for (int i = 0; i < 7; ++i) {
    job.tasks.push_back(std::make_unique<ScriptTask>([&](int ended, const Completion& c) -> Op {
      EXPECT_FALSE(c.error);
      if (ended == 0) return op::Connect{&server.endpoint()};
      if (ended == 1) return op::Close{.reset = true};
      return op::Finish{};
    }));
  }
  strategy_->run(job);
  EXPECT_EQ(lanes[0].completions, 6U);
  EXPECT_EQ(lanes[1].completions, 4U);
  EXPECT_EQ(lanes[2].completions, 4U);
  EXPECT_THAT(lanes[2].granted, testing::Contains(testing::AnyOf("epoll", "io_uring")));
}

// Between two requests; a Close without a stream ends at once, as a cached read does.
TEST_P(Asio, TasksGiveWayToOthersBetweenRequests) {
  constexpr int kRequests = 200;
  std::vector<int> begun;
  std::vector<ScriptTask::Script> scripts;
  for (int task = 0; task < 4; ++task) {
    scripts.push_back([&begun, task](int ended, const Completion&) -> Op {
      if (ended == 2 * kRequests) return op::Finish{};
      if (ended % 2 == 0) return op::Begin{};
      begun.push_back(task);
      return op::Close{};
    });
  }
  run_scripts(std::move(scripts));
  // The first one runs alone until the others have begun, and the last one in the end.
  const auto first = begun.begin() + 64;
  EXPECT_EQ(std::adjacent_find(first, begun.begin() + 3 * kRequests),
            begun.begin() + 3 * kRequests);
}

TEST_P(Asio, HasFileThreadsOnlyForWhatMayBlock) {
  const LaneReport none = run_scripts({[](int, const Completion&) -> Op { return op::Finish{}; }});
  EXPECT_EQ(none.counters.count("file_threads"), 0U);
  const LaneReport one = run_scripts({[](int ended, const Completion& c) -> Op {
    EXPECT_FALSE(c.error);
    if (ended == 0) return op::Open{"/dev/null", O_WRONLY | O_TRUNC};
    if (ended == 1) return op::CloseFile{static_cast<int>(c.size)};
    return op::Finish{};
  }});
  EXPECT_EQ(one.counters.at("file_threads"), 1U);
}

// What goes wrong in one connection must not leave the other tasks, or their files, hanging.
TEST_P(Asio, EndsItsTasksBeforeItReportsAFailure) {
  class FailingAcceptor final : public Acceptor {
   public:
    explicit FailingAcceptor(int socket) : socket_(socket) {}
    int socket(unsigned) override { return socket_; }
    std::unique_ptr<Task> accepted(unsigned) override {
      throw std::runtime_error("no task for this connection");
    }

   private:
    int socket_;
  };
  const Listening listening;
  FailingAcceptor acceptor(listening.fd());
  LaneReport lane;
  Job job{.acceptor = &acceptor, .lanes = {&lane, 1}};
  int finished = 0;
  int file = -1;
  job.tasks.push_back(std::make_unique<ScriptTask>([&](int ended, const Completion& c) -> Op {
    if (ended == 0) return op::Open{"/dev/null", O_RDONLY};
    if (ended == 1) file = static_cast<int>(c.size);
    if (ended == 1) return op::Connect{&listening.endpoint()};
    if (ended == 2) return op::Receive{};
    if (ended == 3) return op::CloseFile{file};
    ++finished;
    return op::Finish{};
  }));
  job.tasks.push_back(std::make_unique<ScriptTask>([&](int ended, const Completion& c) -> Op {
    if (ended == 0) return op::Sleep{now() + std::chrono::hours(1)};
    EXPECT_EQ(c.error, std::errc::operation_canceled);
    ++finished;
    return op::Finish{};
  }));
  try {
    strategy_->run(job);
    ADD_FAILURE() << "served a connection without a task";
  } catch (const StrategyError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("no task for this connection"));
  }
  EXPECT_EQ(finished, 2);
  EXPECT_EQ(::fcntl(file, F_GETFD), -1) << "the file is still open";
}

// The kernel refuses such a connect instead of going on with it, and tells nobody when it would.
TEST_P(Asio, ConnectsAUnixSocketWhenTheListenersQueueHasRoomAgain) {
  const test::ScratchFolder folder;
  const Listening full(Endpoint::unix_socket(folder.path() / "full").value(), 0);
  const auto connect = [&](int ended, const Completion& c) -> Op {
    EXPECT_FALSE(c.error);
    if (ended == 0) return op::Connect{&full.endpoint()};
    return op::Finish{};
  };
  run_scripts({connect});
  run_scripts({[&](int ended, const Completion& c) -> Op {
    if (ended == 0) return op::Connect{&full.endpoint(), now() + std::chrono::milliseconds(20)};
    if (ended == 1) {
      EXPECT_EQ(c.error, std::errc::timed_out);
      const Fd accepted(::accept(full.fd(), nullptr, nullptr));
      EXPECT_TRUE(accepted);
      return op::Connect{&full.endpoint(), now() + std::chrono::seconds(10)};
    }
    if (ended == 2) {
      EXPECT_FALSE(c.error) << c.error.message();
      return op::Send{kMessage};
    }
    EXPECT_FALSE(c.error) << c.error.message();
    return op::Finish{};
  }});
}

// Over io_uring the end of a cancellation must not be taken for that of another stream's operation,
// once the ring's entries are used for the second time.
TEST_P(Asio, TimesOutNoStreamButTheOneWhoseDeadlineHasPassed) {
  EchoServer server(*strategy_);
  constexpr int kIdle = 4;
  constexpr int kRoundTrips = 6000;  // together more than the ring has entries
  constexpr int kTimeouts = 100;
  std::stop_source stop;
  int idle = 0;
  std::vector<ScriptTask::Script> scripts(kIdle, [&](int ended, const Completion& c) -> Op {
    if (ended == 0) return op::Connect{&server.endpoint()};
    if (ended == 2 * kRoundTrips + 1) {
      ++idle;
      return op::Receive{};
    }
    if (ended > 2 * kRoundTrips) {
      EXPECT_EQ(c.error, std::errc::operation_canceled) << "after " << ended;
      return op::Finish{};
    }
    EXPECT_FALSE(c.error) << c.error.message();
    if (ended % 2 == 1) return op::Send{kMessage};
    return op::Receive{};
  });
  int timeouts = 0;
  bool is_connected = false;
  scripts.emplace_back([&](int ended, const Completion& c) -> Op {
    if (ended == 0) return op::Connect{&server.endpoint()};
    if (!is_connected) {
      EXPECT_FALSE(c.error) << c.error.message();
      is_connected = true;
    }
    if (idle < kIdle) return op::Sleep{now() + std::chrono::milliseconds(1)};
    if (timeouts > 0) {
      EXPECT_EQ(c.error, std::errc::timed_out) << c.error.message();
    }
    if (timeouts++ < kTimeouts) return op::Receive{now() + std::chrono::milliseconds(1)};
    stop.request_stop();
    return op::Finish{};
  });
  run_scripts(std::move(scripts), stop.get_token());
  EXPECT_EQ(timeouts, kTimeouts + 1);
}

INSTANTIATE_TEST_SUITE_P(Strategies, Asio,
                         testing::Values(&make_asio, &make_asio_coro, &make_asio_uring),
                         [](const auto& strategy) { return strategy.param()->info().name; });

// The symbols that a command prints. llvm-nm also prints a heading for each member of an archive.
std::vector<std::string> symbols_of(const std::string& command) {
  std::string text;
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  for (int c = 0; (c = std::fgetc(pipe)) != EOF;) text += static_cast<char>(c);
  EXPECT_EQ(::pclose(pipe), 0) << command;
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty() && !line.ends_with(".o:")) lines.push_back(line);
  }
  return lines;
}

// Asio's classes are not the same over epoll and over io_uring, under the same names: whatever both
// libraries showed to the linker, it would take for one.
TEST(AsioUring, ShowsTheLinkerItsFactoryAlone) {
  const std::string symbols = NM " --format=just-symbols --extern-only --quiet ";
  EXPECT_THAT(symbols_of(symbols + "--defined-only " ASIO_URING_OBJECT),
              testing::ElementsAre("_ZN10asyncbench15make_asio_uringEv"));
  EXPECT_THAT(symbols_of(symbols + "--undefined-only --demangle " ASIO_URING_OBJECT),
              testing::Each(testing::Not(testing::HasSubstr("boost::"))));
}

TEST(AsioUring, ContainsNothingOfTheEpollBackend) {
  const std::string symbols = NM " --format=just-symbols --demangle " ASIO_URING_OBJECT;
  EXPECT_THAT(symbols_of(symbols), testing::Contains(testing::HasSubstr("io_uring_service::run")));
  EXPECT_THAT(symbols_of(symbols), testing::Each(testing::Not(testing::HasSubstr("epoll"))));
}

}  // namespace
}  // namespace asyncbench
