// The client's tasks, driven step by step: which operation they return for which answer.
#include "workloads/echo_client.hpp"

#include <gmock/gmock.h>

#include <deque>

#include "core/job.hpp"

namespace asyncbench::workloads {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Pair;

// For the task, a connection to an echo server: what it sends comes back, in order.
struct Wire {
  std::deque<std::byte> echo;

  void sent(std::span<const std::byte> bytes) {
    echo.insert(echo.end(), bytes.begin(), bytes.end());
  }

  // At most `most` bytes of the echo.
  std::vector<std::byte> received(std::size_t most) {
    const auto end = echo.begin() + static_cast<std::ptrdiff_t>(std::min(most, echo.size()));
    std::vector<std::byte> bytes(echo.begin(), end);
    echo.erase(echo.begin(), end);
    return bytes;
  }
};

// Performs one task's operations, or gives them other answers.
class Driver {
 public:
  explicit Driver(Task& task) : task_(task), op_(task.start(0)) {}

  // Performs the current operation; a Receive brings at most `most` bytes of the echo.
  void perform(std::size_t most = kReceiveBytes) {
    ++counts[kind_of(op_)];
    if (const auto* send = std::get_if<op::Send>(&op_)) wire.sent(send->bytes);
    if (kind_of(op_) == OpKind::close) wire.echo.clear();
    if (kind_of(op_) == OpKind::receive) {
      received_ = wire.received(most);
      answer({.data = received_});
    } else {
      answer({});
    }
  }

  void answer(const Completion& ended) { op_ = task_.resume(ended); }

  void perform_until(OpKind kind) {
    while (kind_of(op_) != kind) perform();
  }

  const Op& op() const { return op_; }

  Wire wire;
  std::map<OpKind, int> counts;

 private:
  Task& task_;
  Op op_;
  std::vector<std::byte> received_;
};

class EchoClient : public testing::Test {
 protected:
  EchoRun& make_run(EchoClientOptions options, bool open_window = true) {
    options.servers = {Endpoint::loopback(1)};
    options.verify = Verify::none;
    run_ = std::make_unique<EchoRun>(options, LoadOptions{.on_ready = [this] { ++readies_; }});
    if (open_window) run_->load().window().start_ns = to_ns(now());
    tasks_ = run_->make_tasks();
    return *run_;
  }

  void close_window() { run_->load().window().end_ns = to_ns(now()); }

  std::uint64_t ended(Outcome outcome) {
    const auto recording = run_->load().take();
    std::uint64_t sum = 0;
    for (const auto& phase : recording.ended) sum += phase[static_cast<std::size_t>(outcome)];
    return sum;
  }

