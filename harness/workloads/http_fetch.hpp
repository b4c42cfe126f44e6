// One HTTP request after the other, in two forms: over the operations of a stream, and over
// Exchange.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/op.hpp"
#include "http/body.hpp"
#include "http/chunked_body.hpp"
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
  std::string name = {};  // as people know it: the user's URL, or the origin's path
};

// What both forms have in common.
class Fetch {
 public:
  // How and when the request ended.
  Outcome outcome() const { return outcome_; }
  Time ended_at() const { return ended_at_; }

 protected:
  // `receiver` gets every body as it is read; it may be null.
  Fetch(Verify verify, http::BodyReceiver* receiver) : verify_(verify), receiver_(receiver) {}

  void begin_with(HttpTarget& target, measure::RequestRecord& record) {
    target_ = &target;
    record_ = &record;
    record.target = &target.name;
  }

  // The body that comes next answers a request for the target.
  void begin_body() {
    if (verify_ == Verify::none && target_->expectation.is_foreign()) {
      body_.begin_unchecked(receiver_);
    } else {
      body_.begin(target_->expectation, verifies(verify_, responses_), receiver_);
    }
  }

  Verify verify_;
  http::BodyReceiver* receiver_;
  HttpTarget* target_ = nullptr;
  unsigned responses_ = 0;  // since the last new connection
  measure::RequestRecord* record_ = nullptr;
  http::BodyCheck body_;
  Outcome outcome_ = Outcome::internal;
  Time ended_at_{};
};

// Fetches over the operations of a stream: connects, asks, reads, retries. One task uses it and
// passes on its operations. The connection outlives a request.
class HttpFetch : public Fetch {
 public:
  // A body longer than `limits` allow ends its request as `limit`.
  explicit HttpFetch(Verify verify, http::ReaderLimits limits = {},
                     http::BodyReceiver* receiver = nullptr)
      : Fetch(verify, receiver), reader_(limits) {}

  // Returns the first operation of a request for `target`. Times and attempts go into `record`
  // until the request has ended. `has_idled`: time has passed since the last request, so that the
  // connection may have gone stale.
  Op begin(HttpTarget& target, Time deadline, bool has_idled, measure::RequestRecord& record);

  // The operation has ended: returns the next one, or nullopt when the request has ended.
  std::optional<Op> resume(const Completion& ended);

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

  Stage stage_ = Stage::connecting;
  bool is_connected_ = false;
  bool is_reusable_ = false;
  const http::Request* connected_to_ = nullptr;
  Time deadline_ = kNever;
  http::ResponseReader reader_;
};

// Fetches over Exchange, for strategies that bring their own HTTP. It has the same members as
// HttpFetch; the connections are the strategy's.
class ExchangeFetch final : public Fetch, private http::ResponseSink {
 public:
  explicit ExchangeFetch(Verify verify, http::ReaderLimits limits = {},
                         http::BodyReceiver* receiver = nullptr)
      : Fetch(verify, receiver), limits_(limits) {}

  // See HttpFetch. The strategy itself finds out whether a connection has gone stale.
  Op begin(HttpTarget& target, Time deadline, bool has_idled, measure::RequestRecord& record);
  std::optional<Op> resume(const Completion& ended);

  // The task has no connection of its own, so there is none to close.
  static constexpr bool is_connected() { return false; }
  static constexpr bool is_reusable() { return false; }
  static Op close() { return op::Close{}; }

 private:
  bool head_line(std::span<const std::byte> line) override;
  bool body(std::span<const std::byte> bytes) override;
  void ended(const http::ExchangeEnd& end) override { end_ = end; }

  Outcome found();

  http::ReaderLimits limits_;
  bool is_too_long_ = false;
  http::ResponseHeadPolicy policy_;
  http::ChunkedBody chunks_;
  http::ExchangeEnd end_;
};

}  // namespace asyncbench::workloads
