// One HTTP request after the other over Exchange, for strategies that bring their own HTTP.
#pragma once

#include <cstdint>
#include <optional>

#include "core/op.hpp"
#include "http/body.hpp"
#include "http/head_policy.hpp"
#include "http/response_reader.hpp"
#include "http/response_sink.hpp"
#include "measure/recorder.hpp"
#include "workloads/http_fetch.hpp"

namespace asyncbench::workloads {

// Asks as HttpFetch does, and says the same of what came. Connections are the strategy's.
class ExchangeFetch final : private http::ResponseSink {
 public:
  explicit ExchangeFetch(Verify verify, http::ReaderLimits limits = {},
                         http::BodyReceiver* receiver = nullptr)
      : verify_(verify), limits_(limits), receiver_(receiver) {}

  // See HttpFetch. Whether a connection has gone stale is for the strategy to find out.
  Op begin(HttpTarget& target, Time deadline, bool has_idled, measure::RequestRecord& record);
  std::optional<Op> resume(const Completion& ended);

  Outcome outcome() const { return outcome_; }
  Time ended_at() const { return ended_at_; }

  // No connection of the task's own, hence none to close.
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
