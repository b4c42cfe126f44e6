// A task that asks for one operation again and again.
#pragma once

#include <cstdint>

#include "core/task.hpp"
#include "measured_job.hpp"

namespace asyncbench {

class RepeatTask final : public Task {
 public:
  // `job` outlives the task.
  RepeatTask(Op wanted, std::uint64_t times, MeasuredJob& job)
      : wanted_(wanted), left_(times), job_(job) {}

  Op start(unsigned /*lane*/) override {
    job_.begun();
    return next();
  }

  Op resume(const Completion& ended) override {
    if (!ended.error) return next();
    job_.fail(name_of(kind_of(wanted_)) + (": " + ended.error.message()));
    return op::Finish{};
  }

 private:
  Op next() {
    if (left_ == 0) {
      job_.ended();
      return op::Finish{};
    }
    --left_;
    return wanted_;
  }

  Op wanted_;
  std::uint64_t left_;
  MeasuredJob& job_;
};

}  // namespace asyncbench
