// Our reader of responses against libcurl's: whatever a server sends, a request ends alike over the
// operations of a stream and over Exchange, except where docs/faults.md says otherwise.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "http/faults.hpp"
#include "two_readers.hpp"

namespace asyncbench::test {

namespace {

// Responses that are nearly right: from parts of which some are wrong, cut off or changed a little.
class Responses {
 public:
  explicit Responses(unsigned seed) : random_(seed) {}

  std::string next() {
    std::string response = made();
    while (crashes_libcurl(response)) response = made();
    return response;
  }

 private:
  using Texts = std::vector<std::string>;

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

TEST(HttpReaders, AgreeOnResponsesMadeByChance) {
  constexpr std::size_t kResponses = 4000;
  std::map<std::string, int> divergences;
  std::array<int, kOutcomes> seen{};
  for (const auto method : {http::Method::get, http::Method::head}) {
    std::vector<std::string> responses;
    Responses made(method == http::Method::get ? 1 : 2);
    for (std::size_t i = 0; i < kResponses; ++i) responses.push_back(made.next());
    const auto ours = our_outcomes(method, responses);
    const auto theirs = libcurl_outcomes(method, responses);
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
    auto ours = our_outcomes(http::Method::get, responses, verify);
    EXPECT_EQ(ours, libcurl_outcomes(http::Method::get, responses, verify));
    return ours;
  };
  EXPECT_EQ(outcomes(workloads::Verify::none), std::vector<Outcome>(4, Outcome::ok));
  const auto differs = Outcome::content_mismatch;
  EXPECT_EQ(outcomes(workloads::Verify::sample),
            (std::vector<Outcome>{Outcome::ok, differs, differs, differs}));
}

}  // namespace

}  // namespace asyncbench::test
