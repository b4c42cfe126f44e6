// The claims that faults_test.cpp leaves out: where a message ends, large bodies, limits, many in a
// row.
#include "http/response_reader.hpp"

#include <gtest/gtest.h>

#include <string>

#include "split_feeding.hpp"

namespace asyncbench::http {
namespace {

using State = ResponseReader::State;

std::string body_of(std::string_view target, std::uint64_t size) {
  const auto slice = body_slice(body_phase(target), 0, size);
  return {reinterpret_cast<const char*>(slice.data()), slice.size()};
}

std::string in_chunks(const std::string& body, std::size_t size) {
  std::string chunks;
  for (std::size_t at = 0; at < body.size(); at += size) {
    const std::string chunk = body.substr(at, size);
    char head[32];
    std::snprintf(head, sizeof head, "%zX;ext=\"a b\";y\r\n", chunk.size());
    chunks += head + chunk + "\r\n";
  }
  return chunks + "000\r\nTrailer: x\r\n\r\n";
}

class Reading : public testing::Test {
 protected:
  void begin(std::string_view target = "/", Method method = Method::get) {
    expected_.emplace(BodyExpectation::of_origin(target));
    check_.begin(*expected_, true);
    reader_.begin(method, check_);
  }

  std::optional<BodyExpectation> expected_;
  BodyCheck check_;
  ResponseReader reader_;
};

// A repeated head is not parsed again: its meaning must hold for every response with that head, and
// for no other.
TEST_F(Reading, RepeatedHeadMeansTheSameAndNearlyTheSameDoesNot) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n";
  const std::string other = "HTTP/1.1 404 Gone\r\nContent-Length: 3\r\n\r\n";
  for (int round = 0; round < 3; ++round) {
    begin();
    EXPECT_EQ(reader_.feed(as_bytes(head + "ab")).taken, head.size() + 2);
    EXPECT_EQ(reader_.outcome(), Outcome::ok);
    EXPECT_FALSE(reader_.keep_alive());
    EXPECT_TRUE(reader_.head_complete());
  }
  begin("/", Method::head);
  EXPECT_EQ(reader_.feed(as_bytes(head)).state, State::done);
  EXPECT_FALSE(reader_.has_body());
  begin();
  EXPECT_EQ(reader_.feed(as_bytes(head)).state, State::reading);
  begin();
  EXPECT_EQ(reader_.feed(as_bytes(head.substr(0, head.size() - 2))).state, State::reading);
  EXPECT_EQ(reader_.feed(as_bytes("\r\nab")).state, State::done);
  begin();
  EXPECT_EQ(reader_.feed(as_bytes(other + "abc")).state, State::done);
  EXPECT_EQ(reader_.outcome(), Outcome::http_status);
  EXPECT_TRUE(reader_.keep_alive());
}

TEST_F(Reading, TakesNoByteBeyondTheMessage) {
  const std::string body = body_of("/", 12);
  for (const std::string& message :
       {"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n" + body,
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n" + body,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + in_chunks(body, 5)}) {
    for (const auto& pieces : all_cuts(message)) {
      begin();
      for (std::size_t i = 0; i + 1 < pieces.size(); ++i) {
        ASSERT_EQ(reader_.feed(as_bytes(pieces[i])).taken, pieces[i].size());
      }
      const std::string last = pieces.back() + "HTTP/1.1 500 Next\r\n\r\n";
      const auto [taken, state] = reader_.feed(as_bytes(last));
      ASSERT_EQ(state, State::done) << reader_.detail();
      ASSERT_EQ(taken, pieces.back().size());
      ASSERT_EQ(reader_.feed(as_bytes("more")).taken, 0U);
      ASSERT_TRUE(check_.end(!reader_.has_body()));
      ASSERT_TRUE(reader_.keep_alive());
    }
  }
}

TEST_F(Reading, TakesLargeChunkedBodiesInReceivesOfAnySize) {
  const std::string message = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
                              in_chunks(body_of("/chunked/60000", 60'000), 777);
  for (const std::size_t size : {1U, 2U, 3U, 7U, 1000U, 1460U, 32768U}) {
    begin("/chunked/60000");
    for (std::size_t at = 0; at < message.size(); at += size) {
      reader_.feed(as_bytes(std::string_view(message).substr(at, size)));
    }
    EXPECT_EQ(reader_.outcome(), Outcome::ok);
    EXPECT_EQ(reader_.end_of_stream(), State::done);
    EXPECT_TRUE(check_.end(false)) << size;
  }
}

TEST_F(Reading, GoesOnAfterEachResponseOfAConnection) {
  for (int i = 0; i < 3; ++i) {
    begin();
    EXPECT_FALSE(reader_.anything_received());
    EXPECT_FALSE(reader_.head_complete());
    const std::string chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + in_chunks(body_of("/", 12), 12);
    EXPECT_EQ(reader_.feed(as_bytes(chunked)).state, State::done);
    begin("/", Method::head);
    EXPECT_EQ(reader_.feed(as_bytes("HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\n")).state,
              State::done);
    EXPECT_EQ(reader_.outcome(), Outcome::http_status);
    EXPECT_EQ(reader_.status(), 404U);
    EXPECT_FALSE(reader_.has_body());
  }
}

TEST_F(Reading, EndsAnOpenBodyWithTheStreamAndTheConnectionWithIt) {
  begin();
  EXPECT_EQ(reader_.feed(as_bytes("HTTP/1.1 200 OK\r\n\r\n" + body_of("/", 12))).state,
            State::reading);
  EXPECT_TRUE(reader_.head_complete());
  EXPECT_EQ(reader_.end_of_stream(), State::done);
  EXPECT_TRUE(check_.end(false));
  EXPECT_FALSE(reader_.keep_alive());
}

TEST_F(Reading, TellsTheEndsOfTheStreamApart) {
  begin();
  EXPECT_EQ(reader_.end_of_stream(), State::failed);
  EXPECT_EQ(reader_.outcome(), Outcome::eof_before_response);
  begin();
  reader_.feed(as_bytes("H"));
  EXPECT_EQ(reader_.end_of_stream(), State::failed);
  EXPECT_EQ(reader_.outcome(), Outcome::truncated);
}

TEST(ResponseReader, HoldsBodiesToTheLimitInEveryFraming) {
  for (const std::string& reply :
       {std::string("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n"),
        "HTTP/1.1 200 OK\r\n\r\n" + std::string(101, 'x'),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
            in_chunks(std::string(101, 'x'), 10),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=" + std::string(17'000, 'y') +
            "\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: " + std::string(17'000, 'y') +
            "\r\n\r\n"}) {
    for (const auto& pieces : all_cuts(reply)) {
      ResponseReader reader({.max_body_bytes = 100});
      auto expected = BodyExpectation::of_foreign_server();
      BodyCheck check;
      check.begin(expected, true);
      reader.begin(Method::get, check);
      for (const auto& piece : pieces) reader.feed(as_bytes(piece));
      ASSERT_EQ(reader.outcome(), Outcome::limit) << reply.substr(0, 80);
    }
  }
}

}  // namespace
}  // namespace asyncbench::http
