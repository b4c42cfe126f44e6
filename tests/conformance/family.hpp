// The children of a task that gathers.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "script.hpp"

namespace asyncbench::conformance {

// Children that all play one script, and the counts of their runs. Outlives the Finish of the task
// that gathers them.
class Family {
 public:
  using Play = std::function<Script(std::size_t child, unsigned lane)>;

  Family() = default;
  Family(std::size_t size, Play play) {
    for (std::size_t i = 0; i < size; ++i) {
      children_.push_back(
          std::make_unique<Child>([play, i](unsigned lane) { return play(i, lane); }, *counts_));
      members_.push_back(children_.back().get());
    }
  }

  std::span<Task* const> members() const { return members_; }
  // Runs of children that have begun, and those that have come to their Finish.
  std::size_t started() const { return counts_->started; }
  std::size_t ended() const { return counts_->ended; }

 private:
  struct Counts {
    std::atomic<std::size_t> started = 0;
    std::atomic<std::size_t> ended = 0;
  };

  class Child final : public Task {
   public:
    Child(std::function<Script(unsigned lane)> play, Counts& counts)
        : script_(std::move(play)), counts_(counts) {}
    Op start(unsigned lane) override {
      ++counts_.started;
      return counted(script_.start(lane));
    }
    Op resume(const Completion& ended) override { return counted(script_.resume(ended)); }

   private:
    Op counted(Op op) {
      if (std::holds_alternative<op::Finish>(op)) ++counts_.ended;
      return op;
    }
    ScriptTask script_;
    Counts& counts_;
  };

  std::unique_ptr<Counts> counts_ = std::make_unique<Counts>();
  std::vector<std::unique_ptr<Child>> children_;
  std::vector<Task*> members_;
};

}  // namespace asyncbench::conformance
