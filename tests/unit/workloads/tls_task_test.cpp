// Both ends of a TLS connection in memory: which operations they take, and what their tasks see.
#include "workloads/tls/task.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "workloads/tls/error.hpp"

namespace asyncbench::workloads::tls {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

// Wants one operation after the other, and remembers how they ended.
class Script final : public Task {
 public:
  explicit Script(std::vector<Op> wanted) : wanted_(wanted.begin(), wanted.end()) {}

  Op start(unsigned /*lane*/) override { return next(); }
  Op resume(const Completion& ended) override {
    errors.push_back(ended.error);
    received.push_back(text_of(ended.data));
    return next();
  }

  std::vector<std::error_code> errors;
  std::vector<std::string> received;  // by each operation

  std::string all_received() const {
    std::string all;
    for (const std::string& each : received) all += each;
    return all;
  }

 private:
  Op next() {
    if (wanted_.empty()) return op::Finish{};
    const Op next = wanted_.front();
    wanted_.pop_front();
    return next;
  }
  std::deque<Op> wanted_;
};

// One end, whose task is performed step by step. What it was lent is overwritten when the promise
// of op::Receive ends.
class End {
 public:
  explicit End(std::unique_ptr<Task> task) : task_(std::move(task)) {}

  void connect_with(End& peer) { peer_ = &peer; }
  void receive_at_once(std::size_t bytes) { most_ = bytes; }
  void begin() { wanted_ = task_->start(0); }
  bool has_finished() const { return kind_of(wanted_) == OpKind::finish; }

  // Whether the operation could be performed.
  bool step() {
    const OpKind kind = kind_of(wanted_);
    if (kind == OpKind::finish) return false;
    if (kind == OpKind::receive && inbox_.empty() && !has_ended_) return false;
    performed.push_back(wanted_);
    if (kind != OpKind::begin && kind != OpKind::send) std::ranges::fill(lent_, std::byte{0xff});
    Completion ended;
    if (kind == OpKind::send) {
      const auto bytes = std::get<op::Send>(wanted_).bytes;
      peer_->inbox_.insert(peer_->inbox_.end(), bytes.begin(), bytes.end());
    } else if (kind == OpKind::receive) {
      const std::size_t size = std::min(most_, inbox_.size());
      const auto end = inbox_.begin() + static_cast<std::ptrdiff_t>(size);
      lent_.assign(inbox_.begin(), end);
      inbox_.erase(inbox_.begin(), end);
      ended.data = lent_;
    } else if (kind == OpKind::close) {
      peer_->has_ended_ = true;
    }
    wanted_ = task_->resume(ended);
    return true;
  }

  // The operation that is wanted ends so, whatever it is.
  void end_with(const Completion& ended) { wanted_ = task_->resume(ended); }

  std::vector<OpKind> kinds() const {
    std::vector<OpKind> kinds;
    for (const Op& op : performed) kinds.push_back(kind_of(op));
    return kinds;
  }

  std::vector<Op> performed;
  const Op& wanted() const { return wanted_; }

 private:
  std::unique_ptr<Task> task_;
  End* peer_ = nullptr;
  std::size_t most_ = 1 << 20;
  Op wanted_ = op::Finish{};
  std::vector<std::byte> inbox_;
  std::vector<std::byte> lent_;
  bool has_ended_ = false;
};

class TlsTasks : public testing::Test {
 protected:
  TlsTasks() {
    http::TlsSettings settings;
    settings.certificate = server_context_.certificate();
    client_context_.emplace(settings, ClientContext::Hosts{{&endpoint_, "127.0.0.1"}}, window_);
  }

  void make(std::vector<Op> client, std::vector<Op> server) {
    auto client_script = std::make_unique<Script>(std::move(client));
    auto server_script = std::make_unique<Script>(std::move(server));
    client_ = client_script.get();
    server_ = server_script.get();
    client_end_.emplace(std::make_unique<TlsTask>(std::move(client_script), *client_context_));
    server_end_.emplace(std::make_unique<TlsTask>(std::move(server_script), server_context_));
    client_end_->connect_with(*server_end_);
    server_end_->connect_with(*client_end_);
    client_end_->begin();
    server_end_->begin();
  }

