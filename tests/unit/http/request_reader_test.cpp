#include "http/request_reader.hpp"

#include <gtest/gtest.h>

#include <string>

#include "split_feeding.hpp"

namespace asyncbench::http {
namespace {

using namespace std::string_literals;
using State = RequestReader::State;

State feed_all(RequestReader& reader, const std::vector<std::string>& pieces) {
  for (const std::string& piece : pieces) reader.feed(as_bytes(piece));
  return reader.state();
}

struct Good {
  std::string bytes;
  std::string method;
  std::string target;
  bool keep_alive;
  std::uint64_t body_bytes = 0;
};

const std::string kHost = "Host: a:81\r\n";

TEST(RequestReader, ReadsGoodRequestsHoweverTheNetworkCutsThem) {
  const Good requests[] = {
      {"GET / HTTP/1.1\r\n" + kHost + "\r\n", "GET", "/", true},
      {"GET /x?y=z HTTP/1.1\r\nhost:[::1]:\r\nConnection: close\r\n\r\n", "GET", "/x?y=z", false},
      {"HEAD /x HTTP/1.0\r\n\r\n", "HEAD", "/x", false},
      {"GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET", "/x", true},
      {"GET http://A:81/x HTTP/1.1\r\n" + kHost + "\r\n", "GET", "/x", true},
      {"GET HTTP://a:81 HTTP/1.1\r\n" + kHost + "\r\n", "GET", "/", true},
      {"OPTIONS * HTTP/1.1\r\n" + kHost + "\r\n", "OPTIONS", "*", true},
      {"\r\nGET / HTTP/1.1\r\n" + kHost + "\r\n", "GET", "/", true},
      {"POST /x HTTP/1.1\r\n" + kHost + "Content-Length: 5\r\n\r\nhello", "POST", "/x", true, 5},
      {"POST /x HTTP/1.1\r\n" + kHost + "Content-Length: 0\r\n\r\n", "POST", "/x", true},
      {"PUT /x HTTP/1.1\r\n" + kHost +
           "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nT: x\r\n\r\n",
       "PUT", "/x", true, 5},
      {"GET /x HTTP/1.1\r\n" + kHost + "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", "GET", "/x",
       true},
  };
  for (const Good& request : requests) {
    for (const auto& pieces : all_cuts(request.bytes)) {
      RequestReader reader;
      EXPECT_EQ(reader.state(), State::idle);
      for (std::size_t i = 0; i + 1 < pieces.size(); ++i) {
        ASSERT_EQ(reader.feed(as_bytes(pieces[i])).taken, pieces[i].size()) << request.bytes;
        ASSERT_NE(reader.state(), State::ready) << request.bytes;
      }
      const std::string last = pieces.back() + "GET /next";
      const auto [taken, state] = reader.feed(as_bytes(last));
      ASSERT_EQ(state, State::ready) << request.bytes << reader.refusal_detail();
      ASSERT_EQ(taken, pieces.back().size());
      ASSERT_EQ(reader.method(), request.method);
      ASSERT_EQ(reader.target(), request.target);
      ASSERT_EQ(reader.body_bytes(), request.body_bytes);
      ASSERT_EQ(reader.keep_alive(), request.keep_alive) << request.bytes;
    }
  }
}

struct Bad {
  std::string bytes;
  unsigned status;
};

std::string with(const std::string& fields) {
  return "POST / HTTP/1.1\r\n" + kHost + fields + "\r\n";
}

TEST(RequestReader, RefusesBadRequestsHoweverTheNetworkCutsThem) {
  const Bad requests[] = {
      // K07: too large
      {"GET /" + std::string(kMaxTargetBytes, 'x') + " HTTP/1.1\r\n" + kHost + "\r\n", 414},
      {"GET /" + std::string(3 * kMaxTargetBytes, 'x'), 414},
      {with("A: " + std::string(kMaxRequestHeadBytes, 'x') + "\r\n"), 431},
      {"GET / HTTP/1.1\r\nA: " + std::string(kMaxRequestHeadBytes, 'x'), 431},
      {with([] {
         std::string fields;
         for (std::size_t i = 0; i < kMaxRequestFields; ++i) fields += "A: b\r\n";
         return fields;
       }()),
       431},
      {[] {
         std::string lines;
         for (std::size_t i = 0; i < kMaxRequestHeadBytes; ++i) lines += "\r\n";
         return lines;
       }(),
       431},
      // K08: bodies
      {with("Content-Length: 1048577\r\n"), 413},
      {with("Content-Length: 18446744073709551616\r\n"), 400},
      {with("Content-Length: -1\r\n"), 400},
      {with("Content-Length: 5x\r\n"), 400},
      {with("Content-Length:\r\n"), 400},
      {with("Transfer-Encoding: chunked\r\n") + "100001\r\n", 413},
      // K09: smuggling
      {with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400},
      {with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400},
      {with("Content-Length: 5\r\nContent-Length: 5\r\n"), 400},
      {with("Content-Length: 5, 5\r\n"), 400},
      {with("Transfer-Encoding: chunked, chunked\r\n"), 400},
      {with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
      {with("Transfer-Encoding: chunked, identity\r\n"), 400},
      {with("Transfer-Encoding: identity\r\n"), 400},
      {with("Transfer-Encoding: \r\n"), 400},
      {with("Transfer-Encoding: gobble\r\n"), 501},
      {with("Transfer-Encoding : chunked\r\n"), 400},
      {with("Transfer-Encoding: \x0b"
            "chunked\r\n"),
       400},
      {with("A: b\r\n c\r\n"), 400},
      {with(" A: b\r\n"), 400},
      {with("A: b\n"), 400},
      {with("A: b\rc\r\n"), 400},
      // Their lines have no end: they are refused all the same.
      {"GET / HTTP/1.1\r\nA: b\rc", 400},
      {"GET / HTTP/1.1\r\nA: \x01", 400},
      {"GET /\rx", 400},
      {with("A: \x7f\r\n"), 400},
      {with("A: 1234567\x7f"
            "90\r\n"),
       400},
      {with("A\x7f: b\r\n"), 400},
      {with("Transfer-Encoding: chunked\r\n") + "5;a=\x7f\r\nhello\r\n0\r\n\r\n", 400},
      {with("Transfer-Encoding: chunked\r\n") + "5 \r\nhello\r\n0\r\n\r\n", 400},
      {with("Transfer-Encoding: chunked\r\n") + "5 x\r\nhello\r\n0\r\n\r\n", 400},
      {with("Transfer-Encoding: chunked\r\n") + "00000000000000005\r\nhello\r\n0\r\n\r\n", 400},
      {with("Transfer-Encoding: chunked\r\n") + "\r\nhello\r\n0\r\n\r\n", 400},
      {with("Transfer-Encoding: chunked\r\n") + "0\r\nT: u\r\n v\r\n\r\n", 400},
      {with("Transfer-Encoding: chunked\r\n") + "0\r\nT : u\r\n\r\n", 400},
      {with("Transfer-Encoding: chunked\r\n") + "0\r\nT\r\n\r\n", 400},
      {with("Transfer-Encoding: chunked\r\n") + "0\r\nT: \x7f\r\n\r\n", 400},
      {with("A: b\0c\r\n"s), 400},
      {with("A\r\n"), 400},
      {with(": b\r\n"), 400},
      {"GET / HTTP/1.1\n" + kHost + "\r\n", 400},
      {"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {with("Transfer-Encoding: chunked\r\n") + "5\nhello\r\n0\r\n\r\n", 400},
      {with("Transfer-Encoding: chunked\r\n") + "5;\"\nhello\r\n0\r\n\r\n", 400},
      {with("Transfer-Encoding: chunked\r\n") + "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n", 400},
      {with("Transfer-Encoding: chunked\r\n") + "5;a=" + std::string(17'000, 'b') + "\r\nhello",
       400},
      {with("Transfer-Encoding: chunked\r\n") + "0x5\r\nhello\r\n0\r\n\r\n", 400},
      {with("Transfer-Encoding: chunked\r\n") + "5\r\nhello!!\r\n0\r\n\r\n", 400},
      // K10: host, method, target, version
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + kHost + kHost + "\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: :80\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a:80x\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a:99999x\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a:-1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a:000080\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: ::1]\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: [::1]80\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: [a]\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: []\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: <a>\r\n\r\n", 400},
      {"G@T / HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {std::string(33, 'G') + " / HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {" GET / HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"GET  / HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"GET / HTTP/1.1 \r\n" + kHost + "\r\n", 400},
      {"GET /a b HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"GET /\t HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"GET\t/ HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"GET x HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"GET * HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"GET /\x80 HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"GET http://b:81/ HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"GET http:///x HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"CONNECT a:81 HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"GET /\r\n", 400},
      {"GET / http/1.1\r\n" + kHost + "\r\n", 400},
      {"GET / HTTP/3.0\r\n" + kHost + "\r\n", 505},
      {"GET / HTTP/1.2\r\n" + kHost + "\r\n", 505},
      // Lines whose end would be waited for in vain
      {"GET / HTTP/1.1\r\n" + kHost + "A b", 400},
      {"GET / HTTP/1.1\r\n" + kHost + ":b", 400},
      {"GET / HTTP/1.1\r\n" + kHost + "A: b\r\n c", 400},
      {"GET / HTTP/1.1\r\n" + kHost + "A(: b", 400},
      // K14, K16: other protocols
      {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, 400},
      {"\x80\x9a\xff\x00\x11\x7f\x01"s, 400},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
  };
  for (const Bad& request : requests) {
    for (const auto& pieces : all_cuts(request.bytes)) {
      RequestReader reader;
      ASSERT_EQ(feed_all(reader, pieces), State::refused) << request.bytes.substr(0, 200);
      ASSERT_EQ(reader.refusal_status(), request.status)
          << request.bytes.substr(0, 200) << reader.refusal_detail();
      ASSERT_STRNE(reader.refusal_detail(), "");
      ASSERT_EQ(reader.feed(as_bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).taken, 0U);
    }
  }
}

TEST(RequestReader, ReadsAThousandPipelinedRequestsInOrder) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) {
    bytes += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }
  for (const std::size_t receive : {std::size_t{1}, std::size_t{13}, std::size_t{32768}}) {
    RequestReader reader;
    int next = 0;
    for (std::size_t at = 0; at < bytes.size(); at += receive) {
      std::string_view rest = std::string_view(bytes).substr(at, receive);
      while (!rest.empty()) {
        const auto [taken, state] = reader.feed(as_bytes(rest));
        rest.remove_prefix(taken);
        if (state != State::ready) continue;
        ASSERT_EQ(reader.target(), "/" + std::to_string(next));
        ++next;
        reader.next();
      }
    }
    EXPECT_EQ(next, 1000);
    EXPECT_EQ(reader.state(), State::idle);
  }
}

// A head that comes again is known without being parsed; one that only begins like it is not.
TEST(RequestReader, TellsAHeadThatComesAgainFromOthers) {
  RequestReader reader;
  const std::string first = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string longer = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  const std::string posted = "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
  const std::string unlike = "GET /c HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const std::string& bytes : {first, first, longer, longer, first, posted, posted, unlike,
                                   unlike, "\r\n" + first, first}) {
    std::string received = bytes;
    EXPECT_EQ(reader.feed(as_bytes(received)).state, State::ready) << bytes;
    const std::size_t slash = bytes.find('/');
    EXPECT_EQ(reader.target(), bytes.substr(slash, 2));
    EXPECT_EQ(reader.method(), bytes[0] == 'P' ? "POST" : "GET");
    EXPECT_EQ(reader.keep_alive(), bytes != longer);
    reader.next();
    received.assign(received.size(), 'x');  // what was fed does not stay
  }
  EXPECT_EQ(reader.feed(as_bytes(first + "rest")).taken, first.size());
  reader.next();
  EXPECT_EQ(reader.feed(as_bytes("GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")).state,
            State::refused);
}

TEST(RequestReader, SaysOnceThatTheClientWaitsForContinue) {
  RequestReader reader;
  reader.feed(as_bytes(with("Expect: 100-continue\r\nContent-Length: 5\r\n")));
  EXPECT_EQ(reader.state(), State::body);
  EXPECT_TRUE(reader.take_expects_continue());
  EXPECT_FALSE(reader.take_expects_continue());
  EXPECT_EQ(reader.feed(as_bytes("hello")).state, State::ready);
}

TEST(RequestReader, DoesNotAskForABodyThatIsThere) {
  RequestReader reader;
  reader.feed(as_bytes(with("Expect: 100-continue\r\nContent-Length: 5\r\n") + "he"));
  EXPECT_EQ(reader.state(), State::body);
  EXPECT_FALSE(reader.take_expects_continue());
}

TEST(RequestReader, HoldsChunkedBodiesToItsLimitInSum) {
  RequestReader reader(8);
  reader.feed(as_bytes(with("Transfer-Encoding: chunked\r\n") + "5\r\nhello\r\n5\r\nhello\r\n"));
  EXPECT_EQ(reader.state(), State::refused);
  EXPECT_EQ(reader.refusal_status(), 413U);
}

}  // namespace
}  // namespace asyncbench::http
