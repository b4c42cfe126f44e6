#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/fd.hpp"
#include "workloads/http_client.hpp"

namespace asyncbench::workloads {
namespace {

// A socket bound to a port of its own. One that does not listen refuses connections.
struct Server {
  explicit Server(const char* host, bool listens = true) {
    const Endpoint any = *Endpoint::numeric(host, 0);
    socket = Fd(::socket(any.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::bind(socket.get(), any.address(), any.size()) != 0) return;
    if (listens) {
      EXPECT_EQ(::listen(socket.get(), 8), 0) << std::strerror(errno);
    }
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &size);
    address = Endpoint(reinterpret_cast<const sockaddr*>(&bound), size);
  }
  Fd socket;
  Endpoint address;
};

std::string url_of(const std::string& host, const Server& server) {
  return "http://" + host + ":" + std::to_string(server.address.port()) + "/";
}

TEST(HttpTargets, TryTheAddressesOfANameInTheirOrder) {
  const Server closed("127.0.0.1", false);
  const Server first("127.0.0.2");
  const Server second("127.0.0.3");
  using Addresses = std::vector<Endpoint>;
  const struct {
    Addresses addresses;
    const Endpoint& chosen;
  } rows[] = {
      {{first.address}, first.address},
      {{first.address, second.address}, first.address},
      {{closed.address, first.address, second.address}, first.address},
      {{closed.address, closed.address, second.address}, second.address},
      // The failure is a matter of the measurement.
      {{closed.address}, closed.address},
      {{closed.address, closed.address}, closed.address},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(first_to_answer(row.addresses).to_string(), row.chosen.to_string());
  }
}

// Whichever family the server listens on.
TEST(HttpTargets, ReachAServerOnAnyAddressOfItsName) {
  const auto resolved = resolve_urls({"http://localhost/"}, {});
  for (const Endpoint& address : resolved.front().addresses) {
    const std::string numeric = address.family() == AF_INET ? "127.0.0.1" : "::1";
    const Server server(numeric.c_str());
    if (server.address.size() == 0) continue;  // no such family here
    const auto targets = url_targets({url_of("localhost", server)}, {}, {});
    EXPECT_EQ(targets.front().request.to.to_string(), server.address.to_string());
    EXPECT_THAT(targets.front().request.wire, testing::HasSubstr("\r\nHost: localhost:"));
  }
}

TEST(HttpTargets, AskAHostOfSeveralUrlsOnce) {
  const Server server("127.0.0.1");
  const auto targets =
      url_targets({url_of("127.0.0.1", server), url_of("127.0.0.1", server) + "a"}, {}, {});
  ASSERT_EQ(targets.size(), 2U);
  EXPECT_EQ(targets[0].request.to.to_string(), targets[1].request.to.to_string());
}

TEST(HttpTargets, AskTheOriginForAllThatItsHandlerDoes) {
  HttpParameters asked{.connections = 1, .body_bytes = 2048, .request_bytes = 20};
  asked.server_delay = {.mean = std::chrono::milliseconds(2), .exponential = true};
  asked.cpu_burn = std::chrono::microseconds(50);
  const auto targets = origin_targets(asked, 1);
  EXPECT_THAT(targets.front().request.wire,
              testing::StartsWith("POST /delay/exp:2000000ns/burn/50000ns/upload/20/bytes/2048 "));
  EXPECT_EQ(targets.front().request.body(), std::string(20, 'x'));
}

// What a program answers to is its own; only what the contract names stands in its path.
TEST(HttpTargets, PostToAProgramWithoutTheOriginsPathForIt) {
  const HttpParameters asked{.request_bytes = 20};
  const auto wire = [&](const char* pattern) {
    return program_targets(asked, {.port = 1, .path = "", .target = pattern}).front().request.wire;
  };
  EXPECT_THAT(wire(""), testing::StartsWith("POST /bytes/12 HTTP/1.1"));
  EXPECT_THAT(wire("/orders"), testing::StartsWith("POST /orders HTTP/1.1"));
  EXPECT_EQ(HttpParameters{.cpu_burn = Duration{7}}.program_target("/work?ns={cpu_burn_ns}"),
            "/work?ns=7");
}

TEST(HttpTargets, AskAProgramAtItsUnixSocket) {
  const auto targets =
      program_targets({}, {.port = 0, .path = "/run/mine/socket", .target = "/orders"});
  EXPECT_EQ(targets.front().request.to.to_string(), "unix:/run/mine/socket");
  EXPECT_THAT(targets.front().request.wire, testing::HasSubstr("\r\nHost: localhost\r\n"));
}

TEST(HttpTargets, RefuseAHostBeyondThisMachine) {
  EXPECT_THROW(resolve_urls({"http://192.0.2.1/"}, {}), std::invalid_argument);
  EXPECT_EQ(resolve_urls({"http://192.0.2.1/"}, {"192.0.2.1"}).size(), 1U);
}

}  // namespace
}  // namespace asyncbench::workloads
