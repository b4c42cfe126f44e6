// The HTTP server task: the subject of `serve`, the origin of `fetch`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/job.hpp"
#include "measure/server_counters.hpp"
#include "workloads/tls/context.hpp"
#include "workloads/workload.hpp"

namespace asyncbench::workloads {

// What a gateway asks other servers before it replies. Each connection has one, and its task calls
// it.
class Backend {
 public:
  virtual ~Backend() = default;

  // The tasks that ask for one request. They run to their end before the reply; the backend owns
  // them.
  virtual std::span<Task* const> ask() = 0;

  // After they have ended: whether they got everything that they asked for.
  virtual bool answered() = 0;
};

struct ServerOptions {
  std::uint16_t port = 0;                  // 0: any free one
  unsigned lanes = 1;                      // loops: one SO_REUSEPORT socket each ...
  bool one_listener = false;               // ... or one for all
  std::size_t max_connections = 0;         // further ones get 503 and are closed; 0: no limit
  std::uint64_t max_body_bytes = 1 << 20;  // of a request
  Duration header_timeout = std::chrono::seconds(10);
  Duration body_timeout = std::chrono::seconds(10);
  Duration write_timeout = std::chrono::seconds(10);
  Duration idle_timeout = std::chrono::seconds(75);
  std::string fault;       // committed on every connection before a request
  Duration freeze_for{0};  // once every freeze_every, no request is answered for this long
  Duration freeze_every{0};
  std::uint64_t seed = 1;  // of exponential delays
  // Makes the server a gateway: each request is answered after its backend has ended, with 502 when
  // the backend failed. Null: it answers by itself.
  std::function<std::unique_ptr<Backend>()> make_backend;
  unsigned backend_connections = 0;                    // that each backend opens at most
  std::shared_ptr<const tls::ServerContext> tls = {};  // null: plain
};

// Listens on all of 127.0.0.0/8 (bound to the loopback interface, never to another). Throws
// std::system_error naming the operation and the port, std::invalid_argument for an unknown fault.
class HttpServer : public Acceptor {
 public:
  explicit HttpServer(const ServerOptions& options);
  ~HttpServer() override;

  int socket(unsigned lane) override;
  std::unique_ptr<Task> accepted(unsigned lane) override;
  unsigned opened_by_each() const override;
  std::span<const std::byte> long_replies() const override;

  std::uint16_t port() const;
  // Where clients find it, and whom to trust there.
  Address address() const;
  std::size_t open_connections() const;
  measure::ServerTotals totals() const;
  std::vector<std::uint64_t> responses_by_lane() const;

  struct Shared;

 private:
  std::unique_ptr<Shared> shared_;
};

OpSet server_ops();

}  // namespace asyncbench::workloads
