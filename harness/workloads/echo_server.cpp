#include "workloads/echo_server.hpp"

#include <utility>

#include "workloads/tls_ends.hpp"

namespace asyncbench::workloads {

// Sends what one receive brought back from where it lies. While a send waits for a client that does
// not read, nothing more is received, so a connection never holds more than one receive's bytes.
// There are no deadlines, so an idle connection costs no timer: all clients are ours or the user's.
class EchoServer::Connection final : public Task {
 public:
  Connection(EchoServer& server, measure::ServerCounters& counters)
      : server_(server), counters_(counters) {
    measure::add(counters_.connections);
  }

  // A message counts when its last byte has been received, or sent. A client that sends less than
  // one message, only to probe the connection, makes no request.
  ~Connection() override {
    const std::uint64_t bytes = server_.options_.message_bytes;
    measure::add(counters_.requests, received_ / bytes);
    measure::add(counters_.responses, sent_ / bytes);
    measure::add(counters_.response_body_bytes, sent_ / bytes * bytes);
    server_.open_.fetch_sub(1, std::memory_order_relaxed);
  }

  Op start(unsigned /*lane*/) override { return op::Receive{}; }

  Op resume(const Completion& ended) override {
    switch (stage_) {
      case Stage::receiving:
        return received(ended);
      case Stage::beginning:
        return send();
      case Stage::sending:
        return sent(ended);
      case Stage::closing:
        return op::Finish{};
    }
    return op::Finish{};
  }

 private:
  enum class Stage : std::uint8_t { receiving, beginning, sending, closing };

  Op received(const Completion& ended) {
    if (ended.error) return fail(ended.error);
    if (ended.data.empty()) return close();
    data_ = ended.data;
    const std::uint64_t bytes = server_.options_.message_bytes;
    const std::uint64_t messages_before = received_ / bytes;
    received_ += data_.size();
    if (received_ / bytes == messages_before) return send();
    stage_ = Stage::beginning;
    return op::Begin{};
  }

  Op send() {
    stage_ = Stage::sending;
    return op::Send{.bytes = data_, .reply_deadline = kNever};
  }

  Op sent(const Completion& ended) {
    if (ended.error) return fail(ended.error);
    sent_ += data_.size();
    stage_ = Stage::receiving;
    return op::Receive{};
  }

  Op fail(std::error_code error) {
    if (error != std::errc::operation_canceled) measure::add(counters_.resets);
    return close();
  }

  Op close() {
    stage_ = Stage::closing;
    return op::Close{};
  }

  EchoServer& server_;
  measure::ServerCounters& counters_;
  Stage stage_ = Stage::receiving;
  std::span<const std::byte> data_;
  // Added to the counters when the connection ends: atomics for each message would cost too much.
  std::uint64_t received_ = 0;
  std::uint64_t sent_ = 0;
};

EchoServer::EchoServer(Listener listener, const EchoServerOptions& options)
    : options_(options), listener_(std::move(listener)) {
  for (unsigned lane = 0; lane < options.lanes; ++lane) {
    counters_.push_back(std::make_unique<measure::ServerCounters>());
  }
}

std::unique_ptr<Task> EchoServer::accepted(unsigned lane) {
  const std::uint64_t open = open_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (on_opened) on_opened(open);
  return secured(std::make_unique<Connection>(*this, *counters_[lane % counters_.size()]),
                 options_.tls.get());
}

Address EchoServer::address() const {
  Address address{.port = listener_.port(), .path = listener_.path()};
  if (options_.tls) address.certificate = options_.tls->certificate();
  return address;
}

measure::ServerTotals EchoServer::totals() const {
  measure::ServerTotals all;
  for (const auto& lane : counters_) all.merge(lane->totals());
  return all;
}

std::vector<std::uint64_t> EchoServer::responses_by_lane() const {
  std::vector<std::uint64_t> responses;
  for (const auto& lane : counters_) responses.push_back(lane->totals().responses);
  return responses;
}

OpSet echo_server_ops() {
  return {OpKind::accept, OpKind::begin, OpKind::receive,
          OpKind::send,   OpKind::close, OpKind::finish};
}

}  // namespace asyncbench::workloads
