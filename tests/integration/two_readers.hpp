// Our reader of responses and libcurl's, each over a connection of its own: what they say of the
// same bytes.
#pragma once

#include <sys/socket.h>

#include <array>
#include <chrono>
#include <memory>
#include <regex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/assert.hpp"
#include "core/fd.hpp"
#include "http/request.hpp"
#include "strategies/curl/curl.hpp"
#include "strategies/epoll/epoll.hpp"
#include "tests/sanitized.hpp"
#include "workloads/http_fetch.hpp"

namespace asyncbench::test {

// Answers its connections one after the other: the n-th one with the n-th response, then FIN.
class Responder {
 public:
  explicit Responder(const std::vector<std::string>& responses)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const Endpoint any = Endpoint::loopback(0);
    must_hold(::bind(listener_.get(), any.address(), any.size()) == 0, "a free port is there");
    must_hold(::listen(listener_.get(), 64) == 0, "a bound socket can listen");
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = Endpoint(reinterpret_cast<const sockaddr*>(&address), size).port();
    thread_ = std::jthread([this, &responses] {
      for (const std::string& response : responses) answer(response);
    });
  }

  std::uint16_t port() const { return port_; }

 private:
  void answer(const std::string& response) const {
    const Fd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::array<char, 4096> bytes{};
    std::string request;
    while (!request.ends_with("\r\n\r\n")) {
      const ssize_t size = ::recv(connection.get(), bytes.data(), bytes.size(), 0);
      if (size <= 0) return;
      request.append(bytes.data(), static_cast<std::size_t>(size));
    }
    ::send(connection.get(), response.data(), response.size(), MSG_NOSIGNAL);
    ::shutdown(connection.get(), SHUT_WR);
    // Until the client has closed: a close of ours before that might reset what it has not read.
    while (::recv(connection.get(), bytes.data(), bytes.size(), 0) > 0) {
    }
  }

  Fd listener_;
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

// Fetches `count` times, each time on a connection of its own, and keeps the outcomes.
template <class Fetch>
class Fetcher final : public Task {
 public:
  Fetcher(std::uint16_t port, http::Method method, workloads::Verify verify, std::size_t count)
      : target_{http::make_request(method, {.host = "127.0.0.1", .port = port, .target = "/"},
                                   Endpoint::loopback(port), false),
                http::BodyExpectation::of_foreign_server()},
        fetch_(verify),
        left_(count) {}

  Op start(unsigned) override { return begin(); }

  Op resume(const Completion& ended) override {
    if (is_closing_) {
      is_closing_ = false;
      return begin();
    }
    if (const std::optional<Op> next = fetch_.resume(ended)) return *next;
    outcomes.push_back(fetch_.outcome());
    if (!fetch_.is_connected()) return begin();
    is_closing_ = true;
    return fetch_.close();
  }

  std::vector<Outcome> outcomes;

 private:
  Op begin() {
    if (left_-- == 0) return op::Finish{};
    record_ = {.begun = now()};
    return fetch_.begin(target_, record_.begun + kSlowdown * std::chrono::seconds(5), false,
                        record_);
  }

  workloads::HttpTarget target_;
  Fetch fetch_;
  std::size_t left_;
  measure::RequestRecord record_;
  bool is_closing_ = false;
};

template <class Fetch>
std::vector<Outcome> outcomes_under(Strategy& strategy, http::Method method,
                                    const std::vector<std::string>& responses,
                                    workloads::Verify verify) {
  const Responder responder(responses);
  auto task = std::make_unique<Fetcher<Fetch>>(responder.port(), method, verify, responses.size());
  const Fetcher<Fetch>& fetcher = *task;
  std::vector<LaneReport> lanes(1);
  Job job;
  job.tasks.push_back(std::move(task));
  job.lanes = lanes;
  strategy.run(job);
  return fetcher.outcomes;
}

inline std::vector<Outcome> our_outcomes(http::Method method,
                                         const std::vector<std::string>& responses,
                                         workloads::Verify verify = workloads::Verify::none) {
  const auto strategy = make_epoll();
  return outcomes_under<workloads::HttpFetch>(*strategy, method, responses, verify);
}

inline std::vector<Outcome> libcurl_outcomes(http::Method method,
                                             const std::vector<std::string>& responses,
                                             workloads::Verify verify = workloads::Verify::none) {
  const auto strategy = make_curl_threads();
  return outcomes_under<workloads::ExchangeFetch>(*strategy, method, responses, verify);
}

// A line that begins with a blank makes libcurl before 8.1.1 read freed memory, when it follows a
// status line and its handle had a response before (curl/curl#11103); docs/faults.md says so.
inline bool crashes_libcurl(const std::string& response) {
  static const std::regex kStatusLineThenBlank("(^|\n)HTTP/[^\n]*\n[ \t]", std::regex::icase);
  return std::regex_search(response, kStatusLineThenBlank);
}

// Where libcurl says something else, as docs/faults.md lists it by its scripts.
inline std::string divergence(const std::string& response, Outcome ours, Outcome theirs) {
  const bool has_a_line = response.find('\n') != std::string::npos;
  if (!has_a_line && ours != Outcome::ok && theirs == Outcome::eof_before_response) return "S09";
  if (ours == Outcome::protocol && theirs == Outcome::truncated) {
    if (response.find(std::string_view("\n\0", 2)) != std::string::npos) return "S29-nul-line";
    if (!response.ends_with('\n')) return "S10-wrong";
  }
  return "";
}

}  // namespace asyncbench::test
