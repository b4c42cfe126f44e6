#include "core/endpoint.hpp"

#include <gtest/gtest.h>
#include <ifaddrs.h>

namespace asyncbench {
namespace {

TEST(Endpoint, LoopbackRotatesOverTheLastByte) {
  EXPECT_EQ(Endpoint::loopback(8080).to_string(), "127.0.0.1:8080");
  EXPECT_EQ(Endpoint::loopback(1, 16).to_string(), "127.0.0.16:1");
  EXPECT_TRUE(Endpoint::loopback(8080, 16).is_loopback());
}

TEST(Endpoint, ReadsNumericAddressesOfBothFamilies) {
  const auto ipv4 = Endpoint::numeric("192.0.2.7", 80);
  ASSERT_TRUE(ipv4);
  EXPECT_EQ(ipv4->family(), AF_INET);
  EXPECT_EQ(ipv4->port(), 80);
  EXPECT_EQ(ipv4->size(), sizeof(sockaddr_in));
  EXPECT_FALSE(ipv4->is_loopback());

  const auto ipv6 = Endpoint::numeric("::1", 65535);
  ASSERT_TRUE(ipv6);
  EXPECT_EQ(ipv6->family(), AF_INET6);
  EXPECT_EQ(ipv6->to_string(), "[::1]:65535");
  EXPECT_TRUE(ipv6->is_loopback());
}

TEST(Endpoint, KnowsTheAddressesOfThisMachine) {
  for (const char* own : {"127.0.0.1", "127.1.2.3", "::1", "0.0.0.0", "::"}) {
    EXPECT_TRUE(Endpoint::numeric(own, 80)->is_of_this_machine()) << own;
  }
  // Blocks for documentation (RFC 5737, RFC 3849).
  for (const char* foreign : {"192.0.2.1", "2001:db8::1"}) {
    EXPECT_FALSE(Endpoint::numeric(foreign, 80)->is_of_this_machine()) << foreign;
  }
  ifaddrs* all = nullptr;
  ASSERT_EQ(::getifaddrs(&all), 0);
  for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET) continue;
    const Endpoint own(each->ifa_addr, sizeof(sockaddr_in));
    EXPECT_TRUE(own.is_of_this_machine()) << own.to_string();
  }
  ::freeifaddrs(all);
}

TEST(Endpoint, NamesAUnixSocketUpToItsLength) {
  const auto socket = Endpoint::unix_socket("/run/a.sock");
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->family(), AF_UNIX);
  EXPECT_EQ(socket->to_string(), "unix:/run/a.sock");
  EXPECT_TRUE(socket->is_loopback());
  EXPECT_EQ(socket->port(), 0);
  EXPECT_TRUE(Endpoint::unix_socket(std::string(107, 'a')));
  EXPECT_FALSE(Endpoint::unix_socket(std::string(108, 'a')));
  EXPECT_FALSE(Endpoint::unix_socket(""));
}

TEST(Endpoint, RefusesNamesAndMalformedAddresses) {
  for (const char* host : {"localhost", "", "127.0.0", "256.0.0.1", "[::1]", "1.2.3.4 ", ":::"}) {
    EXPECT_FALSE(Endpoint::numeric(host, 80)) << host;
  }
}

}  // namespace
}  // namespace asyncbench
