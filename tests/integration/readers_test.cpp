// Our reader of responses against libcurl's: whatever a server sends, a request ends alike over the
// operations of a stream and over Exchange, except where docs/faults.md says otherwise.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <map>
#include <memory>
#include <random>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "core/fd.hpp"
#include "http/faults.hpp"
#include "strategies/registry.hpp"
#include "tests/sanitized.hpp"
#include "workloads/http_fetch.hpp"

namespace asyncbench::test {

namespace {

using std::chrono::seconds;
using std::string_literals::operator""s;

// Answers its connections one after the other: the n-th one with the n-th response, then FIN.
class Responder {
 public:
  explicit Responder(const std::vector<std::string>& responses)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const Endpoint any = Endpoint::loopback(0);
    EXPECT_EQ(::bind(listener_.get(), any.address(), any.size()), 0);
    EXPECT_EQ(::listen(listener_.get(), 64), 0);
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
    return fetch_.begin(target_, record_.begun + kSlowdown * seconds(5), false, record_);
  }

  workloads::HttpTarget target_;
  Fetch fetch_;
  std::size_t left_;
  measure::RequestRecord record_;
  bool is_closing_ = false;
};

template <class Fetch>
std::vector<Outcome> outcomes_under(const std::string& strategy, http::Method method,
                                    const std::vector<std::string>& responses,
                                    workloads::Verify verify = workloads::Verify::none) {
  const Registry registry = make_registry();
  const Responder responder(responses);
  auto task = std::make_unique<Fetcher<Fetch>>(responder.port(), method, verify, responses.size());
  const Fetcher<Fetch>& fetcher = *task;
  std::vector<LaneReport> lanes(1);
  Job job;
  job.tasks.push_back(std::move(task));
  job.lanes = lanes;
  registry.find(strategy)->run(job);
  return fetcher.outcomes;
}

// Responses that are nearly right: from parts of which some are wrong, cut off or changed a little.
class Responses {
 public:
  explicit Responses(unsigned seed) : random_(seed) {}

  std::string next() {
    std::string response = made();
    while (begins_fields_with_a_blank(response)) response = made();
    return response;
  }

 private:
  using Texts = std::vector<std::string>;

  // Such a line makes libcurl before 8.1.1 read freed memory, when its handle had a response before
  // (curl/curl#11103); docs/faults.md says so.
  static bool begins_fields_with_a_blank(const std::string& response) {
    static const std::regex kStatusLineThenBlank("(^|\n)HTTP/[^\n]*\n[ \t]", std::regex::icase);
    return std::regex_search(response, kStatusLineThenBlank);
  }

  std::string made() {
    std::string response;
    while (one_in(8)) response += "HTTP/1.1 100 Continue\r\n" + fields(1) + line_end();
    response += status_line() + fields(3);
    response += any(kFramings);
    response += fields(1) + line_end();
    response += one_in(3) ? any(kBodies) : chunked_body();
    for (unsigned changes = one_in(2) ? below(3) : 0; changes > 0 && !response.empty(); --changes) {
      change(response);
    }
    if (one_in(3)) response.resize(below(static_cast<unsigned>(response.size()) + 1));
    return response;
  }

