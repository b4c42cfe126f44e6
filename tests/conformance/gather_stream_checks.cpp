// Children with connections of their own.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "checks.hpp"
#include "family.hpp"
#include "peer.hpp"
#include "serving.hpp"
#include "stopper.hpp"

namespace asyncbench::conformance {

namespace {

using namespace std::chrono_literals;

// Asks on the child's open connection, or on a new one when it has none.
Family::Play asking(const Endpoint& upstream, std::vector<char>& connected) {
  return [&upstream, &connected](std::size_t child, unsigned) -> Script {
    co_await op::Begin{};
    if (connected.at(child) == 0) {
      const Completion ended = co_await op::Connect{&upstream, now() + 10s};
      EXPECT_FALSE(ended.error) << ended.error.message();
      if (ended.error) co_return;
      connected.at(child) = 1;
    }
    const Completion sent = co_await op::Send{bytes_of("ping"), now() + 10s, now() + 10s};
    EXPECT_FALSE(sent.error) << sent.error.message();
    const Completion reply = co_await op::Receive{now() + 10s};
    EXPECT_EQ(text_of(reply.data), "ping") << reply.error.message();
  };
}

// Accepts `connections`, answers `rounds` questions on each, and sees them end.
void answer(const Listener& listener, std::size_t connections, int rounds) {
  std::vector<Peer> peers;
  for (std::size_t i = 0; i < connections; ++i) peers.push_back(listener.accept());
  for (int round = 0; round < rounds; ++round) {
    for (Peer& peer : peers) peer.send(peer.receive(4));
  }
  for (Peer& peer : peers) EXPECT_EQ(peer.receive_all(), "");
}

void a_childs_connection_outlives_its_finish(Strategy& strategy) {
  constexpr std::size_t kChildren = 10;
  constexpr int kRounds = 20;
  const Listener upstream;
  std::jthread peer([&] { answer(upstream, kChildren, kRounds); });
  std::vector<char> connected(kChildren);
  Family family(kChildren, asking(upstream.endpoint(), connected));
  run_script(strategy, [&](unsigned) -> Script {
    for (int round = 0; round < kRounds; ++round) {
      const Completion ended = co_await op::Gather{family.members()};
      EXPECT_FALSE(ended.error) << ended.error.message();
    }
  });
  EXPECT_EQ(family.ended(), kChildren * kRounds);
}

void a_child_may_connect_anew(Strategy& strategy) {
  const Listener upstream;
  std::jthread peer([&] {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(upstream.accept().receive_all(), std::to_string(i));
  });
  int round = 0;
  Family family(1, [&](std::size_t, unsigned) -> Script {
    co_await op::Close{};  // of the run before
    const Completion ended = co_await op::Connect{&upstream.endpoint(), now() + 10s};
    EXPECT_FALSE(ended.error) << ended.error.message();
    const std::string text = std::to_string(round);
    EXPECT_FALSE((co_await op::Send{bytes_of(text)}).error);
  });
  run_script(strategy, [&](unsigned) -> Script {
    for (round = 0; round < 3; ++round) co_await op::Gather{family.members()};
  });
}

void the_parents_finish_closes_its_childrens_streams(Strategy& strategy) {
  const Listener upstream;
  std::atomic<bool> parent_has_finished = false;
  std::jthread peer([&] {
    Peer child = upstream.accept();
    Peer grandchild = upstream.accept();
    EXPECT_EQ(child.receive_all(), "x");
    EXPECT_TRUE(parent_has_finished) << "the stream ended before its parent's Finish";
    EXPECT_EQ(grandchild.receive_all(), "x");
    EXPECT_TRUE(parent_has_finished) << "the stream ended before its parent's Finish";
  });
  // First it connects and then its child does: the peer takes them apart by that.
  Family grandchildren(1, [&](std::size_t, unsigned) -> Script {
    co_await op::Connect{&upstream.endpoint(), now() + 10s};
    co_await op::Send{bytes_of("x")};
  });
  Family children(1, [&](std::size_t, unsigned) -> Script {
    co_await op::Connect{&upstream.endpoint(), now() + 10s};
    co_await op::Send{bytes_of("x")};
    co_await op::Gather{grandchildren.members()};
  });
  run_script(strategy, [&](unsigned) -> Script {
    co_await op::Gather{children.members()};
    co_await op::Sleep{now() + 50ms};
    parent_has_finished = true;
  });
}

// A gateway: each connection's task owns its children, and all of them go together.
void an_accepted_task_gathers(Strategy& strategy) {
  constexpr std::size_t kChildren = 3;
  constexpr std::size_t kConnections = 8;
  constexpr int kRounds = 5;
  const Listener upstream;
  std::jthread peer([&] { answer(upstream, kChildren * kConnections, kRounds); });
  struct Gateway {
    std::vector<char> connected = std::vector<char>(kChildren);
    Family family;
  };
  TestAcceptor acceptor([&] {
    auto gateway = std::make_shared<Gateway>();
    gateway->family = Family(kChildren, asking(upstream.endpoint(), gateway->connected));
    return [gateway](unsigned) -> Script {
      for (;;) {
        const Completion received = co_await op::Receive{now() + 10s};
        if (received.error || received.data.empty()) break;
        co_await op::Begin{};
        const std::string request = text_of(received.data);
        const Completion joined = co_await op::Gather{gateway->family.members()};
        EXPECT_FALSE(joined.error) << joined.error.message();
        const Completion sent = co_await op::Send{bytes_of(request), now() + 10s};
        EXPECT_FALSE(sent.error) << sent.error.message();
      }
      co_await op::Close{};
    };
  });
  acceptor.opened = kChildren;
  Serving serving(strategy, acceptor);
  {
    std::vector<Peer> clients;
    for (std::size_t i = 0; i < kConnections; ++i) {
      clients.push_back(connect_to(acceptor.endpoint()));
    }
    for (int round = 0; round < kRounds; ++round) {
      for (Peer& client : clients) client.send("question");
      for (Peer& client : clients) EXPECT_EQ(client.receive(8), "question");
    }
  }
  // Its clients are gone, so is each gateway, and with it the connections of its children.
  peer.join();
  serving.stop();
  EXPECT_EQ(acceptor.alive, 0);
}

void a_failing_child_does_not_touch_the_others(Strategy& strategy) {
  constexpr std::size_t kChildren = 6;
  const Endpoint closed = closed_port();
  const Listener upstream;
  std::jthread peer([&] { answer(upstream, kChildren / 2, 1); });
  std::vector<char> connected(kChildren);
  const Family::Play ask = asking(upstream.endpoint(), connected);
  Family family(kChildren, [&](std::size_t child, unsigned lane) -> Script {
    if (child % 2 == 0) return ask(child, lane);
    return [](const Endpoint& nobody) -> Script {
      const Completion ended = co_await op::Connect{&nobody, now() + 10s};
      EXPECT_EQ(ended.error, std::errc::connection_refused) << ended.error.message();
    }(closed);
  });
  run_script(strategy, [&](unsigned) -> Script {
    const Completion ended = co_await op::Gather{family.members()};
    EXPECT_FALSE(ended.error) << "what became of the children is theirs to tell: "
                              << ended.error.message();
  });
  EXPECT_EQ(family.ended(), kChildren);
}

void stop_ends_children_that_receive(Strategy& strategy) {
  constexpr std::size_t kChildren = 10;
  const Listener upstream;
  RunOptions options;
  Stopper stopper(options.stop);
  std::atomic<std::size_t> waiting = 0;
  Family family(kChildren, [&](std::size_t, unsigned) -> Script {
    co_await op::Connect{&upstream.endpoint()};
    if (++waiting == kChildren) stopper.now_waiting();
    expect_canceled(co_await op::Receive{});
  });
  run_script(
      strategy, [&](unsigned) -> Script { expect_canceled(co_await op::Gather{family.members()}); },
      options);
  EXPECT_EQ(family.ended(), kChildren);
  for (std::size_t i = 0; i < kChildren; ++i) EXPECT_EQ(upstream.accept().receive_all(), "");
}

const std::array kChecks{
    Check{"AChildsConnectionOutlivesItsFinish", OpKind::gather, Ending::success, kGatherStreamNeeds,
          a_childs_connection_outlives_its_finish},
    Check{"AChildMayConnectAnew", OpKind::gather, Ending::success, kGatherStreamNeeds,
          a_child_may_connect_anew},
    Check{"TheParentsFinishClosesItsChildrensStreams", OpKind::finish, Ending::success,
          kGatherStreamNeeds, the_parents_finish_closes_its_childrens_streams},
    Check{"AnAcceptedTaskGathers", OpKind::gather, Ending::success, kGatherServerNeeds,
          an_accepted_task_gathers},
    Check{"AFailingChildDoesNotTouchTheOthers", OpKind::gather, Ending::error, kGatherStreamNeeds,
          a_failing_child_does_not_touch_the_others},
    Check{"StopEndsChildrenThatReceive", OpKind::gather, Ending::stop, kGatherStreamNeeds,
          stop_ends_children_that_receive},
};

}  // namespace

std::span<const Check> gather_stream_checks() { return kChecks; }

}  // namespace asyncbench::conformance
