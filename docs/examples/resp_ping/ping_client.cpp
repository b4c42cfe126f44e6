#include "ping_client.hpp"

#include <cstdint>

#include "resp.hpp"
#include "workloads/op_outcome.hpp"
#include "workloads/request_task.hpp"

namespace asyncbench::workloads::resp_ping {

namespace {

class PingClient final : public RequestTask<PingClient> {
 public:
  PingClient(PingRun& run, unsigned index) : RequestTask(run.load, index), run_(run) {}

  Op begin_request(const Completion& /*begun*/) { return is_connected_ ? send() : connect(); }

  Op go_on(const Completion& ended) {
    switch (stage_) {
      case Stage::connecting:
        return after_connect(ended.error);
      case Stage::sending:
        return ended.error ? fail(outcome_of_stream(ended.error, false)) : receive();
      case Stage::receiving:
        return ended.error ? fail(outcome_of_stream(ended.error, false))
                           : after_receive(ended.data);
      case Stage::closing_to_go_on:
        return next_request(now());
      case Stage::closing_to_finish:
        break;
    }
    return op::Finish{};
  }

  Op finish() { return is_connected_ ? close(Stage::closing_to_finish) : op::Finish{}; }

 private:
  enum class Stage : std::uint8_t {
    connecting,
    sending,
    receiving,
    closing_to_go_on,
    closing_to_finish
  };

  Time deadline() { return flow_.record().begun + run_.deadline; }

  Op connect() {
    stage_ = Stage::connecting;
    flow_.record().connect_begun = now();
    return op::Connect{&run_.servers[flow_.index() % run_.servers.size()], deadline()};
  }

  Op after_connect(std::error_code error) {
    const Time at = now();
    if (error) return next_request(flow_.end(outcome_of_connect(error), at));
    flow_.record().connected = at;
    is_connected_ = true;
    return send();
  }

  Op send() {
    stage_ = Stage::sending;
    received_ = 0;
    return op::Send{bytes_of(kPing), deadline(), deadline()};
  }

  Op receive() {
    stage_ = Stage::receiving;
    return op::Receive{deadline()};
  }

  // A reply may come in pieces.
  Op after_receive(std::span<const std::byte> data) {
    if (data.empty()) {
      return fail(received_ == 0 ? Outcome::eof_before_response : Outcome::truncated);
    }
    const Time at = now();
    if (received_ == 0) flow_.record().first_byte = at;
    const bool is_right = kPong.substr(received_).starts_with(text_of(data));
    received_ += data.size();
    flow_.record().body_bytes = received_;
    if (!is_right) return fail(Outcome::content_mismatch);
    if (received_ < kPong.size()) return receive();
    return next_request(flow_.end(Outcome::ok, at));
  }

  // What comes next on this connection is unknown, so the next ping has a new one.
  Op fail(Outcome outcome) {
    flow_.end(outcome, now());
    return close(Stage::closing_to_go_on);
  }

  Op close(Stage then) {
    is_connected_ = false;
    stage_ = then;
    return op::Close{};
  }

  PingRun& run_;
  Stage stage_ = Stage::connecting;
  bool is_connected_ = false;
  std::size_t received_ = 0;  // of the reply
};

}  // namespace

std::unique_ptr<Task> make_ping_client(PingRun& run, unsigned index) {
  return std::make_unique<PingClient>(run, index);
}

OpSet ping_client_ops() {
  return {OpKind::begin, OpKind::connect, OpKind::receive, OpKind::send,
          OpKind::close, OpKind::sleep,   OpKind::finish};
}

}  // namespace asyncbench::workloads::resp_ping
