// Trials whose load generator is starved, or is not: the note says which.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "analyze/notes.hpp"
#include "analyze/validity.hpp"
#include "core/run_lanes.hpp"
#include "measure/cpu.hpp"
#include "run/participant.hpp"
#include "run/plan.hpp"
#include "run/run.hpp"
#include "strategies/epoll/epoll.hpp"

namespace asyncbench::run {
namespace {

using namespace std::chrono_literals;

constexpr Duration kWarmup = 100ms;
constexpr Duration kWindow = 400ms;

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
  std::span<const std::byte> long_replies() const override { return acceptor_.long_replies(); }

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

// Its last loop has a CPU to itself, uses all of it, and ends a little before the window does.
class EndsEarly : public Strategy {
 public:
  // From the begin of the job.
  static constexpr Duration kBusy = kWarmup + kWindow - 8ms;

  EndsEarly() { info_.name = "ends_early"; }
  const StrategyInfo& info() const override { return info_; }
  void run(Job& job) override {
    struct Lane {
      void run() {
        if (is_last) {
          for (const Time until = now() + kBusy; now() < until;) {
          }
        } else {
          loop.run(tasks);
        }
      }
      void stop() {}  // as the job is
      Strategy& loop;
      Job& tasks;
      bool is_last;
    };
    Job tasks;
    tasks.tasks = std::move(job.tasks);
    tasks.lanes = job.lanes.first(1);
    tasks.stop = job.stop;
    run_lanes(job, [&](unsigned lane) {
      return Lane{.loop = *loop_, .tasks = tasks, .is_last = lane + 1 == job.threads};
    });
  }

 private:
  std::unique_ptr<Strategy> loop_ = make_epoll();
  StrategyInfo info_ = loop_->info();
};

Registry registry() {
  Registry registry;
  registry.add(make_epoll());
  registry.add(std::make_unique<Heavy>());
  registry.add(std::make_unique<EndsEarly>());
  return registry;
}

struct Setup {
  std::string subject = "epoll";
  std::string generator = "heavy";
  unsigned loops = 1;  // of the generator
  // So many that the heavy side has work left while a busy machine holds up the other one.
  std::map<std::string, std::string> work = {{"connections", "256"}};
  Pinning pin;
};

// Whether a trial has the note.
bool is_limited(const Setup& setup) {
  const Registry all = registry();
  const PlannedCell cell = make_cell("serve", setup.subject, setup.work, all);
  Settings settings{.duration = kWindow, .warmup = kWarmup, .peer_strategy = setup.generator};
  settings.peer_threads = setup.loops;
  settings.pin = resolve_pinning(setup.pin);
  const result::Trial trial = measure_once(cell, settings);
  EXPECT_EQ(trial.status, result::TrialStatus::ok) << trial.reason;
  const result::Cell row{.generator = result::Side::peer};
  return std::ranges::any_of(analyze::assess(row, trial), [](const result::Note& note) {
    return note.code == analyze::kGeneratorLimited;
  });
}

// Other load may hold up the server, so that the generator has to wait for it, or the generator.
bool is_ever_limited(const Setup& setup, bool wanted = true) {
  constexpr int kAttempts = 20;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (is_limited(setup) == wanted) return wanted;
  }
  return !wanted;
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

TEST_F(Generator, OfOneLoopIsLimitedOnItsCpu) { EXPECT_TRUE(is_ever_limited({})); }

TEST_F(Generator, OfOneLoopIsLimitedOnAllCpusJustSo) {
  EXPECT_TRUE(is_ever_limited({.pin = listed(all_)}));
  EXPECT_TRUE(is_ever_limited({.pin = {.mode = Pinning::Mode::none}}));
}

TEST_F(Generator, OfTwoLoopsIsLimitedOnOneCpu) {
  EXPECT_TRUE(is_ever_limited({.loops = 2, .pin = listed({all_.front()})}));
}

// That loop's thread is gone when the harness reads what threads have used. The other one has next
// to nothing to do, so that it cannot be taken for busy where others use the CPUs.
TEST_F(Generator, IsLimitedByALoopThatEndsBeforeTheWindow) {
  EXPECT_TRUE(is_ever_limited({.generator = "ends_early",
                               .loops = 2,
                               .work = {{"connections", "1"}, {"think_time", "5ms"}},
                               .pin = listed(all_)}));
}

TEST_F(Generator, IsLimitedWhereItWaitsForTheCpuOfTheSubject) {
  EXPECT_TRUE(is_ever_limited({.pin = listed({all_.back()})}));
}

TEST_F(Generator, IsNotLimitedBesideASubjectThatIs) {
  EXPECT_FALSE(is_ever_limited({.subject = "heavy", .generator = "epoll"}, false));
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
