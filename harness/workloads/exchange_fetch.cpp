#include "workloads/exchange_fetch.hpp"

namespace asyncbench::workloads {

Op ExchangeFetch::begin(HttpTarget& target, Time deadline, bool /*has_idled*/,
                        measure::RequestRecord& record) {
  record_ = &record;
  end_ = {};
  is_too_long_ = false;
  policy_.begin(target.request.method);
  body_.begin(target.expectation, verifies(verify_, responses_), receiver_);
  return op::Exchange{&target.request, this, deadline};
}

std::optional<Op> ExchangeFetch::resume(const Completion& ended) {
  ended_at_ = now();
  record_->first_byte = end_.first_byte;
  record_->attempts = end_.attempts;
  record_->body_bytes = body_.length();
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
  is_too_long_ = body_.length() + bytes.size() > limits_.max_body_bytes;
  if (!is_too_long_) body_.bytes(bytes);
  return !is_too_long_;
}

// The findings of our own policy come first: a library may see a broken response as a good one, or
// an aborted transfer as an error of its own.
Outcome ExchangeFetch::found() {
  if (policy_.outcome() != Outcome::ok) return policy_.outcome();
  if (is_too_long_) return Outcome::limit;
  if (end_.outcome != Outcome::ok) return end_.outcome;
  if (!http::is_success(policy_.status())) return Outcome::http_status;
  return body_.end(!policy_.has_body()) ? Outcome::ok : Outcome::content_mismatch;
}

}  // namespace asyncbench::workloads