  std::unique_ptr<EchoRun> run_;
  std::vector<std::unique_ptr<Task>> tasks_;
  int readies_ = 0;
};

TEST_F(EchoClient, SendsTheNextMessageWhenTheLastHasComeBack) {
  make_run({.connections = 1});
  Driver driver(*tasks_[0]);
  for (int i = 0; i < 3; ++i) {
    driver.perform_until(OpKind::receive);
    driver.perform(5);  // in two parts
    ASSERT_EQ(kind_of(driver.op()), OpKind::receive);
    driver.perform();
  }
  EXPECT_EQ(driver.counts[OpKind::send], 3);
  EXPECT_EQ(driver.counts[OpKind::connect], 1);
  EXPECT_EQ(ended(Outcome::ok), 3u);
}

TEST_F(EchoClient, NeverHasMoreUnderWayThanSocketBuffersTake) {
  constexpr std::uint64_t kMessage = 4 << 20;
  make_run({.connections = 1, .message_bytes = kMessage});
  Driver driver(*tasks_[0]);
  driver.perform_until(OpKind::connect);
  driver.perform();
  std::size_t most = 0;
  while (kind_of(driver.op()) == OpKind::send || kind_of(driver.op()) == OpKind::receive) {
    const auto* send = std::get_if<op::Send>(&driver.op());
    const bool sends = send != nullptr;
    const bool awaits_reply = sends && send->awaits_reply();
    driver.perform();
    most = std::max(most, driver.wire.echo.size());
    if (sends) {
      ASSERT_EQ(kind_of(driver.op()), awaits_reply ? OpKind::receive : OpKind::send);
    }
  }
  EXPECT_LE(most, 128u * 1024);
  EXPECT_EQ(ended(Outcome::ok), 1u);
}

TEST_F(EchoClient, TreatsAnEarlierEchoAsAMismatchAndClosesTheConnection) {
  make_run({.connections = 1});
  Driver driver(*tasks_[0]);
  driver.perform_until(OpKind::receive);
  const auto first = driver.wire.received(64);
  driver.answer({.data = first});
  driver.perform_until(OpKind::receive);
  driver.answer({.data = first});
  EXPECT_EQ(kind_of(driver.op()), OpKind::close);
  EXPECT_EQ(ended(Outcome::ok), 1u);
  EXPECT_EQ(ended(Outcome::content_mismatch), 1u);
}

TEST_F(EchoClient, TreatsAnEchoOfUnsentBytesAsAMismatch) {
  make_run({.connections = 1, .message_bytes = 1 << 20});
  Driver driver(*tasks_[0]);
  driver.perform_until(OpKind::receive);
  auto more = driver.wire.received(1 << 20);
  more.push_back(std::byte{0});
  driver.answer({.data = more});
  EXPECT_EQ(kind_of(driver.op()), OpKind::close);
  EXPECT_EQ(ended(Outcome::content_mismatch), 1u);
}

TEST_F(EchoClient, ConnectsAnewAfterAsManyMessagesAsAsked) {
  make_run({.connections = 1, .churn = 3});
  Driver driver(*tasks_[0]);
  while (driver.counts[OpKind::send] < 10) driver.perform();
  EXPECT_EQ(driver.counts[OpKind::connect], 4);
  EXPECT_EQ(driver.counts[OpKind::close], 3);
  EXPECT_EQ(ended(Outcome::ok), 9u);
}

TEST_F(EchoClient, ReportsHowAStreamFailed) {
  struct Case {
    std::size_t received;
    Completion then;
    Outcome outcome;
  };
  for (const Case& each :
       {Case{0, {}, Outcome::eof_before_response}, Case{20, {}, Outcome::truncated},
        Case{0, failed(std::errc::timed_out), Outcome::timeout_headers},
        Case{20, failed(std::errc::timed_out), Outcome::timeout_body},
        Case{20, failed(std::errc::connection_reset), Outcome::reset},
        Case{20, failed(std::errc::operation_canceled), Outcome::cancelled}}) {
    SCOPED_TRACE(name_of(each.outcome));
    make_run({.connections = 1});
    Driver driver(*tasks_[0]);
    driver.perform_until(OpKind::receive);
    if (each.received > 0) driver.perform(each.received);
    driver.answer(each.then);
    EXPECT_EQ(kind_of(driver.op()), OpKind::close);
    EXPECT_EQ(ended(each.outcome), 1u);
  }
}

TEST_F(EchoClient, IsReadyWhenTheIdleConnectionsAreOpenToo) {
  make_run({.connections = 1, .idle = 1});
  Driver active(*tasks_[0]);
  active.perform_until(OpKind::receive);
  active.perform();
  EXPECT_EQ(readies_, 0);
  Driver idle(*tasks_[1]);
  idle.perform_until(OpKind::receive);
  EXPECT_EQ(readies_, 0);
  idle.perform();
  EXPECT_EQ(readies_, 1);
}

TEST_F(EchoClient, ProvesIdleConnectionsAfterTheWindow) {
  make_run({.connections = 1, .idle = 1});
  Driver idle(*tasks_[1]);
  idle.perform_until(OpKind::receive);
  idle.perform();
  const int sends = idle.counts[OpKind::send];
  // No end of the window is known: it goes on waiting, for a while each time.
  idle.answer(failed(std::errc::timed_out));
  ASSERT_EQ(kind_of(idle.op()), OpKind::receive);
  EXPECT_LT(std::get<op::Receive>(idle.op()).deadline, now() + 1s);
  close_window();
  idle.answer(failed(std::errc::timed_out));
  ASSERT_EQ(kind_of(idle.op()), OpKind::receive);
  idle.answer(failed(std::errc::timed_out));
  idle.perform_until(OpKind::finish);
  EXPECT_EQ(idle.counts[OpKind::send], sends + 1);
  EXPECT_THAT(run_->idle_outcomes(), ElementsAre(Pair("ok", 1)));
}

TEST_F(EchoClient, ReportsIdleConnectionsThatWereNotKept) {
  for (const auto& [then, outcome] : {std::pair{Completion{}, "eof_before_response"},
                                      std::pair{failed(std::errc::connection_reset), "reset"}}) {
    make_run({.connections = 1, .idle = 1});
    Driver idle(*tasks_[1]);
    idle.perform_until(OpKind::receive);
    idle.perform();
    idle.answer(then);
    idle.perform_until(OpKind::finish);
    EXPECT_THAT(run_->idle_outcomes(), ElementsAre(Pair(outcome, 1)));
  }
}

TEST_F(EchoClient, CountsAnIdleConnectionThatCannotBeOpened) {
  make_run({.connections = 1, .idle = 1});
  Driver idle(*tasks_[1]);
  idle.perform_until(OpKind::connect);
  idle.answer(failed(std::errc::connection_refused));
  EXPECT_EQ(kind_of(idle.op()), OpKind::finish);
  EXPECT_THAT(run_->idle_outcomes(), ElementsAre(Pair("connect_refused", 1)));
}

}  // namespace
}  // namespace asyncbench::workloads
