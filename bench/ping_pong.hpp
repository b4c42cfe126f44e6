// Two tasks of one job, in two lanes, that send a byte back and forth.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <semaphore>
#include <vector>

#include "core/endpoint.hpp"
#include "core/job.hpp"
#include "measured_job.hpp"
#include "workloads/listener.hpp"

namespace asyncbench {

// Connects and sends the byte so many times; each time it waits until the byte has come back. It
// says when it has finished, because a job that accepts ends only by a stop.
class PingTask final : public Task {
 public:
  // The task releases it; a caller that will not wait for the task releases it once more.
  using Over = std::counting_semaphore<2>;

  // Everything referred to outlives the task.
  PingTask(const Endpoint& to, std::uint64_t rounds, Over& over, MeasuredJob& job)
      : to_(to), left_(rounds), over_(over), job_(job) {}

  Op start(unsigned /*lane*/) override { return op::Connect{&to_}; }

  Op resume(const Completion& ended) override {
    if (ended.error) {
      job_.fail("ping: " + ended.error.message());
      return step_ == Step::connect ? finish() : close();
    }
    switch (step_) {
      case Step::connect:
        job_.begun();
        return next();
      case Step::send:
        step_ = Step::receive;
        return op::Receive{};
      case Step::receive:
        if (ended.data.size() == byte_.size()) return next();
        job_.fail("ping: not the byte that was sent");
        return close();
      case Step::close:
        break;
    }
    return finish();
  }

 private:
  enum class Step : std::uint8_t { connect, send, receive, close };

  Op next() {
    if (left_ == 0) {
      job_.ended();
      return close();
    }
    --left_;
    step_ = Step::send;
    return op::Send{.bytes = byte_, .reply_deadline = kNever};
  }

  Op close() {
    step_ = Step::close;
    return op::Close{};
  }

  Op finish() {
    over_.release();
    return op::Finish{};
  }

  const Endpoint& to_;
  std::uint64_t left_;
  Over& over_;
  MeasuredJob& job_;
  Step step_ = Step::connect;
  std::array<std::byte, 1> byte_{};
};

// Sends back what it receives. The other side notices when something fails here.
class PongTask final : public Task {
 public:
  Op start(unsigned /*lane*/) override { return op::Receive{}; }

  Op resume(const Completion& ended) override {
    if (has_closed_) return op::Finish{};
    if (ended.error || (receives_ && ended.data.empty())) {
      has_closed_ = true;
      return op::Close{};
    }
    receives_ = !receives_;
    if (receives_) return op::Receive{};
    return op::Send{.bytes = ended.data, .reply_deadline = kNever};
  }

 private:
  bool receives_ = true;
  bool has_closed_ = false;
};

// Each lane has a port of its own, so a connect chooses the lane by the port.
class PongAcceptor final : public Acceptor {
 public:
  static constexpr unsigned kLanes = 2;

  // Throws std::system_error.
  PongAcceptor() {
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      listeners_.push_back(workloads::Listener::on_loopback(0, 1));
      endpoints_[lane] = Endpoint::loopback(listeners_[lane].port());
    }
  }

  int socket(unsigned lane) override { return listeners_[lane].socket(0); }
  std::unique_ptr<Task> accepted(unsigned /*lane*/) override {
    return std::make_unique<PongTask>();
  }

  const Endpoint& endpoint(unsigned lane) const { return endpoints_[lane]; }

 private:
  std::vector<workloads::Listener> listeners_;
  std::array<Endpoint, kLanes> endpoints_;
};

}  // namespace asyncbench
