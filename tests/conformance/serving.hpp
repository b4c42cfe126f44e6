// A strategy that serves in the background, for the checks of servers.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "peer.hpp"
#include "run_job.hpp"

namespace asyncbench::conformance {

// Makes a task of each connection, none if it is given no script, and counts those that live.
class TestAcceptor final : public Acceptor {
 public:
  using Play = std::function<Script(unsigned lane)>;

  // Makes what one connection's task plays; what that holds dies with the task.
  using MakePlay = std::function<Play()>;

  explicit TestAcceptor(MakePlay make, unsigned listeners = 1)
      : make_(std::move(make)), listeners_(listeners) {}
  // On a Unix socket.
  TestAcceptor(MakePlay make, const std::string& path) : make_(std::move(make)) {
    listeners_.emplace_back(path);
  }

  // Of fewer than one a lane, lanes share one.
  int socket(unsigned lane) override { return listeners_[lane % listeners_.size()].fd(); }

  std::unique_ptr<Task> accepted(unsigned lane) override {
    EXPECT_LT(lane, lanes);
    ++seen;
    if (!make_) return nullptr;
    ++alive;
    const std::shared_ptr<void> counted(nullptr, [this](void*) { --alive; });
    return script([play = make_(), counted](unsigned started_lane) { return play(started_lane); });
  }

  unsigned opened_by_each() const override { return opened; }
  std::span<const std::byte> long_replies() const override { return replies; }

  const Endpoint& endpoint(unsigned lane = 0) const { return listeners_.at(lane).endpoint(); }

  unsigned lanes = 1;
  unsigned opened = 0;  // by the script of each connection, at most
  std::span<const std::byte> replies;
  std::atomic<int> seen = 0;
  std::atomic<int> alive = 0;

 private:
  MakePlay make_;
  std::vector<Listener> listeners_;
};

// A script that sends back what it receives, until the end of the stream.
TestAcceptor::Play echo();

// Asks a peer that is served by echo().
void expect_echo(Peer& peer, const std::string& text);

// Serves in a thread of its own until stop() or the end of the scope.
class Serving {
 public:
  Serving(Strategy& strategy, TestAcceptor& acceptor, unsigned threads = 1) {
    options_.acceptor = &acceptor;
    options_.threads = threads;
    acceptor.lanes = threads;
    thread_ = std::jthread([this, &strategy] { reports_ = run_job(strategy, {}, options_); });
  }
  ~Serving() { stop(); }

  const std::vector<LaneReport>& stop() {
    options_.stop.request_stop();
    if (thread_.joinable()) thread_.join();
    return reports_;
  }

 private:
  RunOptions options_;
  std::vector<LaneReport> reports_;
  std::jthread thread_;
};

}  // namespace asyncbench::conformance