  // Until neither end can go on.
  void run() {
    while (client_end_->step() || server_end_->step()) {
    }
  }

  const Endpoint endpoint_ = Endpoint::loopback(1);
  const Op connect_ = op::Connect{&endpoint_};
  measure::Window window_;
  ServerContext server_context_{{}};
  std::optional<ClientContext> client_context_;
  Script* client_ = nullptr;  // within the ends
  Script* server_ = nullptr;
  std::optional<End> client_end_;
  std::optional<End> server_end_;
};

const std::string kPing = "ping";
const std::string kPong = "pong!";

TEST_F(TlsTasks, CarryWhatTheirTasksSayInOneSendEach) {
  make({connect_, op::Send{bytes_of(kPing)}, op::Receive{}, op::Close{}},
       {op::Receive{}, op::Send{bytes_of(kPong)}, op::Receive{}, op::Close{}});
  run();
  EXPECT_TRUE(client_end_->has_finished());
  EXPECT_TRUE(server_end_->has_finished());
  EXPECT_THAT(client_->received, ElementsAre("", "", "pong!", ""));
  EXPECT_THAT(server_->received, ElementsAre("ping", "", "", ""));
  for (const Script* const task : {client_, server_}) {
    for (const std::error_code& error : task->errors) EXPECT_FALSE(error) << error.message();
  }
  using enum OpKind;
  // The handshake's last bytes go with the message, and so do the session tickets.
  EXPECT_THAT(client_end_->kinds(),
              ElementsAre(OpKind::connect, send, receive, send, receive, send, close));
  EXPECT_THAT(server_end_->kinds(),
              ElementsAre(receive, send, receive, send, receive, send, close));
}

TEST_F(TlsTasks, ReadWhatComesByteByByte) {
  make({connect_, op::Send{bytes_of(kPing)}, op::Receive{}, op::Close{}},
       {op::Receive{}, op::Send{bytes_of(kPong)}, op::Receive{}, op::Close{}});
  client_end_->receive_at_once(1);
  server_end_->receive_at_once(1);
  run();
  EXPECT_EQ(client_->all_received(), "pong!");
  EXPECT_EQ(server_->all_received(), "ping");
  EXPECT_TRUE(server_end_->has_finished());
}

TEST_F(TlsTasks, SendLongMessagesInPartsOfABoundedSize) {
  const std::string message(1'000'000, 'm');
  std::vector<Op> server(200, op::Receive{});
  make({connect_, op::Send{bytes_of(message)}, op::Close{}}, server);
  run();
  EXPECT_EQ(server_->all_received().size(), message.size());
  for (const Op& op : client_end_->performed) {
    if (const auto* sent = std::get_if<op::Send>(&op)) {
      EXPECT_LE(sent->bytes.size(), 66'000U);
    }
  }
}

TEST_F(TlsTasks, KeepWhatCameWithItWhileTheTaskDoesOtherThings) {
  make({connect_, op::Send{bytes_of(kPing)}, op::Send{bytes_of(kPong)}, op::Receive{}},
       {op::Receive{}, op::Sleep{Time{}}, op::Receive{}, op::Close{}});
  // Both messages are there when the server receives the first.
  while (client_end_->step()) {
  }
  while (server_end_->step()) {
    while (client_end_->step()) {
    }
  }
  EXPECT_THAT(server_->received, ElementsAre("ping", "", "pong!", ""));
  using enum OpKind;
  EXPECT_THAT(server_end_->kinds(),
              ElementsAre(receive, OpKind::send, receive, sleep, OpKind::send, close));
}

TEST_F(TlsTasks, KeepThePromiseToAwaitAReply) {
  const Time deadline = now() + std::chrono::seconds(5);
  make({connect_, op::Send{bytes_of(kPing), kNever, deadline}, op::Receive{deadline}, op::Close{}},
       {op::Receive{}, op::Send{bytes_of(kPong)}});
  run();
  const auto& performed = client_end_->performed;
  const auto promise = std::ranges::find_if(performed, [&](const Op& op) {
    const auto* const sent = std::get_if<op::Send>(&op);
    return sent != nullptr && sent->reply_deadline == deadline;
  });
  ASSERT_NE(promise, performed.end());
  const auto* const next = std::get_if<op::Receive>(&*std::next(promise));
  ASSERT_NE(next, nullptr);
  EXPECT_EQ(next->deadline, deadline);
}

TEST_F(TlsTasks, LeaveOtherConnectionsPlain) {
  const Endpoint other = Endpoint::loopback(2);
  make({op::Connect{&other}, op::Send{bytes_of(kPing)}, op::Close{}}, {});
  client_end_->step();
  client_end_->step();
  EXPECT_EQ(text_of(std::get<op::Send>(client_end_->performed.back()).bytes), "ping");
  client_end_->step();
  EXPECT_THAT(client_end_->kinds(), ElementsAre(OpKind::connect, OpKind::send, OpKind::close));
  EXPECT_TRUE(client_end_->has_finished());
}

TEST_F(TlsTasks, EndTheConnectWhereTheHandshakeFails) {
  make({connect_}, {op::Receive{}, op::Close{}});
  client_end_->step();        // Connect
  client_end_->step();        // Send
  client_end_->end_with({});  // the end of the stream
  EXPECT_EQ(kind_of(client_end_->wanted()), OpKind::close) << "there is to be no stream";
  client_end_->step();
  ASSERT_EQ(client_->errors.size(), 1U);
  EXPECT_EQ(outcome_of(client_->errors[0]), Outcome::tls_handshake);
}

TEST_F(TlsTasks, CloseAndFinishAfterAStop) {
  make({connect_, op::Send{bytes_of(kPing)}, op::Receive{}, op::Close{}}, {op::Receive{}});
  run();
  ASSERT_EQ(kind_of(client_end_->wanted()), OpKind::receive);
  const Completion cancelled = failed(std::errc::operation_canceled);
  client_end_->end_with(cancelled);
  EXPECT_EQ(client_->errors.back(), std::errc::operation_canceled);
  EXPECT_EQ(kind_of(client_end_->wanted()), OpKind::close);
  client_end_->step();
  EXPECT_TRUE(client_end_->has_finished());
}

TEST_F(TlsTasks, TellATruncatedStreamFromOneThatEnded) {
  for (const bool reset : {false, true}) {
    make({connect_, op::Send{bytes_of(kPing)}, op::Receive{}, op::Close{}},
         {op::Receive{}, op::Close{reset}});
    run();
    ASSERT_EQ(client_->errors.size(), 4U);
    EXPECT_EQ(outcome_of(client_->errors[2]),
              reset ? std::optional(Outcome::tls_truncated) : std::nullopt);
    EXPECT_THAT(client_->received[2], IsEmpty());
  }
}

TEST_F(TlsTasks, ReceiveAgainAfterADeadline) {
  make({connect_, op::Send{bytes_of(kPing)}, op::Receive{now()}, op::Receive{}, op::Close{}},
       {op::Receive{}, op::Send{bytes_of(kPong)}});
  while (kind_of(client_end_->wanted()) != OpKind::receive || client_->errors.size() < 2) {
    ASSERT_TRUE(client_end_->step() || server_end_->step());
  }
  client_end_->end_with(failed(std::errc::timed_out));
  EXPECT_EQ(client_->errors.back(), std::errc::timed_out);
  run();
  EXPECT_EQ(client_->all_received(), "pong!");
}

}  // namespace
}  // namespace asyncbench::workloads::tls
