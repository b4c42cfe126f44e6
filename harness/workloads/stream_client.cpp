// The HTTP client over Connect, Send, Receive and Close.
#include "http/response_reader.hpp"
#include "workloads/http_client.hpp"
#include "workloads/stream_outcome.hpp"

namespace asyncbench::workloads {

namespace {

class StreamClient final : public Task {
 public:
  StreamClient(ClientRun& run, unsigned index) : run_(run), flow_(run.load(), index) {}

  Op start(unsigned lane) override {
    flow_.start(lane);
    return next_request(now());
  }

  Op resume(const Completion& ended) override {
    switch (stage_) {
      case Stage::sleeping:
        if (ended.error) {
          flow_.give_up();
          return finish();
        }
        return next_request(now());
      case Stage::beginning:
        return obtain_connection();
      case Stage::probing:
        return after_probe(ended);
      case Stage::connecting:
        return after_connect(ended);
      case Stage::sending:
        if (ended.error) return after_stream_error(ended.error);
        stage_ = Stage::receiving;
        return op::Receive{deadline()};
      case Stage::receiving:
        return after_receive(ended);
      case Stage::closing_to_retry:
        return connect();
      case Stage::closing_to_go_on:
        return next_request(now());
      case Stage::closing_to_finish:
        return op::Finish{};
    }
    return op::Finish{};
  }

 private:
  enum class Stage : std::uint8_t {
    sleeping,
    beginning,
    probing,
    connecting,
    sending,
    receiving,
    closing_to_retry,
    closing_to_go_on,
    closing_to_finish
  };

  // `at`: now, or what RequestFlow::end() returned.
  Op next_request(Time at) {
    const Op next = flow_.next(at);
    if (kind_of(next) == OpKind::finish) return finish();
    stage_ = kind_of(next) == OpKind::sleep ? Stage::sleeping : Stage::beginning;
    return next;
  }

  Op finish() {
    if (!is_connected_) return op::Finish{};
    return close(Stage::closing_to_finish);
  }

  Op close(Stage then) {
    is_connected_ = false;
    stage_ = then;
    return op::Close{};
  }

  Op obtain_connection() {
    target_ = &run_.target(flow_.index(), flow_.requests());
    if (!is_connected_) return connect();
    if (connected_to_ != &target_->request && !same_server()) return close(Stage::closing_to_retry);
    connected_to_ = &target_->request;
    if (!flow_.has_idled()) return send();
    // Whatever has come in the meantime, bytes or the end, belongs to no request: such a connection
    // must not be used.
    stage_ = Stage::probing;
    return op::Receive{Time{}};  // long past, yet far from overflowing a difference
  }

  Time deadline() { return flow_.record().begun + run_.deadline(); }

  bool same_server() const {
    return connected_to_->url.host == target_->request.url.host &&
           connected_to_->url.port == target_->request.url.port;
  }

  Op after_probe(const Completion& ended) {
    if (ended.error == std::errc::timed_out) return send();
    if (ended.error == std::errc::operation_canceled) return fail(Outcome::cancelled);
    return close(Stage::closing_to_retry);
  }

  Op connect() {
    stage_ = Stage::connecting;
    responses_ = 0;
    flow_.record().connect_begun = now();
    return op::Connect{&target_->request.to, deadline()};
  }

  Op after_connect(const Completion& ended) {
    if (ended.error) {
      return next_request(flow_.end(outcome_of_connect(ended.error), now()));
    }
    flow_.record().connected = now();
    is_connected_ = true;
    connected_to_ = &target_->request;
    return send();
  }

  Op send() {
    stage_ = Stage::sending;
    body_.begin(target_->expectation, run_.verifies(responses_));
    reader_.begin(target_->request.method, body_);
    return op::Send{std::as_bytes(std::span(target_->request.wire)), deadline(), true};
  }

  Op after_receive(const Completion& ended) {
    if (ended.error) return after_stream_error(ended.error);
    if (ended.data.empty()) {
      reader_.end_of_stream();
      if (reader_.outcome() == Outcome::eof_before_response && may_retry()) return retry();
      return complete(now(), false);
    }
    const Time at = now();
    measure::RequestRecord& record = flow_.record();
    if (record.first_byte == kNever) record.first_byte = at;
    const http::ResponseReader::Fed fed = reader_.feed(ended.data);
    if (fed.state == http::ResponseReader::State::reading) return op::Receive{deadline()};
    // Bytes beyond the response answer no request of ours.
    return complete(at, fed.state == http::ResponseReader::State::done &&
                            fed.taken == ended.data.size() && reader_.keep_alive() &&
                            target_->request.keep_alive);
  }

  Op complete(Time at, bool reusable) {
    Outcome outcome = reader_.outcome();
    if (outcome == Outcome::ok && !body_.end(!reader_.has_body()))
      outcome = Outcome::content_mismatch;
    flow_.record().body_bytes = body_.length();
    ++responses_;
    const Time ended = flow_.end(outcome, at);
    return reusable ? next_request(ended) : close(Stage::closing_to_go_on);
  }

  // A server may close an idle connection at any moment. When that meets a request of which no byte
  // was answered, the request is asked once more on a fresh connection: GET and HEAD are
  // idempotent.
  bool may_retry() {
    return responses_ > 0 && flow_.record().attempts == 1 && !reader_.anything_received();
  }

  Op retry() {
    flow_.record().attempts = 2;
    return close(Stage::closing_to_retry);
  }

  Op after_stream_error(std::error_code error) {
    if (error == std::errc::operation_canceled) return fail(Outcome::cancelled);
    if (error == std::errc::timed_out) {
      return fail(reader_.head_complete() ? Outcome::timeout_body : Outcome::timeout_headers);
    }
    if (may_retry()) return retry();
    return fail(Outcome::reset);
  }

  Op fail(Outcome outcome) {
    flow_.end(outcome, now());
    return close(Stage::closing_to_go_on);
  }

  ClientRun& run_;
  RequestFlow flow_;
  Stage stage_ = Stage::sleeping;
  bool is_connected_ = false;
  unsigned responses_ = 0;  // on this connection
  ClientRun::Target* target_ = nullptr;
  const http::Request* connected_to_ = nullptr;
  http::BodyCheck body_;
  http::ResponseReader reader_;
};

}  // namespace

std::unique_ptr<Task> make_stream_client(ClientRun& run, unsigned index) {
  return std::make_unique<StreamClient>(run, index);
}

}  // namespace asyncbench::workloads
