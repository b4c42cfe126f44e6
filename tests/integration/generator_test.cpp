// Trials whose load generator is starved, or is not: the note says which.
#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "analyze/notes.hpp"
#include "analyze/validity.hpp"
#include "measure/cpu.hpp"
#include "run/participant.hpp"
#include "run/plan.hpp"
#include "run/run.hpp"
#include "strategies/epoll/epoll.hpp"

namespace asyncbench::run {
namespace {

using namespace std::chrono_literals;

// Every step of its tasks takes long.
class HeavyTask : public Task {
 public:
  explicit HeavyTask(std::unique_ptr<Task> task) : task_(std::move(task)) {}
  Op start(unsigned lane) override { return task_->start(lane); }
  Op resume(const Completion& ended) override {
    measure::burn_cpu(50us);
    return task_->resume(ended);
  }

 private:
  std::unique_ptr<Task> task_;
};

class HeavyAcceptor : public Acceptor {
 public:
  explicit HeavyAcceptor(Acceptor& acceptor) : acceptor_(acceptor) {}
  int socket(unsigned lane) override { return acceptor_.socket(lane); }
  std::unique_ptr<Task> accepted(unsigned lane) override {
    auto task = acceptor_.accepted(lane);
    return task ? std::make_unique<HeavyTask>(std::move(task)) : nullptr;
  }
  unsigned opened_by_each() const override { return acceptor_.opened_by_each(); }

 private:
  Acceptor& acceptor_;
};

class Heavy : public Strategy {
 public:
  Heavy() { info_.name = "heavy"; }
  const StrategyInfo& info() const override { return info_; }
  void run(Job& job) override {
    for (auto& task : job.tasks) task = std::make_unique<HeavyTask>(std::move(task));
    std::unique_ptr<HeavyAcceptor> acceptor;
    if (job.acceptor != nullptr) {
      acceptor = std::make_unique<HeavyAcceptor>(*job.acceptor);
      job.acceptor = acceptor.get();
    }
    loop_->run(job);
  }

 private:
  std::unique_ptr<Strategy> loop_ = make_epoll();
  StrategyInfo info_ = loop_->info();
};

Registry registry() {
  Registry registry;
  registry.add(make_epoll());
  registry.add(std::make_unique<Heavy>());
  return registry;
}

struct Setup {
  std::string subject = "epoll";
  std::string generator = "heavy";
  unsigned loops = 1;  // of the generator
  Pinning pin;
};

// The details of the note; empty: the generator was not limited.
std::string limit(const Setup& setup) {
  const Registry all = registry();
  PlannedCell cell = make_cell("serve", setup.subject, {{"connections", "16"}}, all);
  cell.threads.peer = setup.loops;
  Settings settings{.duration = 400ms, .warmup = 100ms, .peer_strategy = setup.generator};
  settings.pin = resolve_pinning(setup.pin, cell.threads);
  const result::Trial trial = measure_once(cell, settings);
  EXPECT_EQ(trial.status, result::TrialStatus::ok) << trial.reason;
  const result::Cell row{.generator = result::Side::peer};
  for (const result::Note& note : analyze::assess(row, trial)) {
    if (note.code == analyze::kGeneratorLimited) return note.detail;
  }
  return "";
}

class Generator : public testing::Test {
 protected:
  void SetUp() override {
    for (const int cpu : measure::allowed_cpus()) all_.push_back(static_cast<unsigned>(cpu));
    if (all_.size() < 2) GTEST_SKIP() << "both sides would share one CPU";
  }

  Pinning listed(std::vector<unsigned> peer) const {
    return {.mode = Pinning::Mode::listed, .subject = {all_.back()}, .peer = std::move(peer)};
  }

  std::vector<unsigned> all_;
};

TEST_F(Generator, OfOneLoopIsLimitedOnItsCpu) { EXPECT_NE(limit({}), ""); }

TEST_F(Generator, OfOneLoopIsLimitedOnAllCpusJustSo) {
  EXPECT_NE(limit({.pin = listed(all_)}), "");
  EXPECT_NE(limit({.pin = {.mode = Pinning::Mode::none}}), "");
}

TEST_F(Generator, OfTwoLoopsIsLimitedOnOneCpu) {
  EXPECT_NE(limit({.loops = 2, .pin = listed({all_.front()})}), "");
}

TEST_F(Generator, IsLimitedWhereItWaitsForTheCpuOfTheSubject) {
  EXPECT_NE(limit({.pin = listed({all_.back()})}), "");
}

TEST_F(Generator, IsNotLimitedBesideASubjectThatIs) {
  EXPECT_EQ(limit({.subject = "heavy", .generator = "epoll"}), "");
}

}  // namespace
}  // namespace asyncbench::run

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "participant") {
    return asyncbench::run::participant_main(asyncbench::run::registry());
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