  static inline const Texts kVersions{"HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.2",
                                      "HTTP/2",   "HTTP/0.9", "http/1.1", "HTTX/1.1"};
  static inline const Texts kStatuses{"200 OK", "200",       "200 ",    "204 No", "304 Not",
                                      "404 No", "100 Go on", "101 Up",  "99 x",   "1000 x",
                                      "600 x",  "20 x",      "200 O\tK"};
  static inline const Texts kFields{"A: b",
                                    "A:b",
                                    "A: ",
                                    ":b",
                                    "A : b",
                                    "A",
                                    "A: b\r\n c",
                                    "A: b\tc",
                                    "A: \x7f",
                                    "A: \x01",
                                    "Ab-c: \xc3\xa4",
                                    "Connection: close",
                                    "Connection: keep-alive",
                                    "Content-Type: x",
                                    "(: b",
                                    " A: b",
                                    "A: b\r",
                                    "Trailer: T"};
  static inline const Texts kFramings{"",
                                      "Content-Length: 12\r\n",
                                      "Content-Length: 0\r\n",
                                      "Content-Length: 12\r\nContent-Length: 12\r\n",
                                      "Content-Length: 12, 12\r\n",
                                      "Content-Length: 12\r\nContent-Length: 5\r\n",
                                      "Content-Length: 18446744073709551628\r\n",
                                      "Content-Length: +12\r\n",
                                      "Content-Length: 0x12\r\n",
                                      "Content-Length: -1\r\n",
                                      "Content-Length:\r\n",
                                      "Content-Length: 12 \r\n",
                                      "Content-Length: 1099511627776\r\n",
                                      "Transfer-Encoding: chunked\r\n",
                                      "Transfer-Encoding: chunked\r\n",
                                      "Transfer-Encoding: chunked\r\n",
                                      "Transfer-Encoding: chunked\r\n",
                                      "transfer-encoding: CHUNKED\r\n",
                                      "Transfer-Encoding: chunked, chunked\r\n",
                                      "Transfer-Encoding: gzip, chunked\r\n",
                                      "Transfer-Encoding: identity\r\n",
                                      "Transfer-Encoding: x\r\n",
                                      "Transfer-Encoding: chunked\r\nContent-Length: 12\r\n",
                                      "Transfer-Encoding:\r\n"};
  static inline const Texts kBodies{"", "hello", "hello world!", "hello world! and more"};
  static inline const Texts kSizes{"c",
                                   "C",
                                   "c",
                                   "c",
                                   "5",
                                   "0",
                                   "00c",
                                   "000000000000000c",
                                   "0000000000000000c",
                                   "c ",
                                   "c\t",
                                   " c",
                                   "0xc",
                                   "-c",
                                   "",
                                   "g",
                                   "10000000000",
                                   "fffffffffffffffff",
                                   "8000000000000000"};
  static inline const Texts kExtensions{"",      "",      "",      "",           ";",
                                        ";a",    " ;a",   ";a=b",  ";a=\"b;c\"", ";a=\"",
                                        ";\x7f", ";\x01", ";a\tb", "; a = b",    "a"};
  static inline const Texts kTrailers{
      "",      "",          "",        "T: u\r\n",    "T: u\r\nV: w\r\n", "T: u\r\n v\r\n",
      "T\r\n", "T : u\r\n", ": u\r\n", "T: \x01\r\n", "T: u\n",           "T: u\rv\r\n"};
  static inline const std::string kCharacters{
      "\0\x01\t\n\r \"(),:;=\x7f\x80\xff"
      "059afgHTPx",
      26};

  unsigned below(unsigned count) { return static_cast<unsigned>(random_() % count); }
  bool one_in(unsigned count) { return below(count) == 0; }
  const std::string& any(const Texts& texts) {
    return texts[below(static_cast<unsigned>(texts.size()))];
  }
  std::string line_end() { return one_in(40) ? "\n" : "\r\n"; }

  std::string status_line() {
    const std::string version = one_in(6) ? any(kVersions) : "HTTP/1.1";
    return version + " " + (one_in(4) ? any(kStatuses) : "200 OK") + line_end();
  }

  std::string fields(unsigned most) {
    std::string text;
    for (unsigned count = below(most + 1); count > 0; --count) {
      text += (one_in(3) ? any(kFields) : "X: y") + line_end();
    }
    return text;
  }

  std::string chunked_body() {
    std::string text;
    for (unsigned count = below(3); count > 0; --count) {
      text += (one_in(3) ? any(kSizes) : "c") + (one_in(3) ? any(kExtensions) : "") + line_end();
      text += (one_in(20) ? "hello" : "hello world!") + line_end();
    }
    text += (one_in(8) ? any(kSizes) : "0") + (one_in(4) ? any(kExtensions) : "") + line_end();
    return text + (one_in(3) ? any(kTrailers) : "") + line_end();
  }

