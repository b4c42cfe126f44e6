#include "workloads/http_server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "core/endpoint.hpp"
#include "core/fd.hpp"
#include "workloads/http_connection.hpp"

namespace asyncbench::workloads {

namespace {

void set_option(int fd, int level, int name, int value, const char* what) {
  if (setsockopt(fd, level, name, &value, sizeof value) != 0) {
    throw std::system_error(errno, std::system_category(), std::string("setsockopt ") + what);
  }
}

// Bound to the loopback interface, a wildcard address means all of 127.0.0.0/8 and nothing else.
// Where that is not permitted, 127.0.0.1 alone.
Fd listen_on_loopback(std::uint16_t port, bool reuse_port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) throw std::system_error(errno, std::system_category(), "socket");
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
  if (reuse_port) set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT");
  set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
  sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(port)};
  const bool on_interface = setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, "lo", 2) == 0;
  address.sin_addr.s_addr = htonl(on_interface ? INADDR_ANY : INADDR_LOOPBACK);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::system_error(errno, std::system_category(),
                            "cannot bind port " + std::to_string(port));
  }
  // The kernel cuts the backlog to net.core.somaxconn.
  if (listen(fd.get(), 65535) != 0)
    throw std::system_error(errno, std::system_category(), "listen");
  return fd;
}

std::uint16_t port_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return Endpoint(reinterpret_cast<const sockaddr*>(&address), size).port();
}

}  // namespace

HttpServer::Shared::~Shared() {
  for (const int fd : sockets) ::close(fd);
}

std::optional<Time> HttpServer::Shared::frozen_until(Time at) const {
  if (options.freeze_every == Duration::zero()) return std::nullopt;
  const Duration since = at - t0;
  const Duration into_period = since % options.freeze_every;
  if (since < options.freeze_every || into_period >= options.freeze_for) return std::nullopt;
  return at - into_period + options.freeze_for;
}

HttpServer::HttpServer(const ServerOptions& options) : shared_(std::make_unique<Shared>()) {
  shared_->options = options;
  if (!options.fault.empty()) {
    shared_->fault = http::find_fault(options.fault);
    if (shared_->fault == nullptr) {
      throw std::invalid_argument("unknown fault " + options.fault + "; see docs/faults.md");
    }
  }
  std::uint16_t port = options.port;
  for (unsigned lane = 0; lane < options.lanes; ++lane) {
    shared_->sockets.push_back(listen_on_loopback(port, options.lanes > 1).release());
    port = port_of(shared_->sockets.front());
    shared_->counters.push_back(std::make_unique<measure::ServerCounters>());
  }
}

HttpServer::~HttpServer() = default;

int HttpServer::socket(unsigned lane) { return shared_->sockets[lane]; }

std::unique_ptr<Task> HttpServer::accepted(unsigned lane) {
  shared_->accepted.fetch_add(1, std::memory_order_relaxed);
  const std::size_t open = shared_->open_connections.fetch_add(1, std::memory_order_relaxed) + 1;
  const bool is_refused =
      shared_->options.max_connections > 0 && open > shared_->options.max_connections;
  measure::ServerCounters& counters = *shared_->counters[lane % shared_->counters.size()];
  return std::make_unique<HttpConnection>(*shared_, counters, is_refused);
}

std::uint16_t HttpServer::port() const { return port_of(shared_->sockets.front()); }

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
