#include "workloads/http_connection.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "measure/cpu.hpp"

namespace asyncbench::workloads {

namespace {

// Replies are gathered up to this size before they are sent.
constexpr std::size_t kOutputBytes = 64 * 1024;

// Bodies up to this size are copied behind their head, longer ones are sent from the table in
// place.
constexpr std::uint64_t kCopiedBodyBytes = 16 * 1024;

constexpr std::uint64_t kChunkBytes = 8 * 1024;

// How long a refused client may go on sending before the connection is closed on it.
constexpr Duration kLinger = std::chrono::milliseconds(200);

}  // namespace

HttpConnection::HttpConnection(HttpServer::Shared& server, measure::ServerCounters& counters,
                               bool is_refused)
    : server_(server),
      counters_(counters),
      is_refused_(is_refused),
      reader_(server.options.max_body_bytes),
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
  if (server_.fault != nullptr) {
    fault_ = server_.fault;
    return run_fault();
  }
  return receive();
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
      return fault_step_ended(ended);
    case Stage::closing:
      return op::Finish{};
  }
  return op::Finish{};
}

Op HttpConnection::receive() {
  stage_ = Stage::receiving;
  using State = http::RequestReader::State;
  switch (reader_.state()) {
    case State::head:
      return op::Receive{head_deadline_};
    case State::body:
      return op::Receive{body_deadline_};
    default:
      return op::Receive{at_ + server_.options.idle_timeout};
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
    if (output_.size() >= kOutputBytes) return flush(AfterSend::read_on);
    const http::RequestReader::State before = reader_.state();
    const http::RequestReader::Fed fed = reader_.feed(input_);
    input_ = input_.subspan(fed.taken);
    using State = http::RequestReader::State;
    switch (fed.state) {
      case State::ready:
        stage_ = Stage::beginning;
        return op::Begin{};
      case State::refused:
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
  path_ = path_of(reader_.target());
  is_head_ = reader_.method() == "HEAD";
  // HTTP/1.0 knows no chunks (RFC 9112, section 6.1), and its clients keep a connection only when
  // they are told so (appendix C.2.2).
  framing_ = path_.framing;
  if (framing_ == http::Framing::chunked && !reader_.http_1_1()) {
    framing_ = http::Framing::until_close;
  }
  closes_ = !reader_.keep_alive() || framing_ == http::Framing::until_close;
  says_keep_alive_ = !closes_ && !reader_.http_1_1();
  reader_.next();
  if (path_.fault != nullptr && (!path_.fault->only_reused || requests_ > 1)) {
    fault_ = path_.fault;
    return output_.empty() ? run_fault() : flush(AfterSend::fault);
  }
  if (backend_) return output_.empty() ? gather() : flush(AfterSend::gather);
  delayed_until_ = kNever;
  if (path_.delay > Duration::zero()) delayed_until_ = now() + drawn_delay();
  if (const auto thaw = server_.frozen_until(at_)) delayed_until_ = *thaw;
  if (delayed_until_ == kNever) return reply();
  return output_.empty() ? delay() : flush(AfterSend::delay);
}

// The replies so far are out; the received bytes do not outlive the Sleep.
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
  if (!backend_->answered()) {
    path_.status = 502;
    last_target_.clear();  // the path is another one now
  }
  return reply();
}

void HttpConnection::keep_input() {
  std::vector<std::byte> kept(input_.begin(), input_.end());
  kept_input_.swap(kept);
  input_ = kept_input_;
}

Duration HttpConnection::drawn_delay() {
  if (!path_.delay_exponential) return path_.delay;
  const double u = std::uniform_real_distribution<double>(0.0, 1.0)(random_);
  return Duration{
      static_cast<std::int64_t>(-std::log1p(-u) * static_cast<double>(path_.delay.count()))};
}

const http::OriginPath& HttpConnection::path_of(std::string_view target) {
  if (target == last_target_) return path_;
  last_target_ = target;
  phase_ = http::body_phase(target);
  path_ =
      http::parse_origin_path(target).value_or(http::OriginPath{.status = 404, .body_bytes = 0});
  return path_;
}

Op HttpConnection::reply() {
  if (path_.burn > Duration::zero()) measure::burn_cpu(path_.burn);
  const bool time_has_passed =
      stage_ == Stage::delaying || stage_ == Stage::gathering || path_.burn > Duration::zero();
  if (time_has_passed) at_ = now();
  append_reply_head(path_);
  body_sent_ = 0;
  body_pending_ = !is_head_ && path_.status != 204 && path_.status != 304 && path_.body_bytes > 0;
  if (body_pending_) return send_body();
  if (framing_ == http::Framing::chunked && !is_head_) output_ += "0\r\n\r\n";
  ++replies_in_output_;
  return read_on();
}

void HttpConnection::append_reply_head(const http::OriginPath& path) {
  http::ResponseHead head{.status = path.status, .close = closes_, .keep_alive = says_keep_alive_};
  head.chunked = framing_ == http::Framing::chunked;
  if (framing_ == http::Framing::length && path.status != 204)
    head.content_length = path.body_bytes;
  http::append_head(output_, head, date_.at(at_));
}

// Puts the body, or as much of it as the output takes, behind the head. A long one of known length
// goes out in slices of the table, without a copy.
Op HttpConnection::send_body() {
  if (framing_ == http::Framing::chunked) {
    append_body_pieces();
  } else if (path_.body_bytes <= kCopiedBodyBytes) {
    const auto slice = http::body_slice(phase_, 0, path_.body_bytes);
    output_.append(reinterpret_cast<const char*>(slice.data()), slice.size());
    body_sent_ = path_.body_bytes;
  } else if (output_.empty()) {
    const auto slice = http::body_slice(phase_, body_sent_, path_.body_bytes - body_sent_);
    body_sent_ += slice.size();
    body_bytes_in_output_ += slice.size();
    body_pending_ = body_sent_ < path_.body_bytes;
    replies_in_output_ += body_pending_ ? 0 : 1;
    stage_ = Stage::sending;
    after_send_ = AfterSend::read_on;
    return op::Send{slice, now() + server_.options.write_timeout};
  } else {
    return flush(AfterSend::read_on);
  }
  body_pending_ = body_sent_ < path_.body_bytes;
  if (body_pending_) return flush(AfterSend::read_on);
  body_bytes_in_output_ += path_.body_bytes;
  ++replies_in_output_;
  return read_on();
}

void HttpConnection::append_body_pieces() {
  std::array<char, 20> digits{};
  while (body_sent_ < path_.body_bytes && output_.size() < kOutputBytes) {
    const std::uint64_t size = std::min(kChunkBytes, path_.body_bytes - body_sent_);
    const auto slice = http::body_slice(phase_, body_sent_, size);
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
    output_.append(digits.data(), end);
    output_ += "\r\n";
    output_.append(reinterpret_cast<const char*>(slice.data()), slice.size());
    output_ += "\r\n";
    body_sent_ += size;
  }
  if (body_sent_ == path_.body_bytes) output_ += "0\r\n\r\n";
}

Op HttpConnection::refuse(unsigned status) {
  measure::add(counters_.bad_requests);
  closes_ = true;
  const std::string_view reason = http::reason_phrase(status);
  http::append_head(output_, {.status = status, .content_length = reason.size() + 1, .close = true},
                    date_.at(now()));
  output_ += reason;
  output_ += '\n';
  return flush(AfterSend::linger);
}

Op HttpConnection::flush(AfterSend then) {
  stage_ = Stage::sending;
  after_send_ = then;
  const bool awaits_reply =
      then == AfterSend::read_on && input_.empty() && !body_pending_ && !closes_;
  return op::Send{std::as_bytes(std::span(output_)), at_ + server_.options.write_timeout,
                  awaits_reply};
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
      return run_fault();
    case AfterSend::close:
      return close();
    case AfterSend::linger:
      return linger(now() + kLinger);
    case AfterSend::read_on:
      break;
  }
  if (!body_pending_) return read_on();
  at_ = now();
  return send_body();
}