  void change(std::string& text) {
    const std::size_t at = below(static_cast<unsigned>(text.size()));
    const char character = kCharacters[below(static_cast<unsigned>(kCharacters.size()))];
    switch (below(3)) {
      case 0:
        text[at] = character;
        break;
      case 1:
        text.insert(at, 1, character);
        break;
      default:
        text.erase(at, 1 + below(3));
        break;
    }
  }

  std::mt19937 random_;
};

// Where libcurl says something else, as docs/faults.md lists it by its scripts.
std::string divergence(const std::string& response, Outcome ours, Outcome theirs) {
  const bool has_a_line = response.find('\n') != std::string::npos;
  if (!has_a_line && ours != Outcome::ok && theirs == Outcome::eof_before_response) return "S09";
  if (ours == Outcome::protocol && theirs == Outcome::truncated) {
    if (response.find("\n\0"s) != std::string::npos) return "S29-nul-line";
    if (!response.ends_with('\n')) return "S10-wrong";
  }
  return "";
}

TEST(HttpReaders, AgreeOnResponsesMadeByChance) {
  constexpr std::size_t kResponses = 4000;
  std::map<std::string, int> divergences;
  std::array<int, kOutcomes> seen{};
  for (const auto method : {http::Method::get, http::Method::head}) {
    std::vector<std::string> responses;
    Responses made(method == http::Method::get ? 1 : 2);
    for (std::size_t i = 0; i < kResponses; ++i) responses.push_back(made.next());
    const auto ours = outcomes_under<workloads::HttpFetch>("epoll", method, responses);
    const auto theirs = outcomes_under<workloads::ExchangeFetch>("curl_threads", method, responses);
    ASSERT_EQ(ours.size(), kResponses);
    ASSERT_EQ(theirs.size(), kResponses);
    for (std::size_t i = 0; i < kResponses; ++i) {
      ++seen[static_cast<std::size_t>(ours[i])];
      if (ours[i] == theirs[i]) continue;
      const std::string listed = divergence(responses[i], ours[i], theirs[i]);
      ++divergences[listed];
      if (!listed.empty()) continue;
      ADD_FAILURE() << "ours: " << name_of(ours[i]) << ", libcurl's: " << name_of(theirs[i])
                    << (method == http::Method::head ? ", by HEAD\n" : "\n")
                    << testing::PrintToString(responses[i]);
    }
  }
  for (const http::FaultScript& fault : http::all_faults()) {
    if (fault.curl_outcomes.empty()) continue;
    EXPECT_GT(divergences[fault.id], 0) << fault.id << " is listed, but they agree";
  }
  // Otherwise the responses would be too good, or too bad, to tell readers apart.
  for (const Outcome outcome : {Outcome::ok, Outcome::http_status, Outcome::eof_before_response,
                                Outcome::truncated, Outcome::protocol, Outcome::limit}) {
    EXPECT_GT(seen[static_cast<std::size_t>(outcome)], 20) << name_of(outcome);
  }
}

// The pages of many servers differ from one request to the next.
TEST(HttpReaders, DemandOneLengthOnlyOfWhatIsVerified) {
  std::vector<std::string> responses;
  for (const char* body : {"a", "bc", "bc", ""}) {
    responses.push_back("HTTP/1.1 200 OK\r\n\r\n" + std::string(body));
  }
  const auto outcomes = [&](workloads::Verify verify) {
    auto ours = outcomes_under<workloads::HttpFetch>("epoll", http::Method::get, responses, verify);
    EXPECT_EQ(ours, outcomes_under<workloads::ExchangeFetch>("curl_threads", http::Method::get,
                                                             responses, verify));
    return ours;
  };
  EXPECT_EQ(outcomes(workloads::Verify::none), std::vector<Outcome>(4, Outcome::ok));
  const auto differs = Outcome::content_mismatch;
  EXPECT_EQ(outcomes(workloads::Verify::sample),
            (std::vector<Outcome>{Outcome::ok, differs, differs, differs}));
}

}  // namespace

}  // namespace asyncbench::test
