#include "http/head_policy.hpp"

#include <gtest/gtest.h>

#include <string>

namespace asyncbench::http {
namespace {

using namespace std::string_literals;

// Feeds the head line by line, as libraries deliver heads.
Outcome by_lines(ResponseHeadPolicy& policy, std::string_view head) {
  policy.begin(Method::get);
  while (!head.empty()) {
    const std::size_t size = std::min(head.find('\n'), head.size() - 1) + 1;
    if (!policy.line(head.substr(0, size))) break;
    head.remove_prefix(size);
  }
  return policy.outcome();
}

struct Verdict {
  std::string head;
  Outcome outcome;
};

const std::string kOk = "HTTP/1.1 200 OK\r\n";

TEST(HeadPolicy, JudgesAWholeHeadAsItDoesItsLines) {
  const Verdict verdicts[] = {
      {kOk + "\r\n", Outcome::ok},
      {"HTTP/1.0 599 \r\n\r\n", Outcome::ok},
      {"HTTP/1.1 200\r\n\r\n", Outcome::ok},
      {kOk + "Content-Length: 5\r\ncontent-length:5\r\n\r\n", Outcome::ok},
      {kOk + "Content-Length: 42, 42\r\n\r\n", Outcome::ok},
      {kOk + "X: a\r\n b\r\n\r\n", Outcome::ok},
      {kOk + "X: \x80\xff\tb\r\nY:\r\n\r\n", Outcome::ok},
      {kOk + " folded first\r\n\r\n", Outcome::protocol},
      {kOk + "Content-Length:\r\n 5\r\n\r\n", Outcome::protocol},
      {kOk + "Transfer-Encoding: chunked\r\n ,x\r\n\r\n", Outcome::protocol},
      {kOk + "Content-Length: 5, 6\r\n\r\n", Outcome::protocol},
      {kOk + "Content-Length: 5,\r\n\r\n", Outcome::protocol},
      {kOk + "Content-Length: +5\r\n\r\n", Outcome::protocol},
      {kOk + "Content-Length:\r\n\r\n", Outcome::protocol},
      {kOk + "Content-Length: 18446744073709551616\r\n\r\n", Outcome::protocol},
      {kOk + "Content-Length: 18446744073709551615\r\n\r\n", Outcome::ok},
      {kOk + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", Outcome::protocol},
      {kOk + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", Outcome::protocol},
      {kOk + "Transfer-Encoding: Chunked\r\n\r\n", Outcome::ok},
      {kOk + "Transfer-Encoding: chunked, chunked\r\n\r\n", Outcome::protocol},
      {kOk + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", Outcome::protocol},
      {kOk + "Transfer-Encoding: identity\r\n\r\n", Outcome::protocol},
      {"HTTP/1.1  200 OK\r\n\r\n", Outcome::protocol},
      {"HTTP/1.1 20 OK\r\n\r\n", Outcome::protocol},
      {"HTTP/1.1 2000\r\n\r\n", Outcome::protocol},
      {"HTTP/1.1 600 X\r\n\r\n", Outcome::protocol},
      {"HTTP/1.1 2x0 X\r\n\r\n", Outcome::protocol},
      {"http/1.1 200 OK\r\n\r\n", Outcome::protocol},
      {"HTTP/1.1\t200 OK\r\n\r\n", Outcome::protocol},
      {"\r\n", Outcome::protocol},
      {kOk + ": x\r\n\r\n", Outcome::protocol},
      {kOk + "A b: x\r\n\r\n", Outcome::protocol},
      {kOk + "A\t: x\r\n\r\n", Outcome::protocol},
      {kOk + "A\r\n\r\n", Outcome::protocol},
      {kOk + "A: x\n\r\n", Outcome::protocol},
      {kOk + "A: x\r\n\n", Outcome::protocol},
      {kOk + "A: x\ry\r\n\r\n", Outcome::protocol},
      {kOk + "A: x\0\r\n\r\n"s, Outcome::protocol},
      {kOk + "A: x\x01\r\n\r\n", Outcome::protocol},
      {kOk + "A: x\x7f\r\n\r\n", Outcome::protocol},
      {kOk + "A: 12345678\x7f"
             "12345678\r\n\r\n",
       Outcome::protocol},
      {kOk + "A: ~~~~~~~~\x80\xff~\r\n\r\n", Outcome::ok},
      {"HTTP/1.1 200 O\0K\r\n\r\n"s, Outcome::protocol},
  };
  for (const auto& [head, outcome] : verdicts) {
    ResponseHeadPolicy policy;
    policy.begin(Method::get);
    EXPECT_EQ(policy.head(head), outcome == Outcome::ok) << head;
    EXPECT_EQ(policy.outcome(), outcome) << head << policy.detail();
    EXPECT_EQ(policy.complete(), outcome == Outcome::ok) << head;
    EXPECT_EQ(by_lines(policy, head), outcome) << head;
    EXPECT_EQ(policy.complete(), outcome == Outcome::ok) << head;
    EXPECT_NE(policy.refused(), *policy.detail() == '\0') << head;
  }
}

TEST(HeadPolicy, SaysWhetherTheConnectionGoesOn) {
  struct Case {
    std::string head;
    bool keep_alive;
  };
  for (const Case& c : {Case{kOk, true}, Case{kOk + "Connection: Close\r\n", false},
                        Case{kOk + "Connection: x, close\r\n", false},
                        Case{kOk + "Connection: keep-alive\r\nConnection: close\r\n", false},
                        Case{"HTTP/1.0 200 OK\r\n", false},
                        Case{"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n", true},
                        Case{"HTTP/1.1 103 X\r\nConnection: close\r\n\r\n" + kOk, true}}) {
    ResponseHeadPolicy policy;
    policy.begin(Method::get);
    ASSERT_TRUE(policy.head(c.head + "\r\n")) << c.head;
    EXPECT_EQ(policy.keep_alive(), c.keep_alive) << c.head;
  }
}

TEST(HeadPolicy, SaysHowTheBodyEnds) {
  ResponseHeadPolicy policy;
  policy.begin(Method::get);
  ASSERT_TRUE(policy.head(kOk + "Content-Length: 7\r\n\r\n"));
  EXPECT_EQ(policy.content_length(), 7U);
  EXPECT_TRUE(policy.has_body());
  policy.begin(Method::head);
  ASSERT_TRUE(policy.head(kOk + "Content-Length: 7\r\n\r\n"));
  EXPECT_FALSE(policy.has_body());
  policy.begin(Method::get);
  ASSERT_TRUE(policy.head("HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n"));
  EXPECT_FALSE(policy.has_body());
  EXPECT_TRUE(policy.chunked());
  EXPECT_FALSE(policy.content_length());
}

TEST(HeadPolicy, TakesInterimHeadsOneByOneAndUpToALimit) {
  const std::string interim = "HTTP/1.1 103 Early\r\nContent-Length: 9\r\n\r\n";
  ResponseHeadPolicy policy;
  policy.begin(Method::get);
  for (unsigned i = 0; i < kMaxInterimResponses; ++i) {
    ASSERT_TRUE(policy.head(interim));
    EXPECT_TRUE(policy.interim());
    EXPECT_FALSE(policy.complete());
  }
  ResponseHeadPolicy full = policy;
  EXPECT_TRUE(policy.head(kOk + "\r\n"));
  EXPECT_TRUE(policy.complete());
  EXPECT_FALSE(policy.content_length()) << "that of an interim head means nothing";
  EXPECT_FALSE(full.head(interim));
  EXPECT_EQ(full.outcome(), Outcome::limit);
}

TEST(HeadPolicy, TakesTrailersAfterTheHeadButNoBadOnes) {
  ResponseHeadPolicy policy;
  policy.begin(Method::get);
  ASSERT_TRUE(policy.head(kOk + "Transfer-Encoding: chunked\r\n\r\n"));
  EXPECT_TRUE(policy.line("Content-Length: 5\r\n"));
  EXPECT_TRUE(policy.line("Connection: close\r\n"));
  EXPECT_TRUE(policy.line("\r\n"));
  EXPECT_TRUE(policy.complete());
  EXPECT_TRUE(policy.keep_alive());
  EXPECT_FALSE(policy.content_length());
  EXPECT_FALSE(policy.line("X: a\0b\r\n"s));
  EXPECT_EQ(policy.outcome(), Outcome::protocol);
}

TEST(HeadPolicy, RemembersARefusal) {
  ResponseHeadPolicy policy;
  policy.begin(Method::get);
  EXPECT_FALSE(policy.line("HTTP/2.0 200 OK\r\n"));
  EXPECT_FALSE(policy.line(kOk));
  EXPECT_FALSE(policy.line(""));
  EXPECT_EQ(policy.outcome(), Outcome::protocol);
  policy.begin(Method::get);
  EXPECT_TRUE(policy.line(kOk));
}

TEST(HeadPolicy, LimitsFieldsAndBytes) {
  ResponseHeadPolicy policy;
  policy.begin(Method::get);
  ASSERT_TRUE(policy.line(kOk));
  for (std::size_t i = 0; i < kMaxResponseFields; ++i) ASSERT_TRUE(policy.line("A: b\r\n"));
  EXPECT_FALSE(policy.line("A: b\r\n"));
  EXPECT_EQ(policy.outcome(), Outcome::limit);

  policy.begin(Method::get);
  ASSERT_TRUE(policy.line(kOk));
  EXPECT_TRUE(policy.line("A: " + std::string(kMaxResponseHeadBytes / 2, 'b') + "\r\n"));
  EXPECT_FALSE(policy.line("A: " + std::string(kMaxResponseHeadBytes / 2, 'b') + "\r\n"));
  EXPECT_EQ(policy.outcome(), Outcome::limit);
}

}  // namespace
}  // namespace asyncbench::http
