#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "checks.hpp"
#include "core/socket_ops.hpp"
#include "peer.hpp"
#include "serving.hpp"

namespace asyncbench::conformance {

namespace {

using namespace std::chrono_literals;

void accepted_connections_are_served(Strategy& strategy) {
  TestAcceptor acceptor(echo);
  Serving serving(strategy, acceptor);
  std::vector<Peer> peers;
  for (int i = 0; i < 60; ++i) peers.push_back(connect_to(acceptor.endpoint()));
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < peers.size(); ++i) expect_echo(peers[i], std::to_string(i));
  }
  serving.stop();
  EXPECT_EQ(acceptor.seen, 60);
  EXPECT_EQ(acceptor.alive, 0);
}

void connections_in_turn_are_served(Strategy& strategy) {
  TestAcceptor acceptor(echo);
  Serving serving(strategy, acceptor);
  for (int i = 0; i < 100; ++i) {
    Peer peer = connect_to(acceptor.endpoint());
    expect_echo(peer, "again");
    if (i % 2 == 0) peer.reset();
  }
  serving.stop();
  EXPECT_EQ(acceptor.seen, 100);
  EXPECT_EQ(acceptor.alive, 0);
}

void accepted_tasks_die_after_their_finish(Strategy& strategy) {
  TestAcceptor acceptor(echo);
  Serving serving(strategy, acceptor);
  {
    Peer peer = connect_to(acceptor.endpoint());
    expect_echo(peer, "hello");
  }
  const Time patience = now() + 5s;
  while (acceptor.alive != 0 && now() < patience) std::this_thread::yield();
  EXPECT_EQ(acceptor.alive, 0) << "while the server goes on";
  Peer peer = connect_to(acceptor.endpoint());
  expect_echo(peer, "still serving");
}

void a_half_closed_connection_gets_its_answer(Strategy& strategy) {
  TestAcceptor acceptor([] {
    return [](unsigned) -> Script {
      std::string request;
      for (;;) {
        const Completion received = co_await op::Receive{now() + 10s};
        if (received.error || received.data.empty()) break;
        request += text_of(received.data);
      }
      co_await op::Send{bytes_of(request), now() + 10s};
      co_await op::Close{};
    };
  });
  Serving serving(strategy, acceptor);
  Peer peer = connect_to(acceptor.endpoint());
  peer.send("question");
  peer.shut_down_sending();
  EXPECT_EQ(peer.receive_all(), "question");
}

void refused_connections_are_closed(Strategy& strategy) {
  TestAcceptor acceptor(nullptr);
  Serving serving(strategy, acceptor);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(connect_to(acceptor.endpoint()).receive_all(), "");
  }
  serving.stop();
  EXPECT_EQ(acceptor.seen, 20);
}

// As long as it lives this process gets no descriptor (EMFILE). The lowest free one is taken each
// time, so that a limit just below it leaves none.
class NoDescriptorLeft {
 public:
  NoDescriptorLeft() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const Fd lowest(::dup(STDERR_FILENO));
    const rlimit none{.rlim_cur = static_cast<rlim_t>(lowest.get()), .rlim_max = before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  }
  ~NoDescriptorLeft() { setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptorLeft(const NoDescriptorLeft&) = delete;
  NoDescriptorLeft& operator=(const NoDescriptorLeft&) = delete;

 private:
  rlimit before_{};
};

// None is turned away: those that cannot be accepted wait.
void clients_wait_while_descriptors_lack(Strategy& strategy) {
  TestAcceptor acceptor(echo);
  Serving serving(strategy, acceptor);
  Peer first = connect_to(acceptor.endpoint());
  expect_echo(first, "first");
  std::vector<Fd> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(stream_socket(acceptor.endpoint(), 0));
  {
    const NoDescriptorLeft none_left;
    std::vector<pollfd> polled;
    for (const Fd& client : clients) {
      EXPECT_EQ(begin_connect(client.get(), acceptor.endpoint()), 0);
      polled.push_back({.fd = client.get(), .events = POLLRDHUP, .revents = 0});
    }
    EXPECT_EQ(poll(polled.data(), polled.size(), 200), 0) << "a connection was closed";
    expect_echo(first, "still served");
  }
  for (Fd& client : clients) {
    Peer peer(std::move(client));
    expect_echo(peer, "and now");
  }
}

// The soft limit of descriptors, for as long as it lives.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t soft) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit lowered{.rlim_cur = soft, .rlim_max = before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &lowered), 0);
  }
  ~DescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;

 private:
  rlimit before_{};
};

