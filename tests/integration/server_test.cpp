// Misbehaving clients, under every strategy that serves. A server survives when it answers the next
// well-behaved request within a second and all descriptors are closed again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <thread>

#include "http_pair.hpp"
#include "raw_client.hpp"
#include "strategies/registry.hpp"
#include "tests/sanitized.hpp"

namespace asyncbench::test {

namespace {

using std::chrono::milliseconds;
using testing::AnyOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr milliseconds kShort{300};
// For tests about something else, which a slow machine must not make into tests of timeouts.
constexpr milliseconds kLong{30'000};
// More bytes than the socket buffers of both sides hold.
constexpr std::string_view kLongGet = "GET /bytes/50000000 HTTP/1.1\r\nHost: a\r\n\r\n";

std::size_t open_descriptors() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

std::size_t responses_in(const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = text.find("HTTP/1.1 "); at != std::string::npos;
       at = text.find("HTTP/1.1 ", at + 1)) {
    ++count;
  }
  return count;
}

std::vector<std::string> serving_strategies() {
  return strategies_with_own(workloads::server_ops());
}

class Server : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    strategy_ = registry_.find(GetParam());
    const Support support = can_perform(*strategy_, workloads::server_ops());
    if (!support) GTEST_SKIP() << support.reason;
  }

  void serve(workloads::ServerOptions options = {}, milliseconds timeouts = kLong) {
    options.header_timeout = timeouts;
    options.body_timeout = timeouts;
    options.write_timeout = timeouts;
    server_ = std::make_unique<RunningServer>(*strategy_, options);
    // The first request makes the strategy open whatever it keeps.
    expect_clean_request();
    ASSERT_TRUE(eventually([&] { return server_->open_connections() == 0; }));
    descriptors_before_ = open_descriptors();
  }

  RawClient connect(int receive_buffer_bytes = 0) {
    return RawClient::to(server_->port(), receive_buffer_bytes);
  }

  // Sends all of it and returns everything up to the server's close.
  std::string answer_to(std::string_view bytes) {
    RawClient client = connect();
    client.send(bytes);
    std::string answer = client.receive_all();
    EXPECT_TRUE(client.closed()) << "the connection is still open";
    return answer;
  }

  void expect_clean_request() {
    RawClient client = connect();
    client.send(kGet);
    EXPECT_THAT(client.receive_until("\r\n\r\n", kSlowdown * std::chrono::seconds(1)),
                StartsWith("HTTP/1.1 200 OK\r\n"));
  }

  // All clients of the test are gone.
  void expect_survival() {
    expect_clean_request();
    EXPECT_TRUE(eventually([&] { return server_->open_connections() == 0; }))
        << server_->open_connections() << " connections are still open";
    EXPECT_TRUE(eventually([&] { return open_descriptors() == descriptors_before_; }))
        << open_descriptors() << " descriptors, before " << descriptors_before_;
  }

  Registry registry_ = make_registry();
  Strategy* strategy_ = nullptr;
  std::unique_ptr<RunningServer> server_;
  std::size_t descriptors_before_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Strategies, Server, testing::ValuesIn(serving_strategies()),
                         [](const auto& param) { return test_name(param.param); });

TEST_P(Server, K01EndsSlowHeadsAtTheHeaderTimeout) {
  serve({}, kShort);
  std::vector<RawClient> slow;
  for (int i = 0; i < 8; ++i) slow.push_back(connect());
  const Time begun = now();
  for (RawClient& client : slow) client.send("GET / HTTP/1.1\r\nX: ");
  // A byte at a time: each receive waits 50 ms for an answer, and none resets the timeout.
  std::vector<std::string> answers(slow.size());
  while (now() < begun + std::chrono::seconds(2) &&
         std::ranges::any_of(slow, [](const RawClient& client) { return !client.closed(); })) {
    for (std::size_t i = 0; i < slow.size(); ++i) {
      if (slow[i].closed()) continue;
      if (answers[i].empty()) slow[i].send("x");
      answers[i] += slow[i].receive(now() + milliseconds(i == 0 ? 50 : 1));
      if (slow[i].closed()) {
        EXPECT_GE(now() - begun, kShort);
      }
    }
    expect_clean_request();
  }
  for (std::size_t i = 0; i < slow.size(); ++i) {
    EXPECT_TRUE(slow[i].closed());
    EXPECT_THAT(answers[i], AnyOf(StartsWith("HTTP/1.1 408 "), ""));
  }
  EXPECT_GE(server_->totals().timeouts, slow.size());
  slow.clear();
  expect_survival();
}