Op HttpConnection::linger(Time until) {
  stage_ = Stage::lingering;
  head_deadline_ = until;
  return op::Receive{until};
}

Op HttpConnection::run_fault() {
  if (fault_step_ == 0) {
    measure::add(counters_.faults);
    keep_input();
  }
  stage_ = Stage::in_fault;
  if (fault_step_ == fault_->steps.size()) return close();
  namespace step = http::fault_step;
  return std::visit(
      Overloaded{[&](const step::SendBytes& send) -> Op {
                   return op::Send{std::as_bytes(std::span(send.bytes)),
                                   now() + server_.options.write_timeout};
                 },
                 [&](const step::Drip& drip) -> Op {
                   const auto byte = std::as_bytes(std::span(drip.bytes)).subspan(dripped_ / 2, 1);
                   if (dripped_ % 2 == 1) return op::Sleep{now() + drip.gap};
                   return op::Send{byte, now() + server_.options.write_timeout};
                 },
                 [&](const step::Pause& pause) -> Op { return op::Sleep{now() + pause.time}; },
                 [&](const step::Stall&) -> Op { return op::Receive{}; },
                 [&](const step::Close&) -> Op { return close(); },
                 [&](const step::Reset&) -> Op { return close(true); },
                 [&](const step::KeepAlive&) -> Op {
                   fault_step_ = 0;
                   return read_on();
                 }},
      fault_->steps[fault_step_]);
}

Op HttpConnection::fault_step_ended(const Completion& ended) {
  if (ended.error) return close();
  const http::FaultStep& step = fault_->steps[fault_step_];
  if (std::holds_alternative<http::fault_step::Stall>(step)) {
    // Only the client's leaving ends a stall; what it says meanwhile is ignored.
    return ended.data.empty() ? close() : run_fault();
  }
  if (const auto* drip = std::get_if<http::fault_step::Drip>(&step)) {
    if (++dripped_ < 2 * drip->bytes.size()) return run_fault();
    dripped_ = 0;
  }
  ++fault_step_;
  return run_fault();
}

Op HttpConnection::close(bool reset) {
  stage_ = Stage::closing;
  return op::Close{reset};
}

}  // namespace asyncbench::workloads
