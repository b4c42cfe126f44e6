// What libcurl sends, compared with the request as other strategies send it.
#include "strategies/curl/curl.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/fd.hpp"
#include "workloads/http_client.hpp"

namespace asyncbench {
namespace {

using workloads::ClientRun;

constexpr std::string_view kReply = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

constexpr std::string_view kBody = "hello";

// Answers one connection's requests, until its client closes it, and keeps them.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const Endpoint any = Endpoint::loopback(0);
    EXPECT_EQ(::bind(socket_.get(), any.address(), any.size()), 0);
    EXPECT_EQ(::listen(socket_.get(), 1), 0);
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    EXPECT_EQ(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&bound), &size), 0);
    port_ = Endpoint(reinterpret_cast<const sockaddr*>(&bound), size).port();
    thread_ = std::jthread([this] { answer(); });
  }
  std::uint16_t port() const { return port_; }

  // After the client has ended.
  const std::vector<std::string>& heads() {
    thread_.join();
    return heads_;
  }

 private:
  void answer() {
    const Fd connection(::accept(socket_.get(), nullptr, nullptr));
    std::string head;
    std::array<char, 4096> buffer;
    for (ssize_t size = 0;
         (size = ::recv(connection.get(), buffer.data(), buffer.size(), 0)) > 0;) {
      head.append(buffer.data(), static_cast<std::size_t>(size));
      const bool posts = head.starts_with("POST ");
      if (!head.ends_with(posts ? kBody : "\r\n\r\n")) continue;
      heads_.push_back(std::exchange(head, {}));
      ::send(connection.get(), kReply.data(), kReply.size(), MSG_NOSIGNAL);
    }
  }

  Fd socket_;
  std::uint16_t port_ = 0;
  std::vector<std::string> heads_;
  std::jthread thread_;
};

std::vector<std::string> fields_of(const std::string& head) {
  std::vector<std::string> fields;
  for (std::size_t at = 0; at < head.size();) {
    const std::size_t end = std::min(head.find("\r\n", at), head.size());  // a body has no end
    fields.push_back(head.substr(at, end - at));
    at = end + 2;
  }
  return fields;
}

void expect_the_fields_that_others_send(Strategy& strategy) {
  Listener listener;
  const Endpoint to = Endpoint::loopback(listener.port());
  std::vector<ClientRun::Target> targets;
  // Before the others: what a POST has set must not stay for the GET behind it.
  targets.push_back(
      {http::make_request(http::Method::post, {.host = "a", .port = to.port()}, to, true, kBody),
       {}});
  for (const char* const host : {"localhost", "127.0.0.1", "other.localhost"}) {
    for (const bool keep_alive : {true, host != std::string_view("other.localhost")}) {
      targets.push_back(
          {http::make_request(http::Method::get, {.host = host, .port = to.port()}, to, keep_alive),
           {}});
    }
  }
  std::vector<std::string> wires;
  for (const ClientRun::Target& target : targets) wires.push_back(target.request.wire);

  // One task takes the targets in turn.
  ClientRun run(
      {.parameters = {.connections = 1}, .targets = std::move(targets), .takes_in_turn = true},
      {.request_budget = wires.size()});
  run.load().window().start_ns = to_ns(now());
  std::vector<LaneReport> lanes(1);
  Job job;
  job.tasks = run.make_tasks(true);
  job.lanes = lanes;
  strategy.run(job);

  const std::vector<std::string>& heads = listener.heads();
  ASSERT_EQ(heads.size(), wires.size());
  for (std::size_t i = 0; i < wires.size(); ++i) {
    EXPECT_THAT(fields_of(heads[i]), testing::UnorderedElementsAreArray(fields_of(wires[i])));
  }
}

TEST(CurlMulti, SendsTheFieldsThatOthersSend) {
  expect_the_fields_that_others_send(*make_curl_multi());
}

TEST(CurlThreads, SendsTheFieldsThatOthersSend) {
  expect_the_fields_that_others_send(*make_curl_threads());
}

}  // namespace
}  // namespace asyncbench