TEST_P(Server, K02EndsSlowBodiesAtTheBodyTimeout) {
  serve({}, kShort);
  const Time begun = now();
  EXPECT_THAT(answer_to("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello"),
              AnyOf(StartsWith("HTTP/1.1 408 "), ""));
  EXPECT_GE(now() - begun, kShort);
  EXPECT_EQ(server_->totals().timeouts, 1U);
  EXPECT_EQ(server_->totals().bad_requests, 0U) << "it was late, not bad";
  expect_survival();
}

TEST_P(Server, K03GivesUpOnAClientThatDoesNotRead) {
  serve({}, kShort);
  RawClient client = connect(4096);
  client.send(kLongGet);
  EXPECT_TRUE(eventually([&] { return server_->totals().timeouts == 1; }));
  EXPECT_TRUE(eventually([&] { return server_->open_connections() == 0; }));
  client.close();
  expect_survival();
}

TEST_P(Server, K04AnswersAClientThatHasHalfClosed) {
  serve();
  {
    RawClient client = connect();
    client.send("GET /bytes/1000000 HTTP/1.1\r\nHost: a\r\n\r\n");
    client.half_close();
    const std::string answer = client.receive_all();
    EXPECT_TRUE(client.closed());
    EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, 1000000U);
  }
  expect_survival();
}

TEST_P(Server, K05SurvivesAFloodOfResets) {
  serve();
  for (int i = 0; i < 10000; ++i) connect().close_with_reset();
  expect_survival();
}

TEST_P(Server, K06AnswersPipelinedRequestsInOrder) {
  serve();
  {
    RawClient client = connect();
    std::string requests;
    for (int i = 1; i <= 1000; ++i) {
      requests += "GET /bytes/" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n";
      requests += i == 1000 ? "Connection: close\r\n\r\n" : "\r\n";
    }
    const std::jthread sender([&] { client.send(requests); });
    const std::string answers = client.receive_all();
    std::size_t at = 0;
    for (int i = 1; i <= 1000; ++i) {
      const std::size_t head_end = answers.find("\r\n\r\n", at);
      ASSERT_NE(head_end, std::string::npos) << i;
      const std::string head = answers.substr(at, head_end - at + 2);
      ASSERT_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n"));
      ASSERT_THAT(head, HasSubstr("\r\nContent-Length: " + std::to_string(i) + "\r\n"));
      at = head_end + 4 + static_cast<std::size_t>(i);
    }
    EXPECT_EQ(at, answers.size());
  }
  expect_survival();
}

// ---- Requests that are refused

struct Refusal {
  const char* name;
  std::string request;
  std::vector<std::string> statuses;  // one of these
};

// Bytes that follow a refused request must not be taken for another request.
constexpr std::string_view kSmuggled = "GET /status/418 HTTP/1.1\r\nHost: a\r\n\r\n";

std::string get_with(std::string_view fields) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

