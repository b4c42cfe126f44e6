#include "run/side.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "http/body.hpp"
#include "run/plan.hpp"
#include "workloads/http_client.hpp"
#include "workloads/http_server.hpp"

namespace asyncbench::run {
namespace {

using workloads::ClientRun;
using workloads::HttpServer;

// The whole response to a request for `target`, as `null` replays it.
std::vector<std::byte> canned_reply(std::string_view target, std::uint64_t body_bytes) {
  const std::string head = fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body_bytes);
  std::vector<std::byte> reply(head.size() + body_bytes);
  std::ranges::transform(head, reply.begin(), [](char c) { return static_cast<std::byte>(c); });
  const std::size_t phase = http::body_phase(target);
  for (std::uint64_t offset = 0; offset < body_bytes;) {
    const auto slice = http::body_slice(phase, offset, body_bytes - offset);
    std::ranges::copy(slice, reply.begin() + static_cast<std::ptrdiff_t>(head.size() + offset));
    offset += slice.size();
  }
  return reply;
}

std::vector<ClientRun::Target> targets_of(const order::Job& order) {
  if (!order.parameters.urls.empty()) {
    return workloads::url_targets(order.parameters, order.allowed_hosts);
  }
  // null connects to nothing, but its requests need an address to name.
  const std::uint16_t port = order.strategy == kNullStrategy ? std::uint16_t{1} : order.port;
  return workloads::origin_targets(order.parameters, port);
}

class ClientSide : public Side {
 public:
  ClientSide(const order::Job& order, const Strategy& strategy, std::size_t lanes,
             SideEvents events)
      : exchange_(must_exchange(strategy)), threads_(order.threads) {
    std::vector<ClientRun::Target> targets = targets_of(order);
    if (order.strategy == kNullStrategy) {
      canned_reply_ = canned_reply(targets.front().request.url.target, order.parameters.body_bytes);
    }
    run_ = std::make_unique<ClientRun>(
        ClientRun::Setup{.parameters = order.parameters,
                         .targets = std::move(targets),
                         .lanes = lanes,
                         .shared_lanes = !strategy.info().event_loop,
                         .window_expected = order.window_expected,
                         .request_budget = order.requests,
                         .seed = order.seed,
                         .on_ready = std::move(events.ready),
                         .on_budget_spent = std::move(events.budget_spent)});
  }

  void prepare(Job& job) override {
    job.tasks = run_->make_tasks(exchange_);
    job.threads = threads_;
    job.canned_reply = canned_reply_;
  }

  void set_window(const order::Go& go) override {
    // The end first: a task that sees the start must not take a window without an end for one.
    if (go.window_end_ns) run_->window().end_ns.store(*go.window_end_ns);
    run_->window().start_ns.store(go.window_start_ns);
  }

  std::int64_t window_end_ns() const override { return run_->window().end_ns.load(); }

  void fill(report::Record& record) override {
    record.recording = run_->take();
    record.arrivals_due = run_->arrivals_due_in_window();
    record.arrivals_before = run_->arrivals_due_before_window();
  }

 private:
  static bool must_exchange(const Strategy& strategy) {
    const Support stream = strategy.supports(workloads::client_stream_ops());
    if (stream) return false;
    if (strategy.supports(workloads::client_exchange_ops())) return true;
    throw StrategyError(stream.reason);
  }

  bool exchange_;
  unsigned threads_;
  std::vector<std::byte> canned_reply_;
  std::unique_ptr<ClientRun> run_;
};

class ServerSide : public Side {
 public:
  ServerSide(const order::Job& order, const Strategy& strategy) : threads_(order.threads) {
    const Support support = strategy.supports(workloads::server_ops());
    if (!support) throw StrategyError(support.reason);
    workloads::ServerOptions options;
    options.port = order.port;
    options.lanes = order.threads;
    options.seed = order.seed;
    server_ = std::make_unique<HttpServer>(options);
  }

  std::optional<std::uint16_t> port() const override { return server_->port(); }

  void prepare(Job& job) override {
    job.acceptor = server_.get();
    job.threads = threads_;
  }

  // Servers measure their usage over it; their tasks do not know it.
  void set_window(const order::Go& /*go*/) override {}
  std::int64_t window_end_ns() const override { return 0; }

  void fill(report::Record& record) override { record.server = server_->totals(); }

 private:
  unsigned threads_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace

std::size_t lanes_of(const StrategyInfo& info, unsigned threads, std::size_t cpus) {
  return std::max<std::size_t>(1, info.event_loop ? threads : cpus);
}

std::unique_ptr<Side> make_side(const order::Job& order, const Strategy& strategy,
                                std::size_t lanes, SideEvents events) {
  if (order.role == Role::server) return std::make_unique<ServerSide>(order, strategy);
  return std::make_unique<ClientSide>(order, strategy, lanes, std::move(events));
}

}  // namespace asyncbench::run
