// Exchange among the other operations of libcurl's strategies, many at once. What an exchange
// promises is the conformance suite's, and what responses mean is for the faults test.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "http/request.hpp"
#include "http/response_sink.hpp"
#include "peer.hpp"
#include "run_job.hpp"
#include "stopper.hpp"
#include "strategies/curl/curl.hpp"
#include "tests/scratch_folder.hpp"

namespace asyncbench {
namespace {

using namespace std::chrono_literals;
using conformance::bytes_of;
using conformance::expect_on_time;
using conformance::FullListener;
using conformance::Listener;
using conformance::Peer;
using conformance::run_job;
using conformance::run_script;
using conformance::RunOptions;
using conformance::Script;
using conformance::script;
using conformance::Stopper;
using conformance::Tasks;

constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";

http::Request request_to(const Endpoint& to) {
  return http::make_request(http::Method::get, {.host = "127.0.0.1", .port = to.port()}, to, true);
}

std::string read_head(Peer& peer) {
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    const std::string byte = peer.receive(1);
    if (byte.empty()) break;
    head += byte;
  }
  return head;
}

// What came of one exchange.
class Sink final : public http::ResponseSink {
 public:
  bool head_line(std::span<const std::byte>) override { return true; }
  bool body(std::span<const std::byte> bytes) override {
    text += conformance::text_of(bytes);
    return true;
  }
  void ended(const http::ExchangeEnd& end) override {
    outcome = end.outcome;
    ++ends;
  }