std::string post_with(std::string_view fields, std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::string random_bytes() {
  std::mt19937 random(7);
  std::string bytes;
  for (int i = 0; i < 4096; ++i) bytes += static_cast<char>(random() & 0xffU);
  return bytes;
}

std::vector<Refusal> refusals() {
  using namespace std::string_literals;
  return {
      {"K07LongHead", get_with("X: " + std::string(17 * 1024, 'x') + "\r\n"), {"431"}},
      {"K07LongTarget",
       "GET /" + std::string(9 * 1024, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n",
       {"414"}},
      {"K07ManyFields", get_with(repeated("X: y\r\n", 101)), {"431"}},
      {"K08BodyBeyondTheLimit", post_with("Content-Length: 1048577\r\n", ""), {"413"}},
      {"K08LengthOf2To64", post_with("Content-Length: 18446744073709551616\r\n", ""), {"400"}},
      {"K09LengthAndCoding",
       post_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       {"400"}},
      {"K09TwoLengths", post_with("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), {"400"}},
      {"K09ChunkedTwice",
       post_with("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"),
       {"400", "501"}},
      {"K09SpaceBeforeColon", post_with("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), {"400"}},
      {"K09BareLf", get_with("X: y\nZ: w\r\n"), {"400"}},
      {"K09BareCr", get_with("X: y\rZ: w\r\n"), {"400"}},
      {"K09ChunkExtensionWithBareLf",
       post_with("Transfer-Encoding: chunked\r\n", "5;a=b\nX\r\nhello\r\n0\r\n\r\n"),
       {"400"}},
      {"K09ChunkExtensionOf64KiB",
       post_with("Transfer-Encoding: chunked\r\n",
                 "5;a=" + std::string(64 * 1024, 'x') + "\r\nhello\r\n0\r\n\r\n"),
       {"400", "413", "431"}},
      {"K09FoldedLine", get_with("X: y\r\n z\r\n"), {"400"}},
      {"K09Nul", get_with("X: a\0b\r\n"s), {"400"}},
      {"K10NoHost", "GET / HTTP/1.1\r\n\r\n", {"400"}},
      {"K10TwoHosts", get_with("Host: b\r\n"), {"400"}},
      {"K10BadMethod", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", {"400", "501"}},
      {"K10AbsoluteFormOfAnotherHost", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", {"400"}},
      {"K10Version3", "GET / HTTP/3.0\r\nHost: a\r\n\r\n", {"400", "505"}},
      {"K14RandomBytes", random_bytes(), {"400", "505", ""}},
      {"K14TlsClientHello",
       "\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03"s + std::string(194, '\x5a'),
       {"400", "505", ""}},
  };
}

// Whether a reply is made anew or has been made before, for this connection or another.
TEST_P(Server, AnswersTheSameRequestAlikeAgainAndAgain) {
  serve();
  const auto without_date = [](std::string reply) {
    const std::size_t date = reply.find("Date: ");
    return reply.erase(date, reply.find('\n', date) - date);
  };
  for (const std::string path : {"/bytes/0", "/bytes/12", "/bytes/16384", "/status/404/bytes/12"}) {
    SCOPED_TRACE(path);
    const std::string get = "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
    const std::string last = "HEAD " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    std::string reply = answer_to(get + last);
    reply.erase(reply.rfind("HTTP/1.1 "));  // what HEAD got
    for (int connection = 0; connection < 2; ++connection) {
      RawClient client = connect();
      for (int request = 0; request < 4; ++request) {
        client.send(get);
        std::string again;
        const Time patience = now() + kSlowdown * std::chrono::seconds(5);
        while (again.size() < reply.size() && !client.closed() && now() < patience) {
          again += client.receive(patience);
        }
        EXPECT_EQ(without_date(again), without_date(reply));
      }
      client.send(last);
      EXPECT_TRUE(client.receive_all().ends_with("\r\n\r\n")) << "HEAD got a body";
    }
  }
  expect_survival();
}

// Such a client expects the connection to close unless it is told otherwise, and knows no chunks.
TEST_P(Server, AnswersHttp10InItsOwnTerms) {
  serve();
  const std::string kept = answer_to(
      "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"
      "GET /chunked/1000 HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
  const std::size_t second = kept.rfind("HTTP/1.1 ");
  EXPECT_THAT(kept.substr(0, second), HasSubstr("\r\nConnection: keep-alive\r\n"));
  EXPECT_THAT(kept.substr(second), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_EQ(kept.size() - kept.find("\r\n\r\n", second) - 4, 1000U);
  expect_survival();
}

TEST_P(Server, K07ToK10AndK14RefusesAndCloses) {
  serve();
  const std::vector<Refusal> all = refusals();
  std::vector<RawClient> clients;
  for (const Refusal& refusal : all) {
    clients.push_back(connect());
    clients.back().send(refusal.request + std::string(kSmuggled));
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    SCOPED_TRACE(all[i].name);
    const std::string answer = clients[i].receive_all();
    EXPECT_TRUE(clients[i].closed()) << "the connection is still open";
    EXPECT_THAT(all[i].statuses, testing::Contains(answer.empty() ? "" : answer.substr(9, 3)));
    EXPECT_LE(responses_in(answer), 1U) << "a refused request's remainder was parsed as another";
  }
  EXPECT_EQ(server_->totals().bad_requests, all.size());
  clients.clear();
  expect_survival();
}

// What a reply may say of a body, and send of it, by status and method: RFC 9110, section 15, and
// RFC 9112, section 6.
TEST_P(Server, SendsNoBodyWhereNoneMayBe) {
  serve();
  struct Row {
    const char* method;
    unsigned status;
    bool announces;
  };
  for (const Row& row : {Row{"HEAD", 200, true},
                         {"HEAD", 404, true},
                         {"HEAD", 204, false},
                         {"GET", 204, false},
                         {"GET", 205, true},
                         {"GET", 304, true}}) {
    for (const std::string form : {"bytes", "chunked", "close"}) {
      for (const char* bytes : {"0", "1000", "100000"}) {
        const std::string path = "/status/" + std::to_string(row.status) + "/" + form + "/" + bytes;
        SCOPED_TRACE(row.method + (" " + path));
        std::string answer = answer_to(row.method + (" " + path) + " HTTP/1.1\r\nHost: a\r\n\r\n" +
                                       "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        const std::size_t end = answer.find("\r\n\r\n") + 4;
        const std::string head = answer.substr(0, end);
        EXPECT_THAT(head, StartsWith("HTTP/1.1 " + std::to_string(row.status) + " "));
        EXPECT_EQ(head.find("Content-Length: ") != std::string::npos,
                  row.announces && form == "bytes");
        EXPECT_EQ(head.find("Transfer-Encoding: ") != std::string::npos,
                  row.announces && form == "chunked");
        answer.erase(0, end);
        if (row.status == 205 && form == "chunked" && row.method == std::string("GET")) {
          EXPECT_THAT(answer, StartsWith("0\r\n\r\n"));
          answer.erase(0, 5);
        }
        if (form == "close") {
          EXPECT_EQ(answer, "");
        } else {
          EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
        }
      }
    }
  }
  expect_survival();
}

// Each timeout alone decides on what it is the timeout of, whether the others are shorter or
// longer: it neither waits for one of them, nor ends with one.
TEST_P(Server, EachTimeoutHoldsInEitherOrderWithEachOther) {
  using Timeout = Duration workloads::ServerOptions::*;
  struct Row {
    const char* name;
    Timeout timeout;
    std::string request;     // what the client sends before it is silent
    bool then_reads = true;  // or leaves the reply to its request unread
  };
  const std::vector<Row> rows{
      {"header", &workloads::ServerOptions::header_timeout, "GET / HTT"},
      {"header, of a second request", &workloads::ServerOptions::header_timeout,
       std::string(kGet) + "GET / HTT"},
      {"body", &workloads::ServerOptions::body_timeout,
       "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello"},
      {"body, of a second request", &workloads::ServerOptions::body_timeout,
       std::string(kGet) + "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello"},
      {"body, after 100", &workloads::ServerOptions::body_timeout,
       "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"},
      {"write", &workloads::ServerOptions::write_timeout, std::string(kLongGet), false},
      {"idle, before a request", &workloads::ServerOptions::idle_timeout, ""},
      {"idle, after a request", &workloads::ServerOptions::idle_timeout, std::string(kGet)},
      {"idle, after two requests", &workloads::ServerOptions::idle_timeout,
       std::string(kGet) + std::string(kGet)},
      {"idle, after a long reply", &workloads::ServerOptions::idle_timeout,
       "GET /bytes/300000 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"idle, after a reply that took its time", &workloads::ServerOptions::idle_timeout,
       "GET /delay/100ms HTTP/1.1\r\nHost: a\r\n\r\n"}};
  constexpr std::array kAll{
      &workloads::ServerOptions::header_timeout, &workloads::ServerOptions::body_timeout,
      &workloads::ServerOptions::write_timeout, &workloads::ServerOptions::idle_timeout};
  struct Run {
    const Row& row;
    bool others_are_longer;
    std::unique_ptr<RunningServer> server;
    Time begun;  // before the server can have accepted
    RawClient client;
    std::optional<Duration> open_for;
  };
  constexpr Duration kSooner = std::chrono::milliseconds(400);
  const Duration later = kSlowdown * std::chrono::milliseconds(2500);
  std::vector<Run> runs;
  for (const Row& row : rows) {
    for (const bool others_are_longer : {true, false}) {
      workloads::ServerOptions options;
      for (const Timeout other : kAll) options.*other = others_are_longer ? later : kSooner;
      options.*row.timeout = others_are_longer ? kSooner : later;
      auto server = std::make_unique<RunningServer>(*strategy_, options);
      const std::uint16_t port = server->port();
      runs.push_back({row,
                      others_are_longer,
                      std::move(server),
                      now(),
                      RawClient::to(port, row.then_reads ? 0 : 4096),
                      {}});
      runs.back().client.send(row.request);
    }
  }
  const Time patience = now() + 2 * later;
  while (now() < patience &&
         std::ranges::any_of(runs, [](const Run& run) { return !run.open_for.has_value(); })) {
    for (Run& run : runs) {
      if (run.open_for) continue;
      if (run.row.then_reads) run.client.receive(now());
      const bool is_over =
          run.row.then_reads ? run.client.closed() : run.server->totals().timeouts > 0;
      if (is_over) run.open_for = now() - run.begun;
    }
    std::this_thread::sleep_for(milliseconds(2));
  }
  for (const Run& run : runs) {
    SCOPED_TRACE(run.row.name + std::string(run.others_are_longer ? ", the others longer"
                                                                  : ", the others shorter"));
    EXPECT_EQ(run.server->totals().timeouts, 1U);
    ASSERT_TRUE(run.open_for.has_value()) << "it is still open";
    EXPECT_GE(*run.open_for, run.others_are_longer ? kSooner : later);
    if (run.others_are_longer) {
      EXPECT_LT(*run.open_for, later);
    }
  }
}

TEST_P(Server, K11SurvivesAClientThatLeavesInTheMiddleOfAResponse) {
  serve();
  for (const bool reset : {true, false}) {
    RawClient client = connect();
    client.send(kLongGet);
    EXPECT_FALSE(client.receive(now() + std::chrono::seconds(1)).empty());
    reset ? client.close_with_reset() : client.close();
  }
  EXPECT_TRUE(eventually([&] { return server_->totals().resets == 2; }))
      << server_->totals().resets;
  expect_survival();
}

TEST_P(Server, K13RefusesConnectionsAboveItsLimitAndCountsThem) {
  serve({.max_connections = 4});
  {
    std::vector<RawClient> held;
    for (int i = 0; i < 4; ++i) {
      held.push_back(connect());
      held.back().send(kGet);
      EXPECT_THAT(held.back().receive_until("\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
    }
    EXPECT_THAT(answer_to(kGet), StartsWith("HTTP/1.1 503 "));
    EXPECT_EQ(server_->totals().refused, 1U);
    EXPECT_EQ(server_->totals().bad_requests, 0U) << "one too many, not bad";
  }
  EXPECT_TRUE(eventually([&] { return server_->open_connections() == 0; }));
  expect_survival();
}

// Lowers the limit of open files to a few above those in use.
class FewDescriptors {
 public:
  explicit FewDescriptors(std::size_t free) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = static_cast<rlim_t>(highest_descriptor()) + 1 + free;
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  static int highest_descriptor() {
    int highest = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      highest = std::max(highest, std::stoi(entry.path().filename()));
    }
    return highest;
  }
  rlimit before_{};
};

Duration cpu_time() {
  timespec spent{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
}

TEST_P(Server, K13NeitherSpinsNorDiesWithoutDescriptors) {
  serve();
  {
    std::vector<RawClient> clients(32);
    const FewDescriptors few(4);
    for (RawClient& client : clients) EXPECT_TRUE(client.connect(server_->port()));
    for (RawClient& client : clients) client.send(kGet);
    EXPECT_THAT(clients.front().receive_until("\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
    const Duration cpu_before = cpu_time();
    // No client closes, so nothing can change, and the wait must cost no CPU.
    clients.front().receive(now() + milliseconds(500));
    EXPECT_LT(cpu_time() - cpu_before, milliseconds(100));
  }
  expect_survival();
}

TEST_P(Server, ReadsTheBodyOfARequestAndHoldsItToItsLength) {
  serve();
  const std::string body(300'000, 'x');  // longer than what one receive brings
  const auto answer_to_post = [&](const std::string& path) {
    return answer_to("POST " + path +
                     " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: " +
                     std::to_string(body.size()) + "\r\n\r\n" + body);
  };
  EXPECT_THAT(answer_to_post("/burn/100us/upload/300000/bytes/5"), StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(answer_to_post("/upload/300001"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer_to_post("/delay/1ms/upload/0"), StartsWith("HTTP/1.1 400 "));
  expect_survival();
}

TEST_P(Server, K15WaitsForAnExpectedBodyAtMostTheBodyTimeout) {
  serve({}, kShort);
  const std::string answer =
      answer_to("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 100 Continue\r\n\r\n"));
  EXPECT_THAT(answer.substr(std::min(answer.size(), std::size_t{25})),
              AnyOf(StartsWith("HTTP/1.1 408 "), ""));
  EXPECT_EQ(server_->totals().timeouts, 1U);
  expect_survival();
}

}  // namespace

}  // namespace asyncbench::test
