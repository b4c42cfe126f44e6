#include "ping_server.hpp"

#include <utility>

#include "resp.hpp"

namespace asyncbench::workloads::resp_ping {

namespace {

constexpr std::string_view kWrongReply = "+GNOP\r\n";

}  // namespace

// One connection. Its pings may come in pieces, or several at once.
class PingServer::Connection final : public Task {
 public:
  Connection(const PingServerOptions& options, measure::ServerCounters& counters)
      : options_(options), counters_(counters) {
    measure::add(counters_.connections);
  }

  Op start(unsigned /*lane*/) override { return receive(); }

  Op resume(const Completion& ended) override {
    if (ended.error) return fail(ended.error);
    switch (stage_) {
      case Stage::receiving:
        if (ended.data.empty()) return close();
        unread_ = text_of(ended.data);
        return read();
      case Stage::beginning:
        return answer();
      case Stage::sending:
        measure::add(counters_.responses);
        measure::add(counters_.response_body_bytes, kPong.size());
        return read();
      case Stage::closing:
        break;
    }
    return op::Finish{};
  }

 private:
  enum class Stage : std::uint8_t { receiving, beginning, sending, closing };

  Op receive() {
    stage_ = Stage::receiving;
    return op::Receive{};
  }

  // What a Receive brought stays valid until the next one.
  Op read() {
    while (!unread_.empty()) {
      const char next = unread_.front();
      unread_.remove_prefix(1);
      if (next != kPing[matched_]) {
        measure::add(counters_.bad_requests);
        return close();
      }
      if (++matched_ < kPing.size()) continue;
      matched_ = 0;
      ++pings_;
      measure::add(counters_.requests);
      stage_ = Stage::beginning;
      return op::Begin{};
    }
    return receive();
  }

  Op answer() {
    const bool is_due = options_.fault != Fault::none && pings_ % options_.fault_every == 0;
    if (!is_due) return send(kPong);
    measure::add(counters_.faults);
    switch (options_.fault) {
      case Fault::none:
        break;
      case Fault::wrong_reply:
        return send(kWrongReply);
      case Fault::close:
        return close();
      case Fault::silence:
        return read();
    }
    return send(kPong);
  }

  Op send(std::string_view reply) {
    stage_ = Stage::sending;
    // Some strategies wait for the send and for what comes next at once, if that is all there is.
    return op::Send{.bytes = bytes_of(reply),
                    .reply_deadline = unread_.empty() ? kNever : op::kNoReply};
  }

  // A stop ends a connection, too, and is no fault of it.
  Op fail(std::error_code error) {
    if (error != std::errc::operation_canceled) measure::add(counters_.resets);
    return close();
  }

  Op close() {
    stage_ = Stage::closing;
    return op::Close{};
  }

  const PingServerOptions& options_;
  measure::ServerCounters& counters_;
  Stage stage_ = Stage::receiving;
  std::string_view unread_;
  std::size_t matched_ = 0;  // of kPing
  std::uint64_t pings_ = 0;
};

PingServer::PingServer(Listener listener, const PingServerOptions& options)
    : options_(options), listener_(std::move(listener)) {
  for (unsigned lane = 0; lane < options.lanes; ++lane) {
    counters_.push_back(std::make_unique<measure::ServerCounters>());
  }
}

std::unique_ptr<Task> PingServer::accepted(unsigned lane) {
  return std::make_unique<Connection>(options_, *counters_[lane % counters_.size()]);
}

measure::ServerTotals PingServer::totals() const {
  measure::ServerTotals all;
  for (const auto& lane : counters_) all.merge(lane->totals());
  return all;
}

std::vector<std::uint64_t> PingServer::responses_by_lane() const {
  std::vector<std::uint64_t> responses;
  for (const auto& lane : counters_) responses.push_back(lane->totals().responses);
  return responses;
}

OpSet ping_server_ops() {
  return {OpKind::accept, OpKind::begin, OpKind::receive,
          OpKind::send,   OpKind::close, OpKind::finish};
}

}  // namespace asyncbench::workloads::resp_ping