// Whether a byte, an end or an error has come. poll() refuses more descriptors than the limit.
bool is_answered(const Fd& client) {
  char byte = 0;
  return ::recv(client.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN;
}

// More clients than the process may have descriptors when the run begins, all at once. The clients'
// own lie above the limit, so that it concerns the strategy alone. None is turned away: each is
// served once others have gone, and the waiting is counted.
void clients_beyond_the_limit_wait_for_their_turn(Strategy& strategy) {
  constexpr int kLimit = 96;
  constexpr std::size_t kClients = 160;
  TestAcceptor acceptor(echo);
  std::vector<Fd> waiting;
  for (std::size_t i = 0; i < kClients; ++i) {
    const Fd low = stream_socket(acceptor.endpoint(), 0);
    waiting.emplace_back(fcntl(low.get(), F_DUPFD_CLOEXEC, kLimit));
    ASSERT_TRUE(waiting.back());
  }
  const DescriptorLimit lowered(kLimit);
  Serving serving(strategy, acceptor);
  for (const Fd& client : waiting) EXPECT_EQ(begin_connect(client.get(), acceptor.endpoint()), 0);
  for (const Fd& client : waiting) EXPECT_EQ(::send(client.get(), "x", 1, MSG_NOSIGNAL), 1);
  const Time patience = now() + 20s;
  // Whether there is time left.
  const auto wait = [&](Duration time) {
    std::this_thread::sleep_for(time);
    return now() < patience;
  };
  // Nobody leaves until all have come that can be served.
  for (std::ptrdiff_t served = 0, before = -1; served == 0 || served != before;) {
    ASSERT_TRUE(wait(200ms)) << waiting.size() << " clients wait";
    before = std::exchange(served, std::ranges::count_if(waiting, is_answered));
  }
  const std::ptrdiff_t waited = std::ssize(waiting) - std::ranges::count_if(waiting, is_answered);
  while (!waiting.empty()) {
    for (std::size_t i = waiting.size(); i-- > 0;) {
      if (!is_answered(waiting[i])) continue;
      char echoed = 0;
      ASSERT_EQ(::recv(waiting[i].get(), &echoed, 1, 0), 1) << "a connection was closed";
      waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(i));
    }
    ASSERT_TRUE(wait(1ms)) << waiting.size() << " clients wait";
  }
  EXPECT_GT(waited, 0) << "there was no lack of descriptors";
  EXPECT_GT(serving.stop().front().accept_pauses, 0U);
  EXPECT_EQ(acceptor.seen, static_cast<int>(kClients));
}

void stop_ends_accepting_and_what_was_accepted(Strategy& strategy) {
  TestAcceptor acceptor(echo);
  for (int run = 0; run < 2; ++run) {
    Serving serving(strategy, acceptor);
    Peer peer = connect_to(acceptor.endpoint());
    expect_echo(peer, "hello");
    serving.stop();
    EXPECT_EQ(peer.receive_all(), "") << "idle connections end with the run";
    EXPECT_EQ(acceptor.alive, 0);
  }
  const Serving idle(strategy, acceptor);
}

