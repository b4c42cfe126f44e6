// `asyncbench origin` as a program: it serves until it is told to end, prints totals, and refuses.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <csignal>
#include <regex>
#include <string>

#include "cli_checks.hpp"
#include "core/endpoint.hpp"
#include "core/fd.hpp"
#include "program.hpp"

namespace asyncbench::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// A listening socket of our own, so that its port is in use.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const Endpoint any = Endpoint::loopback(0);
    EXPECT_EQ(bind(socket_.get(), any.address(), any.size()), 0);
    EXPECT_EQ(listen(socket_.get(), 1), 0);
  }
  std::uint16_t port() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }

 private:
  Fd socket_;
};

// Sends one request on a new connection and returns everything that came back.
std::string get(std::uint16_t port, const std::string& path) {
  const Fd stream(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Endpoint to = Endpoint::loopback(port);
  if (connect(stream.get(), to.address(), to.size()) != 0) return "";
  const std::string request =
      "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
  if (send(stream.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return "";
  std::string reply;
  char buffer[4096];
  for (ssize_t size = 0; (size = recv(stream.get(), buffer, sizeof buffer, 0)) > 0;) {
    reply.append(buffer, static_cast<std::size_t>(size));
  }
  return reply;
}

std::uint16_t port_in(const std::string& line) {
  std::smatch found;
  if (!std::regex_search(line, found, std::regex("http://127\\.0\\.0\\.1:([0-9]+)/"))) return 0;
  return static_cast<std::uint16_t>(std::stoi(found[1]));
}

class Origin : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Cli, Origin, ::testing::Values("thread_per_connection", "asio", "uring"),
                         [](const auto& strategy) { return strategy.param; });

// What an echo server sends back for `text`, up to the length of `text`.
std::string echoed(std::uint16_t port, const std::string& text) {
  const Fd stream(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Endpoint to = Endpoint::loopback(port);
  if (connect(stream.get(), to.address(), to.size()) != 0) return "";
  if (send(stream.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) return "";
  std::string reply(text.size(), ' ');
  if (recv(stream.get(), reply.data(), reply.size(), MSG_WAITALL) < 0) return "";
  return reply;
}

TEST_P(Origin, EchoesAndCountsMessages) {
  Program origin({"origin", "--protocol", "echo", "--message-bytes", "3", "--strategy", GetParam(),
                  "--port", "0"});
  const std::string line = origin.line_of_output();
  ASSERT_THAT(line, StartsWith("listening on 127.0.0.1:"));
  const auto port = static_cast<std::uint16_t>(std::stoi(line.substr(line.find(':') + 1)));
  EXPECT_EQ(echoed(port, "abcdefgh"), "abcdefgh");
  origin.signal(SIGTERM);
  EXPECT_THAT(origin.wait().out, HasSubstr("1 connections, 2 requests"));
}

TEST_P(Origin, ServesUntilItIsToldToEndAndPrintsTotals) {
  for (const int signal : {SIGHUP, SIGINT, SIGTERM}) {
    Program origin({"origin", "--strategy", GetParam(), "--port", "0"});
    const std::string line = origin.line_of_output();
    EXPECT_THAT(line, StartsWith("listening on http://127.0.0.1:"));
    EXPECT_THAT(get(port_in(line), "/bytes/1000"), StartsWith("HTTP/1.1 200"));
    origin.signal(signal);
    const Ended ended = origin.wait();
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    EXPECT_THAT(ended.out, HasSubstr("1 requests"));
  }
}

TEST(CliOrigin, RefusesAPortInUseWithTheRemedy) {
  const Listener listener;
  expect_refusal(run_program({"origin", "--port", std::to_string(listener.port())}), 2, "--port 0");
}

}  // namespace
}  // namespace asyncbench::test
