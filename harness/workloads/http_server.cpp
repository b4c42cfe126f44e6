#include "workloads/http_server.hpp"

#include <stdexcept>

#include "http/body.hpp"
#include "workloads/http_connection.hpp"
#include "workloads/tls_ends.hpp"

namespace asyncbench::workloads {

std::optional<Time> HttpServer::Shared::frozen_until(Time at) const {
  if (options.freeze_every == Duration::zero()) return std::nullopt;
  const Duration since = at - t0;
  const Duration into_period = since % options.freeze_every;
  if (since < options.freeze_every || into_period >= options.freeze_for) return std::nullopt;
  return at - into_period + options.freeze_for;
}

HttpServer::HttpServer(const ServerOptions& options) : shared_(std::make_unique<Shared>(options)) {
  if (!options.fault.empty()) {
    shared_->fault = http::find_fault(options.fault);
    if (shared_->fault == nullptr) {
      throw std::invalid_argument("unknown fault " + options.fault + "; see docs/faults.md");
    }
  }
  for (unsigned lane = 0; lane < options.lanes; ++lane) {
    shared_->counters.push_back(std::make_unique<measure::ServerCounters>());
  }
}

HttpServer::~HttpServer() = default;

// TLS encrypts into memory of its own.
std::span<const std::byte> HttpServer::long_replies() const {
  return shared_->options.tls ? std::span<const std::byte>{} : http::body_memory();
}

int HttpServer::socket(unsigned lane) { return shared_->listener.socket(lane); }

std::unique_ptr<Task> HttpServer::accepted(unsigned lane) {
  shared_->accepted.fetch_add(1, std::memory_order_relaxed);
  const std::size_t open = shared_->open_connections.fetch_add(1, std::memory_order_relaxed) + 1;
  const bool is_refused =
      shared_->options.max_connections > 0 && open > shared_->options.max_connections;
  measure::ServerCounters& counters = *shared_->counters[lane % shared_->counters.size()];
  return secured(std::make_unique<HttpConnection>(*shared_, counters, is_refused),
                 shared_->options.tls.get());
}

unsigned HttpServer::opened_by_each() const { return shared_->options.backend_connections; }

std::uint16_t HttpServer::port() const { return shared_->listener.port(); }

Address HttpServer::address() const {
  Address address{.port = port()};
  if (shared_->options.tls) address.certificate = shared_->options.tls->certificate();
  return address;
}

std::size_t HttpServer::open_connections() const {
  return shared_->open_connections.load(std::memory_order_relaxed);
}

measure::ServerTotals HttpServer::totals() const {
  measure::ServerTotals all;
  for (const auto& lane : shared_->counters) all.merge(lane->totals());
  return all;
}

std::vector<std::uint64_t> HttpServer::responses_by_lane() const {
  std::vector<std::uint64_t> responses;
  for (const auto& lane : shared_->counters) responses.push_back(lane->totals().responses);
  return responses;
}

OpSet server_ops() {
  return {OpKind::accept, OpKind::begin, OpKind::receive, OpKind::send,
          OpKind::close,  OpKind::sleep, OpKind::finish};
}

}  // namespace asyncbench::workloads
