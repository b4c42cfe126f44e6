#include "workloads/http_fetch.hpp"

#include "workloads/op_outcome.hpp"

namespace asyncbench::workloads {

Op HttpFetch::begin(HttpTarget& target, Time deadline, bool has_idled,
                    measure::RequestRecord& record) {
  begin_with(target, record);
  deadline_ = deadline;
  if (!is_connected_) return connect();
  if (connected_to_ != &target.request && !same_server()) return retry();
  connected_to_ = &target.request;
  if (!has_idled) return send();
  // Bytes or an end that came in the meantime belong to no request: such a connection must not be
  // used.
  stage_ = Stage::probing;
  return op::Receive{Time{}};  // long past, but no difference of times overflows
}

std::optional<Op> HttpFetch::resume(const Completion& ended) {
  switch (stage_) {
    case Stage::receiving:
      return after_receive(ended);
    case Stage::sending:
      if (ended.error) return after_stream_error(ended.error);
      stage_ = Stage::receiving;
      return op::Receive{deadline_};
    case Stage::connecting:
      return after_connect(ended);
    case Stage::probing:
      return after_probe(ended);
    case Stage::closing_to_retry:
      return connect();
  }
  return std::nullopt;
}

Op HttpFetch::close() {
  is_connected_ = false;
  return op::Close{};
}

bool HttpFetch::same_server() const {
  const http::Url& connected = connected_to_->url;
  const http::Url& wanted = target_->request.url;
  return connected.host == wanted.host && connected.port == wanted.port &&
         connected.is_secure == wanted.is_secure;
}

Op HttpFetch::retry() {
  stage_ = Stage::closing_to_retry;
  return close();
}

Op HttpFetch::connect() {
  stage_ = Stage::connecting;
  responses_ = 0;
  record_->connect_begun = now();
  return op::Connect{&target_->request.to, deadline_};
}

Op HttpFetch::send() {
  stage_ = Stage::sending;
  begin_body();
  reader_.begin(target_->request.method, body_);
  return op::Send{std::as_bytes(std::span(target_->request.wire)), deadline_, deadline_};
}

std::optional<Op> HttpFetch::after_probe(const Completion& ended) {
  if (ended.error == std::errc::timed_out) return send();
  if (ended.error == std::errc::operation_canceled) return end(Outcome::cancelled, now());
  return retry();
}

std::optional<Op> HttpFetch::after_connect(const Completion& ended) {
  if (ended.error) return end(outcome_of_connect(ended.error), now());
  record_->connected = now();
  is_connected_ = true;
  connected_to_ = &target_->request;
  return send();
}

std::optional<Op> HttpFetch::after_receive(const Completion& ended) {
  if (ended.error) return after_stream_error(ended.error);
  if (ended.data.empty()) {
    reader_.end_of_stream();
    if (reader_.outcome() == Outcome::eof_before_response && may_retry()) {
      record_->attempts = 2;
      return retry();
    }
    return complete(now(), false);
  }
  const Time at = now();
  if (record_->first_byte == kNever) record_->first_byte = at;
  const http::ResponseReader::Fed fed = reader_.feed(ended.data);
  if (fed.state == http::ResponseReader::State::reading) return op::Receive{deadline_};
  // Bytes beyond the response answer no request of ours, so the connection ends.
  return complete(at, fed.state == http::ResponseReader::State::done &&
                          fed.taken == ended.data.size() && reader_.keep_alive() &&
                          target_->request.keep_alive);
}

std::optional<Op> HttpFetch::after_stream_error(std::error_code error) {
  Outcome outcome = outcome_of_stream(error, reader_.head_complete());
  // Nothing can be missing where nothing came.
  if (outcome == Outcome::tls_truncated && !reader_.anything_received()) {
    outcome = Outcome::eof_before_response;
  }
  const bool has_gone = outcome == Outcome::reset || outcome == Outcome::eof_before_response;
  if (!has_gone || !may_retry()) return end(outcome, now());
  record_->attempts = 2;
  return retry();
}

// A server may close an idle connection at any moment. When no byte of the answer has come by then,
// the request is sent once more on a fresh connection: GET and HEAD are idempotent, and libcurl
// does so with a POST, too.
bool HttpFetch::may_retry() const {
  return responses_ > 0 && record_->attempts == 1 && !reader_.anything_received();
}

std::optional<Op> HttpFetch::complete(Time at, bool reusable) {
  Outcome outcome = reader_.outcome();
  if (outcome == Outcome::ok && !body_.end(!reader_.has_body())) {
    outcome = Outcome::content_mismatch;
  }
  record_->body_bytes = body_.length();
  record_->status = reader_.status();
  ++responses_;
  return end(outcome, at, reusable);
}

std::optional<Op> HttpFetch::end(Outcome outcome, Time at, bool reusable) {
  outcome_ = outcome;
  ended_at_ = at;
  is_reusable_ = reusable;
  return std::nullopt;
}

Op ExchangeFetch::begin(HttpTarget& target, Time deadline, bool /*has_idled*/,
                        measure::RequestRecord& record) {
  begin_with(target, record);
  end_ = {};
  is_too_long_ = false;
  policy_.begin(target.request.method);
  chunks_.begin(limits_.max_body_bytes, &body_);
  begin_body();
  return op::Exchange{&target.request, this, deadline};
}

std::optional<Op> ExchangeFetch::resume(const Completion& ended) {
  ended_at_ = now();
  record_->first_byte = end_.first_byte;
  record_->attempts = end_.attempts;
  record_->body_bytes = body_.length();
  record_->status = policy_.status();
  if (end_.new_connection) {
    responses_ = 0;
    record_->connect_begun = record_->begun;
    record_->connected = end_.connected;
  }
  ++responses_;
  outcome_ = ended.error ? Outcome::cancelled : found();
  return std::nullopt;
}

bool ExchangeFetch::head_line(std::span<const std::byte> line) {
  return policy_.line({reinterpret_cast<const char*>(line.data()), line.size()});
}

bool ExchangeFetch::body(std::span<const std::byte> bytes) {
  if (policy_.chunked()) {
    const Outcome so_far = outcome_of(chunks_.feed(bytes).state);
    return so_far == Outcome::ok || so_far == Outcome::truncated;
  }
  is_too_long_ = body_.length() + bytes.size() > limits_.max_body_bytes;
  if (!is_too_long_) body_.bytes(bytes);
  return !is_too_long_;
}

// What our own policy found comes first: a library may take a broken response for a good one, or an
// aborted transfer for an error of its own.
Outcome ExchangeFetch::found() {
  if (policy_.outcome() != Outcome::ok) return policy_.outcome();
  if (is_too_long_) return Outcome::limit;
  const bool is_chunked = policy_.has_body() && policy_.chunked();
  const Outcome chunks = is_chunked ? outcome_of(chunks_.state()) : Outcome::ok;
  if (chunks != Outcome::ok && chunks != Outcome::truncated) return chunks;
  if (end_.outcome != Outcome::ok) return end_.outcome;
  // A library may also take a part of a response for the whole.
  if (!policy_.complete()) {
    return policy_.untouched() ? Outcome::eof_before_response : Outcome::truncated;
  }
  if (chunks != Outcome::ok) return chunks;
  if (!http::is_success(policy_.status())) return Outcome::http_status;
  return body_.end(!policy_.has_body()) ? Outcome::ok : Outcome::content_mismatch;
}

}  // namespace asyncbench::workloads
