// A server and a client of the project in the test's process, over loopback sockets.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/strategy.hpp"
#include "measure/recorder.hpp"
#include "tests/sanitized.hpp"
#include "workloads/http_client.hpp"
#include "workloads/http_server.hpp"

namespace asyncbench::test {

// Serves until it is destroyed.
class RunningServer {
 public:
  RunningServer(Strategy& strategy, const workloads::ServerOptions& options);
  ~RunningServer();

  std::uint16_t port() const { return server_.port(); }
  measure::ServerTotals totals() const { return server_.totals(); }
  std::size_t open_connections() const { return server_.open_connections(); }

 private:
  workloads::HttpServer server_;
  std::vector<LaneReport> lanes_{1};
  Job job_;
  std::stop_source stop_;
  std::jthread thread_;
};

using TlsSettings = std::shared_ptr<const http::TlsSettings>;

struct ClientOptions {
  unsigned connections = 1;
  std::uint64_t requests = 2;  // so many end in the window
  Duration deadline = std::chrono::milliseconds(1000);
  bool keep_alive = true;
};

// Targets that all ask 127.0.0.1:`port` for `target`, by https where there are settings for it.
std::vector<workloads::ClientRun::Target> loopback_targets(std::uint16_t port,
                                                           const std::string& target,
                                                           http::Method method = http::Method::get,
                                                           bool keep_alive = true,
                                                           TlsSettings tls = {});

// Runs client tasks, in the form that the strategy offers, to the end of the budget.
measure::Recording run_client(Strategy& strategy, std::vector<workloads::ClientRun::Target> targets,
                              const ClientOptions& options);

// The outcomes of the requests in the window: "ok: 3, reset: 1".
std::string outcomes_of(const measure::Recording& recording);

// Fails the test where a request of the window had another outcome than these.
void expect_only(const measure::Recording& recording, const std::vector<Outcome>& allowed);

// A server's end of TLS, and what a client that trusts it alone is set to.
std::shared_ptr<const workloads::tls::ServerContext> make_server_tls(
    const workloads::tls::ServerContext::Options& options = {});
TlsSettings trusting(const workloads::tls::ServerContext& server, http::TlsSettings settings = {});

// The names of the strategies that fetch over HTTP.
std::vector<std::string> client_strategies();

// The names of the strategies that do some of `work` in a way of their own, whether this host
// supports them or not. Others would be tested twice.
std::vector<std::string> strategies_with_own(OpSet work);

// The form over Exchange, for strategies that have no sockets to offer.
bool brings_own_http(const Strategy& strategy);

// Polls until it holds; gives up after a time that the slowest machine does not need.
template <class Condition>
bool eventually(Condition condition) {
  const Time until = now() + std::chrono::seconds(20) * kSlowdown;
  while (!condition()) {
    if (now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

// A parameterised test's name may hold letters, digits and underscores.
std::string test_name(const std::string& text);

}  // namespace asyncbench::test