void each_loop_accepts_on_its_own_socket(Strategy& strategy) {
  if (strategy.info().one_listener) GTEST_SKIP() << "has one socket for all";
  constexpr unsigned kThreads = 2;
  TestAcceptor acceptor(echo, kThreads);
  Serving serving(strategy, acceptor, kThreads);
  std::vector<Peer> peers;
  for (unsigned i = 0; i < 20; ++i) peers.push_back(connect_to(acceptor.endpoint(i % kThreads)));
  for (Peer& peer : peers) expect_echo(peer, "hello");
  const std::vector<LaneReport>& reports = serving.stop();
  for (const LaneReport& report : reports) EXPECT_GT(report.completions, 0U);
}

void one_socket_feeds_all_lanes(Strategy& strategy) {
  if (!strategy.info().one_listener) GTEST_SKIP() << "has a socket for each lane";
  constexpr unsigned kThreads = 2;
  constexpr int kClients = 20;
  std::array<std::atomic<int>, kThreads> served{};
  TestAcceptor acceptor([&served] {
    return [&served](unsigned lane) {
      ++served.at(lane);
      return echo()(lane);
    };
  });
  Serving serving(strategy, acceptor, kThreads);
  std::vector<Peer> peers;
  for (int i = 0; i < kClients; ++i) peers.push_back(connect_to(acceptor.endpoint()));
  for (Peer& peer : peers) expect_echo(peer, "hello");
  serving.stop();
  for (const auto& by_lane : served) EXPECT_EQ(by_lane, kClients / static_cast<int>(kThreads));
  EXPECT_EQ(acceptor.alive, 0);
}

// Connections that are handed to a loop come while it ends.
void stop_closes_what_is_being_handed_out(Strategy& strategy) {
  if (!strategy.info().one_listener) GTEST_SKIP() << "has a socket for each lane";
  for (int run = 0; run < 20; ++run) {
    TestAcceptor acceptor(echo);
    Serving serving(strategy, acceptor, 3);
    std::vector<Peer> peers;
    for (int i = 0; i < 12; ++i) peers.push_back(connect_to(acceptor.endpoint()));
    serving.stop();
    EXPECT_EQ(acceptor.alive, 0);
  }
}

const std::array kChecks{
    Check{"AcceptedConnectionsAreServed", OpKind::accept, Ending::success, kServerNeeds,
          accepted_connections_are_served},
    Check{"ConnectionsInTurnAreServed", OpKind::accept, Ending::success, kServerNeeds,
          connections_in_turn_are_served},
    Check{"AcceptedTasksDieAfterTheirFinish", OpKind::accept, Ending::success, kServerNeeds,
          accepted_tasks_die_after_their_finish},
    Check{"AHalfClosedConnectionGetsItsAnswer", OpKind::accept, Ending::success, kServerNeeds,
          a_half_closed_connection_gets_its_answer},
    Check{"RefusedConnectionsAreClosed", OpKind::accept, Ending::error, kServerNeeds,
          refused_connections_are_closed},
    Check{"ClientsWaitWhileDescriptorsLack", OpKind::accept, Ending::error, kServerNeeds,
          clients_wait_while_descriptors_lack},
    Check{"ClientsBeyondTheLimitWaitForTheirTurn", OpKind::accept, Ending::error, kServerNeeds,
          clients_beyond_the_limit_wait_for_their_turn},
    Check{"StopEndsAcceptingAndWhatWasAccepted", OpKind::accept, Ending::stop, kServerNeeds,
          stop_ends_accepting_and_what_was_accepted},
    Check{"EachLoopAcceptsOnItsOwnSocket", OpKind::accept, Ending::success, kServerNeeds,
          each_loop_accepts_on_its_own_socket},
    Check{"OneSocketFeedsAllLanes", OpKind::accept, Ending::success, kServerNeeds,
          one_socket_feeds_all_lanes},
    Check{"StopClosesWhatIsBeingHandedOut", OpKind::accept, Ending::stop, kServerNeeds,
          stop_closes_what_is_being_handed_out},
};

}  // namespace

std::span<const Check> accept_checks() { return kChecks; }

}  // namespace asyncbench::conformance
