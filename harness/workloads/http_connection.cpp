#include "workloads/http_connection.hpp"

#include <cmath>

#include "measure/cpu.hpp"

namespace asyncbench::workloads {

namespace {

// How long a refused client may go on sending before the connection is closed on it.
constexpr Duration kLinger = std::chrono::milliseconds(200);

}  // namespace

HttpConnection::HttpConnection(HttpServer::Shared& server, measure::ServerCounters& counters,
                               bool is_refused)
    : server_(server),
      counters_(counters),
      is_refused_(is_refused),
      reader_(server.options.max_body_bytes),
      fault_(server.options.write_timeout),
      random_(static_cast<std::minstd_rand::result_type>(
          server.options.seed * 48271 + server.accepted.load(std::memory_order_relaxed))) {
  if (server.options.make_backend) backend_ = server.options.make_backend();
}

HttpConnection::~HttpConnection() {
  measure::add(counters_.requests, requests_);
  measure::add(counters_.responses, replies_);
  measure::add(counters_.response_body_bytes, body_bytes_);
  server_.open_connections.fetch_sub(1, std::memory_order_relaxed);
}

Op HttpConnection::start(unsigned) {
  if (is_refused_) {
    measure::add(counters_.refused);
    return refuse(503);
  }
  measure::add(counters_.connections);
  return server_.fault != nullptr ? begin_fault(*server_.fault) : receive();
}

Op HttpConnection::resume(const Completion& ended) {
  switch (stage_) {
    case Stage::receiving:
      return received(ended);
    case Stage::beginning:
      return handle_request();
    case Stage::delaying:
      return ended.error ? close() : reply();
    case Stage::gathering:
      return gathered(ended);
    case Stage::sending:
      return sent(ended);
    case Stage::lingering:
      return ended.error || ended.data.empty() ? close() : linger(head_deadline_);
    case Stage::in_fault:
      return go_on_with_fault(fault_.resume(ended));
    case Stage::closing:
      return op::Finish{};
  }
  return op::Finish{};
}

Op HttpConnection::receive() {
  stage_ = Stage::receiving;
  return op::Receive{receive_deadline()};
}

Time HttpConnection::receive_deadline() const {
  using State = http::RequestReader::State;
  switch (reader_.state()) {
    case State::head:
      return head_deadline_;
    case State::body:
      return body_deadline_;
    default:
      return at_ + server_.options.idle_timeout;
  }
}

Op HttpConnection::received(const Completion& ended) {
  if (ended.error == std::errc::timed_out) {
    measure::add(counters_.timeouts);
    at_ = now();
    const bool in_request = reader_.state() != http::RequestReader::State::idle;
    return in_request ? refuse(408) : close();
  }
  if (ended.error == std::errc::operation_canceled) return close();
  if (ended.error) {
    measure::add(counters_.resets);
    return close();
  }
  if (ended.data.empty()) return close();
  at_ = now();
  input_ = ended.data;
  return read_on();
}

// Reads requests from the input until one is whole, or the input has been used up.
Op HttpConnection::read_on() {
  while (!input_.empty() && !closes_) {
    if (output_.size() >= OriginReply::kOutputBytes) return flush(AfterSend::read_on);
    const http::RequestReader::State before = reader_.state();
    const http::RequestReader::Fed fed = reader_.feed(input_);
    input_ = input_.subspan(fed.taken);
    using State = http::RequestReader::State;
    switch (fed.state) {
      case State::ready:
        stage_ = Stage::beginning;
        return op::Begin{};
      case State::refused:
        measure::add(counters_.bad_requests);
        return refuse(reader_.refusal_status());
      case State::head:
        if (before == State::idle) head_deadline_ = at_ + server_.options.header_timeout;
        break;
      case State::body:
        if (before != State::body) body_deadline_ = at_ + server_.options.body_timeout;
        if (reader_.take_expects_continue()) output_ += "HTTP/1.1 100 Continue\r\n\r\n";
        break;
      case State::idle:
        break;
    }
  }
  if (output_.empty()) return closes_ ? close() : receive();
  return flush(closes_ ? AfterSend::close : AfterSend::read_on);
}

Op HttpConnection::handle_request() {
  ++requests_;
  reply_.begin(reader_);
  closes_ = reply_.closes();
  reader_.next();
  const http::OriginPath& path = reply_.path();
  if (path.fault != nullptr && (!path.fault->only_reused || requests_ > 1)) {
    return output_.empty() ? begin_fault(*path.fault) : flush(AfterSend::fault);
  }
  if (backend_) return output_.empty() ? gather() : flush(AfterSend::gather);
  delayed_until_ = kNever;
  if (path.delay > Duration::zero()) delayed_until_ = now() + drawn_delay();
  if (const auto thaw = server_.frozen_until(at_)) delayed_until_ = *thaw;
  if (delayed_until_ == kNever) return reply();
  return output_.empty() ? delay() : flush(AfterSend::delay);
}

// The replies so far have been sent. The received bytes do not outlive the Sleep, so they are kept.
Op HttpConnection::delay() {
  keep_input();
  stage_ = Stage::delaying;
  return op::Sleep{delayed_until_};
}

Op HttpConnection::gather() {
  keep_input();
  stage_ = Stage::gathering;
  return op::Gather{backend_->ask()};
}

Op HttpConnection::gathered(const Completion& ended) {
  if (ended.error) return close();
  if (!backend_->answered()) reply_.answer_instead(502);
  return reply();
}

void HttpConnection::keep_input() {
  std::vector<std::byte> kept(input_.begin(), input_.end());
  kept_input_.swap(kept);
  input_ = kept_input_;
}

Duration HttpConnection::drawn_delay() {
  const http::OriginPath& path = reply_.path();
  if (!path.delay_exponential) return path.delay;
  const double u = std::uniform_real_distribution<double>(0.0, 1.0)(random_);
  return Duration{
      static_cast<std::int64_t>(-std::log1p(-u) * static_cast<double>(path.delay.count()))};
}

Op HttpConnection::reply() {
  const Duration burn = reply_.path().burn;
  if (burn > Duration::zero()) measure::burn_cpu(burn);
  const bool time_has_passed =
      stage_ == Stage::delaying || stage_ == Stage::gathering || burn > Duration::zero();
  if (time_has_passed) at_ = now();
  if (output_.empty() && input_.empty()) {
    if (const std::string* const made = reply_.repeated(server_.replies, at_)) {
      return send_repeated(*made);
    }
  }
  reply_.append_head(output_, at_);
  return send_body();
}

Op HttpConnection::send_repeated(const std::string& reply) {
  stage_ = Stage::sending;
  after_send_ = AfterSend::read_on;
  body_bytes_in_output_ = reply_.body_bytes();
  replies_in_output_ = 1;
  return op::Send{std::as_bytes(std::span(reply)), at_ + server_.options.write_timeout,
                  receive_deadline()};
}

Op HttpConnection::send_body() {
  if (reply_.goes_in_slices()) {
    if (!output_.empty()) return flush(AfterSend::read_on);
    const auto slice = reply_.take_slice();
    body_bytes_in_output_ += slice.size();
    replies_in_output_ += reply_.is_whole() ? 1 : 0;
    stage_ = Stage::sending;
    after_send_ = AfterSend::read_on;
    return op::Send{slice, at_ + server_.options.write_timeout};
  }
  reply_.append_body(output_);
  if (!reply_.is_whole()) return flush(AfterSend::read_on);
  body_bytes_in_output_ += reply_.body_bytes();
  ++replies_in_output_;
  return read_on();
}

Op HttpConnection::refuse(unsigned status) {
  closes_ = true;
  const std::string_view reason = http::reason_phrase(status);
  http::append_head(output_, {.status = status, .content_length = reason.size() + 1, .close = true},
                    http::DateField{}.at(now()));
  output_ += reason;
  output_ += '\n';
  return flush(AfterSend::linger);
}

Op HttpConnection::flush(AfterSend then) {
  stage_ = Stage::sending;
  after_send_ = then;
  const bool awaits_reply =
      then == AfterSend::read_on && input_.empty() && reply_.is_whole() && !closes_;
  return op::Send{std::as_bytes(std::span(output_)), at_ + server_.options.write_timeout,
                  awaits_reply ? receive_deadline() : op::kNoReply};
}

Op HttpConnection::sent(const Completion& ended) {
  if (ended.error) {
    const bool timed_out = ended.error == std::errc::timed_out;
    if (ended.error != std::errc::operation_canceled) {
      measure::add(timed_out ? counters_.timeouts : counters_.resets);
    }
    return close(timed_out);
  }
  replies_ += replies_in_output_;
  body_bytes_ += body_bytes_in_output_;
  replies_in_output_ = 0;
  body_bytes_in_output_ = 0;
  output_.clear();
  switch (after_send_) {
    case AfterSend::delay:
      return delay();
    case AfterSend::gather:
      return gather();
    case AfterSend::fault:
      return begin_fault(*reply_.path().fault);
    case AfterSend::close:
      return close();
    case AfterSend::linger:
      return linger(now() + kLinger);
    case AfterSend::read_on:
      break;
  }
  // A long reply takes the time that its reader takes.
  if (reply_.goes_in_slices() || !reply_.is_whole()) at_ = now();
  return reply_.is_whole() ? read_on() : send_body();
}

Op HttpConnection::linger(Time until) {
  stage_ = Stage::lingering;
  head_deadline_ = until;
  return op::Receive{until};
}

Op HttpConnection::begin_fault(const http::FaultScript& script) {
  measure::add(counters_.faults);
  keep_input();
  return go_on_with_fault(fault_.begin(script));
}

Op HttpConnection::go_on_with_fault(const std::optional<Op>& next) {
  if (!next) return read_on();
  stage_ = kind_of(*next) == OpKind::close ? Stage::closing : Stage::in_fault;
  return *next;
}

Op HttpConnection::close(bool reset) {
  stage_ = Stage::closing;
  return op::Close{reset};
}

}  // namespace asyncbench::workloads
