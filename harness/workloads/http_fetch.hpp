// One HTTP request after the other, in two forms: over the operations of a stream, and over
// Exchange.
#pragma once

#include <cstdint>
#include <optional>

#include "core/op.hpp"
#include "http/body.hpp"
#include "http/head_policy.hpp"
#include "http/request.hpp"
#include "http/response_reader.hpp"
#include "http/response_sink.hpp"
#include "measure/recorder.hpp"
#include "workloads/values.hpp"

namespace asyncbench::workloads {

// What to ask for, and what must come. For a foreign server, the expectation learns the body from
// the first reply.
struct HttpTarget {
  http::Request request;
  http::BodyExpectation expectation;
};

// Fetches over the operations of a stream: connects, asks, reads, retries. One task uses it and
// passes on its operations. The connection outlives a request.
class HttpFetch {
 public:
  // A body longer than `limits` allow ends its request as `limit`. `receiver` gets every body as it
  // is read; it may be null.
  explicit HttpFetch(Verify verify, http::ReaderLimits limits = {},
                     http::BodyReceiver* receiver = nullptr)
      : verify_(verify), receiver_(receiver), reader_(limits) {}

  // Returns the first operation of a request for `target`. Times and attempts go into `record`
  // until the request has ended. `has_idled`: time has passed since the last request, so that the
  // connection may have gone stale.
  Op begin(HttpTarget& target, Time deadline, bool has_idled, measure::RequestRecord& record);

  // The operation has ended: returns the next one, or nullopt when the request has ended.
  std::optional<Op> resume(const Completion& ended);

  // How and when the request ended.
  Outcome outcome() const { return outcome_; }
  Time ended_at() const { return ended_at_; }

  // Whether there is a connection; and, after a request, whether the next request may use it.
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

// Fetches over Exchange, for strategies that bring their own HTTP. It has the same members as
// HttpFetch; the connections are the strategy's.
class ExchangeFetch final : private http::ResponseSink {
 public:
  explicit ExchangeFetch(Verify verify, http::ReaderLimits limits = {},
                         http::BodyReceiver* receiver = nullptr)
      : verify_(verify), limits_(limits), receiver_(receiver) {}

  // See HttpFetch. The strategy itself finds out whether a connection has gone stale.
  Op begin(HttpTarget& target, Time deadline, bool has_idled, measure::RequestRecord& record);
  std::optional<Op> resume(const Completion& ended);

  Outcome outcome() const { return outcome_; }
  Time ended_at() const { return ended_at_; }

  // The task has no connection of its own, so there is none to close.
  static constexpr bool is_connected() { return false; }
  static constexpr bool is_reusable() { return false; }
  static Op close() { return op::Close{}; }

 private:
  bool head_line(std::span<const std::byte> line) override;
  bool body(std::span<const std::byte> bytes) override;
  void ended(const http::ExchangeEnd& end) override { end_ = end; }

  Outcome found();

  Verify verify_;
  http::ReaderLimits limits_;
  http::BodyReceiver* receiver_;
  bool is_too_long_ = false;
  unsigned responses_ = 0;  // since the last new connection that this task had
  measure::RequestRecord* record_ = nullptr;
  http::ResponseHeadPolicy policy_;
  http::BodyCheck body_;
  http::ExchangeEnd end_;
  Outcome outcome_ = Outcome::internal;
  Time ended_at_{};
};

}  // namespace asyncbench::workloads
