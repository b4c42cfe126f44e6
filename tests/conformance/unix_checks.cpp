#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "checks.hpp"
#include "peer.hpp"
#include "serving.hpp"
#include "tests/scratch_folder.hpp"

namespace asyncbench::conformance {

namespace {

using namespace std::chrono_literals;

std::string socket_in(const test::ScratchFolder& folder) { return folder.path() / "socket"; }

void unix_connect_reaches_a_listener(Strategy& strategy) {
  const test::ScratchFolder folder;
  const Listener listener(socket_in(folder));
  const std::string large = pattern(500'000);
  std::jthread peer([&] {
    for (int i = 0; i < 3; ++i) {
      Peer connection = listener.accept();
      connection.send(connection.receive(large.size()));
      EXPECT_EQ(connection.receive_all(), "");
    }
  });
  run_script(strategy, [&](unsigned) -> Script {
    for (int i = 0; i < 3; ++i) {
      const Completion connected = co_await op::Connect{&listener.endpoint(), now() + 5s};
      EXPECT_FALSE(connected.error) << connected.error.message();
      const Completion sent = co_await op::Send{bytes_of(large), now() + 5s, now() + 5s};
      EXPECT_FALSE(sent.error) << sent.error.message();
      std::string received;
      while (received.size() < large.size()) {
        const Completion ended = co_await op::Receive{now() + 5s};
        EXPECT_FALSE(ended.error) << ended.error.message();
        if (ended.error || ended.data.empty()) break;
        received += text_of(ended.data);
      }
      EXPECT_TRUE(received == large) << received.size() << " bytes";
      co_await op::Close{};
    }
  });
}

void unix_connect_to_nobody_fails(Strategy& strategy) {
  const test::ScratchFolder folder;
  const Endpoint missing = Endpoint::unix_socket(folder.path() / "missing").value();
  // The file stays when its listener goes.
  const Endpoint deserted = Listener(folder.path() / "deserted").endpoint();
  const Listener listener(socket_in(folder));
  run_script(strategy, [&](unsigned) -> Script {
    Completion ended = co_await op::Connect{&missing, now() + 5s};
    EXPECT_EQ(ended.error, std::errc::no_such_file_or_directory) << ended.error.message();
    ended = co_await op::Connect{&deserted, now() + 5s};
    EXPECT_EQ(ended.error, std::errc::connection_refused) << ended.error.message();
    ended = co_await op::Connect{&listener.endpoint(), now() + 5s};
    EXPECT_FALSE(ended.error) << "after a refusal: " << ended.error.message();
    co_await op::Close{};
  });
}

void unix_receive_keeps_its_deadline(Strategy& strategy) {
  const test::ScratchFolder folder;
  const Listener listener(socket_in(folder));
  run_script(strategy, [&](unsigned) -> Script {
    co_await op::Connect{&listener.endpoint()};
    const Time deadline = now() + 30ms;
    const Completion silence = co_await op::Receive{deadline};
    expect_on_time(deadline, now());
    EXPECT_EQ(silence.error, std::errc::timed_out) << silence.error.message();
    co_await op::Close{};
  });
}

// There is no RST on a Unix socket: the stream just ends.
void unix_close_with_reset_ends_the_stream(Strategy& strategy) {
  const test::ScratchFolder folder;
  const Listener listener(socket_in(folder));
  std::string received = "?";
  std::jthread peer([&] { received = listener.accept().receive_all(); });
  run_script(strategy, [&](unsigned) -> Script {
    co_await op::Connect{&listener.endpoint()};
    EXPECT_FALSE((co_await op::Send{bytes_of("last words")}).error);
    EXPECT_FALSE((co_await op::Close{.reset = true}).error);
  });
  peer.join();
  EXPECT_EQ(received, "last words");
}

void a_unix_peer_that_goes_is_seen(Strategy& strategy) {
  const test::ScratchFolder folder;
  const Listener listener(socket_in(folder));
  std::jthread peer([&] {
    Peer connection = listener.accept();
    EXPECT_EQ(connection.receive(2), "go");
    connection.close();
  });
  run_script(strategy, [&](unsigned) -> Script {
    co_await op::Connect{&listener.endpoint()};
    co_await op::Send{bytes_of("go")};
    const Completion end = co_await op::Receive{now() + 5s};
    EXPECT_FALSE(end.error) << end.error.message();
    EXPECT_TRUE(end.data.empty());
    const Completion sent = co_await op::Send{bytes_of("anybody there?"), now() + 5s};
    EXPECT_EQ(sent.error, std::errc::broken_pipe) << sent.error.message();
    co_await op::Close{};
  });
}

void accepted_unix_connections_are_served(Strategy& strategy) {
  const test::ScratchFolder folder;
  TestAcceptor acceptor(echo, socket_in(folder));
  Serving serving(strategy, acceptor);
  std::vector<Peer> peers;
  for (int i = 0; i < 30; ++i) peers.push_back(connect_to(acceptor.endpoint()));
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < peers.size(); ++i) expect_echo(peers[i], std::to_string(i));
  }
  peers.front().close();
  serving.stop();
  EXPECT_EQ(acceptor.seen, 30);
  EXPECT_EQ(acceptor.alive, 0);
  EXPECT_EQ(peers.back().receive_all(), "") << "idle connections end with the run";
}

const std::array kChecks{
    Check{"UnixConnectReachesAListener", OpKind::connect, Ending::success, kStreamNeeds,
          unix_connect_reaches_a_listener},
    Check{"UnixConnectToNobodyFails", OpKind::connect, Ending::error, kStreamNeeds,
          unix_connect_to_nobody_fails},
    Check{"UnixReceiveKeepsItsDeadline", OpKind::receive, Ending::deadline, kStreamNeeds,
          unix_receive_keeps_its_deadline},
    Check{"UnixCloseWithResetEndsTheStream", OpKind::close, Ending::reset, kStreamNeeds,
          unix_close_with_reset_ends_the_stream},
    Check{"AUnixPeerThatGoesIsSeen", OpKind::receive, Ending::end, kStreamNeeds,
          a_unix_peer_that_goes_is_seen},
    Check{"AcceptedUnixConnectionsAreServed", OpKind::accept, Ending::success, kServerNeeds,
          accepted_unix_connections_are_served},
};

}  // namespace

std::span<const Check> unix_checks() { return kChecks; }

}  // namespace asyncbench::conformance