  std::string text;
  Outcome outcome = Outcome::internal;
  int ends = 0;
};

class Curl : public testing::TestWithParam<const char*> {
 protected:
  std::unique_ptr<Strategy> strategy_ =
      GetParam() == std::string("curl_multi") ? make_curl_multi() : make_curl_threads();
};

INSTANTIATE_TEST_SUITE_P(Strategies, Curl, testing::Values("curl_multi", "curl_threads"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(Curl, EndsConnectsHalfResponsesAndSleepsAtTheStop) {
  const FullListener full;
  const Listener listener;
  const std::array requests{request_to(full.endpoint()), request_to(listener.endpoint())};
  std::array<Sink, 30> sinks;
  RunOptions options;
  Stopper stopper(options.stop);
  std::atomic<Time> stop_from = kNever;
  std::jthread server([&] {
    std::vector<Peer> connections;
    for (std::size_t i = 0; i < sinks.size() / 3; ++i) {
      connections.push_back(listener.accept());
      read_head(connections.back());
      connections.back().send(std::string(kHead) + "hal");
    }
    // The stop is at least 20 ms away.
    stop_from = now() + 20ms;
    stopper.now_waiting();
    for (Peer& connection : connections) connection.receive_all();
  });
  std::atomic<int> cancelled = 0;
  Tasks tasks;
  for (std::size_t i = 0; i < sinks.size(); ++i) {
    tasks.push_back(script([&, i](unsigned) -> Script {
      co_await op::Begin{};
      Completion ended;
      if (i % 3 == 2) {
        ended = co_await op::Sleep{now() + 1h};
      } else {
        ended = co_await op::Exchange{&requests[i % 3], &sinks[i]};
        EXPECT_EQ(sinks[i].outcome, Outcome::cancelled);
      }
      expect_on_time(stop_from, now());
      if (ended.error == std::errc::operation_canceled) ++cancelled;
    }));
  }
  run_job(*strategy_, std::move(tasks), options);
  EXPECT_EQ(cancelled, static_cast<int>(sinks.size()));
}

TEST_P(Curl, SleepsNeitherTooShortNorMuchTooLong) {
  run_script(*strategy_, [](unsigned) -> Script {
    for (const Duration length : {Duration(0), Duration(100us), Duration(17ms), Duration(100ms)}) {
      const Time until = now() + length;
      EXPECT_FALSE((co_await op::Sleep{until}).error);
      expect_on_time(until, now());
    }
  });
}

TEST_P(Curl, StoresAResponseInAFileWithinOneTask) {
  const Listener listener;
  std::jthread server([&] {
    Peer connection = listener.accept();
    for (int i = 0; i < 2; ++i) {
      read_head(connection);
      connection.send(std::string(kHead) + "hello");
    }
  });
  const http::Request request = request_to(listener.endpoint());
  const test::ScratchFolder folder;
  const std::string path = folder.path() / "body";
  run_script(*strategy_, [&](unsigned) -> Script {
    std::uint64_t offset = 0;
    const Completion opened = co_await op::Open{path.c_str(), O_WRONLY | O_CREAT};
    EXPECT_FALSE(opened.error) << opened.error.message();
    const auto file = static_cast<int>(opened.size);
    for (int i = 0; i < 2; ++i) {
      Sink sink;
      co_await op::Begin{};
      EXPECT_FALSE((co_await op::Exchange{&request, &sink, now() + 10s}).error);
      EXPECT_EQ(sink.outcome, Outcome::ok);
      const Completion written = co_await op::Write{file, offset, bytes_of(sink.text)};
      EXPECT_EQ(written.size, 5U) << written.error.message();
      offset += written.size;
    }
    EXPECT_FALSE((co_await op::Sync{file}).error);
    EXPECT_FALSE((co_await op::CloseFile{file}).error);
  });
  std::ifstream stored(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(stored), {}), "hellohello");
}

// The server answers only when all have asked: children one after the other would never end. The
// second round goes over the same connections.
TEST(CurlMulti, GathersExchangesAtOnceOnConnectionsThatStay) {
  constexpr std::size_t kChildren = 10;
  constexpr int kRounds = 3;
  const Listener listener;
  std::jthread server([&] {
    std::vector<Peer> connections;
    for (std::size_t i = 0; i < kChildren; ++i) connections.push_back(listener.accept());
    for (int round = 0; round < kRounds; ++round) {
      for (Peer& connection : connections) EXPECT_NE(read_head(connection), "");
      for (Peer& connection : connections) connection.send(std::string(kHead) + "hello");
    }
  });
  const http::Request request = request_to(listener.endpoint());
  int answers = 0;
  std::vector<std::unique_ptr<Task>> owners;
  std::vector<Task*> children;
  for (std::size_t i = 0; i < kChildren; ++i) {
    owners.push_back(script([&](unsigned) -> Script {
      Sink sink;
      co_await op::Begin{};
      co_await op::Exchange{&request, &sink, now() + 10s};
      if (sink.text == "hello") ++answers;
    }));
    children.push_back(owners.back().get());
  }
  run_script(*make_curl_multi(), [&](unsigned) -> Script {
    for (int round = 1; round <= kRounds; ++round) {
      EXPECT_FALSE((co_await op::Gather{children}).error);
      EXPECT_EQ(answers, round * static_cast<int>(kChildren));
    }
  });
}

TEST(CurlMulti, EndsAGatherAtTheStopWhenAllChildrenHave) {
  const Listener listener;
  const http::Request request = request_to(listener.endpoint());
  RunOptions options;
  Stopper stopper(options.stop);
  std::array<Sink, 3> sinks;
  std::vector<std::unique_ptr<Task>> owners;
  std::vector<Task*> children;
  for (Sink& sink : sinks) {
    owners.push_back(script([&](unsigned) -> Script { co_await op::Exchange{&request, &sink}; }));
    children.push_back(owners.back().get());
  }
  run_script(
      *make_curl_multi(),
      [&](unsigned) -> Script {
        const Time stop_from = now() + 20ms;  // as soon as the stopper may
        stopper.now_waiting();
        const Completion ended = co_await op::Gather{children};
        EXPECT_EQ(ended.error, std::errc::operation_canceled) << ended.error.message();
        expect_on_time(stop_from, now());
        for (const Sink& sink : sinks) EXPECT_EQ(sink.outcome, Outcome::cancelled);
        EXPECT_EQ((co_await op::Gather{children}).error, std::errc::operation_canceled);
      },
      options);
}

}  // namespace
}  // namespace asyncbench
