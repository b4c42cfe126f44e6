#include "workloads/echo_client.hpp"

#include <algorithm>
#include <utility>

#include "core/job.hpp"
#include "workloads/echo_message.hpp"
#include "workloads/stream_outcome.hpp"

namespace asyncbench::workloads {

namespace {

// How much may be under way in one connection at most. A server that sends before it receives on,
// as ours does, would otherwise wait for a client that waits for it: each for room in the other's
// socket buffers. Those take at least this much each way (tcp(7), tcp_wmem and tcp_rmem as loopback
// sizes them; socket(7), net.core.wmem_default for Unix sockets).
constexpr std::uint64_t kUnderWayMax = 128 * 1024;

class EchoClient final : public Task {
 public:
  EchoClient(EchoRun& run, unsigned index)
      : run_(run),
        flow_(run.load(), index),
        message_(run.options().numbered ? index : 0, run.options().message_bytes) {}

  Op start(unsigned lane) override {
    flow_.start(lane);
    return next_message(now());
  }

  Op resume(const Completion& ended) override {
    switch (stage_) {
      case Stage::sleeping:
        if (ended.error) {
          flow_.give_up();
          return finish();
        }
        return next_message(now());
      case Stage::beginning:
        return is_connected_ ? begin_message() : connect();
      case Stage::connecting:
        return after_connect(ended);
      case Stage::sending:
        return ended.error ? after_error(ended.error) : go_on();
      case Stage::receiving:
        return ended.error ? after_error(ended.error) : after_receive(ended.data);
      case Stage::closing_to_go_on:
        return next_message(now());
      case Stage::closing_to_finish:
        return op::Finish{};
    }
    return op::Finish{};
  }

 private:
  enum class Stage : std::uint8_t {
    sleeping,
    beginning,
    connecting,
    sending,
    receiving,
    closing_to_go_on,
    closing_to_finish
  };

  // `at`: now, or what RequestFlow::end() returned.
  Op next_message(Time at) {
    const Op next = flow_.next(at);
    if (kind_of(next) == OpKind::finish) return finish();
    stage_ = kind_of(next) == OpKind::sleep ? Stage::sleeping : Stage::beginning;
    return next;
  }

  Op finish() { return is_connected_ ? close(Stage::closing_to_finish) : op::Finish{}; }

  Op close(Stage then) {
    is_connected_ = false;
    stage_ = then;
    return op::Close{};
  }

  Time deadline() { return flow_.record().begun + run_.options().deadline; }

  Op connect() {
    stage_ = Stage::connecting;
    messages_ = 0;
    flow_.record().connect_begun = now();
    return op::Connect{&run_.server(flow_.index()), deadline()};
  }

  Op after_connect(const Completion& ended) {
    if (ended.error) {
      return next_message(flow_.end(outcome_of_connect(ended.error), now()));
    }
    flow_.record().connected = now();
    is_connected_ = true;
    return begin_message();
  }

  Op begin_message() {
    if (run_.options().numbered) message_.begin(flow_.requests());
    check_.begin(message_, verifies(run_.options().verify, messages_));
    sent_ = 0;
    return go_on();
  }

  Op go_on() {
    if (!may_send()) {
      stage_ = Stage::receiving;
      return op::Receive{deadline()};
    }
    stage_ = Stage::sending;
    const auto piece = message_.piece(sent_, room());
    sent_ += piece.size();
    return op::Send{piece, deadline(), !may_send()};
  }

  std::uint64_t room() const { return kUnderWayMax - (sent_ - check_.length()); }

  // Small pieces where a little room has come up would only cost system calls.
  bool may_send() const {
    const std::uint64_t rest = message_.size() - sent_;
    return rest > 0 && room() >= std::min<std::uint64_t>(rest, kReceiveBytes);
  }

  Op after_receive(std::span<const std::byte> data) {
    if (data.empty()) {
      return fail(check_.length() == 0 ? Outcome::eof_before_response : Outcome::truncated);
    }
    const Time at = now();
    measure::RequestRecord& record = flow_.record();
    if (record.first_byte == kNever) record.first_byte = at;
    check_.bytes(data);
    if (check_.is_complete()) return complete(at);
    // Nobody can send back what we have not sent yet.
    if (check_.length() > sent_) return fail(Outcome::content_mismatch);
    return go_on();
  }

  Op complete(Time at) {
    ++messages_;
    flow_.record().body_bytes = message_.size();
    // After a wrong echo nobody knows what comes next on this connection.
    if (!check_.matches()) return fail(Outcome::content_mismatch);
    const Time ended = flow_.end(Outcome::ok, at);
    return messages_ == run_.options().churn ? close(Stage::closing_to_go_on) : next_message(ended);
  }

  Op after_error(std::error_code error) {
    return fail(outcome_of_stream(error, check_.length() >= kEchoHeadBytes));
  }

  Op fail(Outcome outcome) {
    flow_.end(outcome, now());
    return close(Stage::closing_to_go_on);
  }

  EchoRun& run_;
  RequestFlow flow_;
  Stage stage_ = Stage::sleeping;
  bool is_connected_ = false;
  std::uint64_t messages_ = 0;  // answered on this connection
  std::uint64_t sent_ = 0;      // of the message
  EchoMessage message_;
  EchoCheck check_;
};

}  // namespace

std::unique_ptr<Task> make_echo_client(EchoRun& run, unsigned index) {
  return std::make_unique<EchoClient>(run, index);
}

OpSet echo_client_ops() {
  return {OpKind::begin, OpKind::connect, OpKind::receive, OpKind::send,
          OpKind::close, OpKind::sleep,   OpKind::finish};
}

}  // namespace asyncbench::workloads
