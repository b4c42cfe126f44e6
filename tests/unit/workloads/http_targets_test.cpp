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
    const auto targets = url_targets({url_of("localhost", server)}, true, {});
    EXPECT_EQ(targets.front().request.to.to_string(), server.address.to_string());
    EXPECT_THAT(targets.front().request.wire, testing::HasSubstr("\r\nHost: localhost:"));
  }
}

TEST(HttpTargets, AskAHostOfSeveralUrlsOnce) {
  const Server server("127.0.0.1");
  const auto targets =
      url_targets({url_of("127.0.0.1", server), url_of("127.0.0.1", server) + "a"}, true, {});
  ASSERT_EQ(targets.size(), 2U);
  EXPECT_EQ(targets[0].request.to.to_string(), targets[1].request.to.to_string());
}

TEST(HttpTargets, RefuseAHostBeyondThisMachine) {
  EXPECT_THROW(resolve_urls({"http://192.0.2.1/"}, {}), std::invalid_argument);
  EXPECT_EQ(resolve_urls({"http://192.0.2.1/"}, {"192.0.2.1"}).size(), 1U);
}

}  // namespace
}  // namespace asyncbench::workloads
