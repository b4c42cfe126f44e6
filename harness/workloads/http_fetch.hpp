// One HTTP request after the other over the operations of a stream: connects, asks, reads, retries.
#pragma once

#include <cstdint>
#include <optional>

#include "core/op.hpp"
#include "http/body.hpp"
#include "http/request.hpp"
#include "http/response_reader.hpp"
#include "measure/recorder.hpp"
#include "workloads/values.hpp"

namespace asyncbench::workloads {

// What to ask for, and what must come. The expectation of a foreign server's body learns from its
// first reply.
struct HttpTarget {
  http::Request request;
  http::BodyExpectation expectation;
};

// Used by one task, which passes on the operations. The connection outlives a request.
class HttpFetch {
 public:
  // A body longer than `limits` allow ends its request as `limit`. `receiver`: gets every body as it
  // is read; may be null.
  explicit HttpFetch(Verify verify, http::ReaderLimits limits = {},
                     http::BodyReceiver* receiver = nullptr)
      : verify_(verify), receiver_(receiver), reader_(limits) {}

  // The first operation of a request for `target`, whose times and attempts go into `record` until
  // the request has ended. `has_idled`: time has passed since the last one, in which a connection
  // may have gone stale.
  Op begin(HttpTarget& target, Time deadline, bool has_idled, measure::RequestRecord& record);

  // The operation has ended: the next one; nullopt when the request has ended.
  std::optional<Op> resume(const Completion& ended);

  // How and when the request ended.
  Outcome outcome() const { return outcome_; }
  Time ended_at() const { return ended_at_; }

  // Whether there is a connection, and after a request whether the next one may use it.
  bool is_connected() const { return is_connected_; }
  bool is_reusable() const { return is_reusable_; }

  // The operation that closes the connection, for the task to perform.
  Op close();

 private:
  enum class Stage : std::uint8_t { closing_to_retry, probing, connecting, sending, receiving };

  bool same_server() const;
  Op retry();
  Op connect();
  Op send();
  std::optional<Op> after_probe(const Completion& ended);
  std::optional<Op> after_connect(const Completion& ended);
  std::optional<Op> after_receive(const Completion& ended);
  std::optional<Op> after_stream_error(std::error_code error);
  bool may_retry() const;
  std::optional<Op> end(Outcome outcome, Time at, bool reusable = false);
  std::optional<Op> complete(Time at, bool reusable);

  Verify verify_;
  http::BodyReceiver* receiver_;
  Stage stage_ = Stage::connecting;
  bool is_connected_ = false;
  bool is_reusable_ = false;
  unsigned responses_ = 0;  // on this connection
  HttpTarget* target_ = nullptr;
  const http::Request* connected_to_ = nullptr;
  measure::RequestRecord* record_ = nullptr;
  Time deadline_ = kNever;
  http::BodyCheck body_;
  http::ResponseReader reader_;
  Outcome outcome_ = Outcome::internal;
  Time ended_at_{};
};

}  // namespace asyncbench::workloads
