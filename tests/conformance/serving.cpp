#include "serving.hpp"

namespace asyncbench::conformance {

using namespace std::chrono_literals;

TestAcceptor::Play echo() {
  return [](unsigned) -> Script {
    for (;;) {
      const Completion received = co_await op::Receive{now() + 10s};
      if (received.error || received.data.empty()) break;
      co_await op::Begin{};
      const Completion sent = co_await op::Send{received.data, now() + 10s};
      if (sent.error) break;
    }
    co_await op::Close{};
  };
}

void expect_echo(Peer& peer, const std::string& text) {
  peer.send(text);
  EXPECT_EQ(peer.receive(text.size()), text);
}

}  // namespace asyncbench::conformance
