#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "checks.hpp"
#include "http/request.hpp"
#include "http/response_sink.hpp"
#include "peer.hpp"
#include "run_job.hpp"
#include "stopper.hpp"

namespace asyncbench::conformance {

namespace {

using namespace std::chrono_literals;

// Keeps what an exchange delivers, and sees to the order in which that comes.
class KeepingSink final : public http::ResponseSink {
 public:
  bool head_line(std::span<const std::byte> line) override {
    EXPECT_FALSE(outcome) << "a line after the end";
    head += text_of(line);
    return true;
  }
  bool body(std::span<const std::byte> bytes) override {
    EXPECT_FALSE(outcome) << "bytes after the end";
    content += text_of(bytes);
    return true;
  }
  void ended(const http::ExchangeEnd& end) override {
    EXPECT_FALSE(outcome) << "a second end";
    outcome = end.outcome;
    new_connection = end.new_connection;
  }

  std::string head;
  std::string content;
  std::optional<Outcome> outcome;
  bool new_connection = false;
};

http::Request request_to(const Endpoint& to) {
  return http::make_request(http::Method::get, {.host = "127.0.0.1", .port = to.port()}, to, true);
}

void expect_outcome(const KeepingSink& sink, Outcome outcome) {
  EXPECT_EQ(name_of(sink.outcome.value_or(Outcome::internal)), name_of(outcome));
}

// Accepts one connection and handles its one request.
std::jthread serve_one(const Listener& listener, std::function<void(Peer&)> handle) {
  return std::jthread([&listener, handle = std::move(handle)] {
    Peer connection = listener.accept();
    std::string head;
    while (!head.ends_with("\r\n\r\n")) {
      const std::string byte = connection.receive(1);
      if (byte.empty()) return;
      head += byte;
    }
    handle(connection);
  });
}

// One exchange with a server that does `handle` once it has the request.
void exchange(Strategy& strategy, KeepingSink& sink, std::function<void(Peer&)> handle) {
  const Listener listener;
  const auto server = serve_one(listener, std::move(handle));
  const http::Request request = request_to(listener.endpoint());
  run_script(strategy, [&](unsigned) -> Script {
    co_await op::Begin{};
    const Completion ended = co_await op::Exchange{&request, &sink, now() + 10s};
    EXPECT_FALSE(ended.error) << "outcomes go to the sink: " << ended.error.message();
    EXPECT_TRUE(sink.outcome) << "the task goes on before the sink knows the end";
  });
}

void an_exchange_delivers_the_response(Strategy& strategy) {
  const std::string body = pattern(300'000);
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n";
  KeepingSink sink;
  exchange(strategy, sink, [&](Peer& peer) { peer.send(head + body); });
  expect_outcome(sink, Outcome::ok);
  EXPECT_EQ(sink.head, head);
  EXPECT_TRUE(sink.content == body) << sink.content.size() << " bytes";
  EXPECT_TRUE(sink.new_connection);
}

void an_exchange_tells_a_truncated_response(Strategy& strategy) {
  KeepingSink sink;
  exchange(strategy, sink, [](Peer& peer) {
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it");
    peer.close();
  });
  expect_outcome(sink, Outcome::truncated);
  EXPECT_EQ(sink.content, "half of it");
}

void an_exchange_tells_a_reset(Strategy& strategy) {
  KeepingSink sink;
  exchange(strategy, sink, [](Peer& peer) { peer.reset(); });
  expect_outcome(sink, Outcome::reset);
}

void an_exchange_with_nobody_is_refused(Strategy& strategy) {
  const http::Request request = request_to(closed_port());
  KeepingSink sink;
  run_script(strategy, [&](unsigned) -> Script {
    co_await op::Begin{};
    co_await op::Exchange{&request, &sink, now() + 10s};
  });
  expect_outcome(sink, Outcome::connect_refused);
}

void an_exchange_keeps_its_deadline(Strategy& strategy) {
  const Listener listener;
  const http::Request request = request_to(listener.endpoint());
  for (const Duration patience : {20ms, 150ms}) {
    KeepingSink sink;
    run_script(strategy, [&](unsigned) -> Script {
      co_await op::Begin{};
      const Time deadline = now() + patience;
      co_await op::Exchange{&request, &sink, deadline};
      expect_on_time(deadline, now());
    });
    expect_outcome(sink, Outcome::timeout_headers);
  }
}

void exchanges_run_at_the_same_time(Strategy& strategy) {
  constexpr std::size_t kTasks = 30;
  const Listener listener;
  std::jthread server([&] {
    std::vector<Peer> peers;
    for (std::size_t i = 0; i < kTasks; ++i) peers.push_back(listener.accept());
    for (Peer& peer : peers) peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    for (Peer& peer : peers) peer.receive_all();
  });
  const http::Request request = request_to(listener.endpoint());
  std::vector<KeepingSink> sinks(kTasks);
  Tasks tasks;
  for (KeepingSink& sink : sinks) {
    tasks.push_back(script([&](unsigned) -> Script {
      co_await op::Begin{};
      co_await op::Exchange{&request, &sink, now() + 10s};
    }));
  }
  run_job(strategy, std::move(tasks));
  for (const KeepingSink& sink : sinks) {
    expect_outcome(sink, Outcome::ok);
    EXPECT_EQ(sink.content, "ok");
  }
}

void stop_ends_an_exchange(Strategy& strategy) {
  const Listener listener;
  const http::Request request = request_to(listener.endpoint());
  KeepingSink sink;
  KeepingSink later;
  RunOptions options;
  Stopper stopper(options.stop);
  run_script(
      strategy,
      [&](unsigned) -> Script {
        co_await op::Begin{};
        stopper.now_waiting();
        expect_canceled(co_await op::Exchange{&request, &sink});
        expect_canceled(co_await op::Exchange{&request, &later});
      },
      options);
}

const std::array kChecks{
    Check{"AnExchangeDeliversTheResponse", OpKind::exchange, Ending::success, kExchangeNeeds,
          an_exchange_delivers_the_response},
    Check{"AnExchangeTellsATruncatedResponse", OpKind::exchange, Ending::partial, kExchangeNeeds,
          an_exchange_tells_a_truncated_response},
    Check{"AnExchangeTellsAReset", OpKind::exchange, Ending::reset, kExchangeNeeds,
          an_exchange_tells_a_reset},
    Check{"AnExchangeWithNobodyIsRefused", OpKind::exchange, Ending::error, kExchangeNeeds,
          an_exchange_with_nobody_is_refused},
    Check{"AnExchangeKeepsItsDeadline", OpKind::exchange, Ending::deadline, kExchangeNeeds,
          an_exchange_keeps_its_deadline},
    Check{"ExchangesRunAtTheSameTime", OpKind::exchange, Ending::success, kExchangeNeeds,
          exchanges_run_at_the_same_time},
    Check{"StopEndsAnExchange", OpKind::exchange, Ending::stop, kExchangeNeeds,
          stop_ends_an_exchange},
};

}  // namespace

std::span<const Check> exchange_checks() { return kChecks; }

}  // namespace asyncbench::conformance
