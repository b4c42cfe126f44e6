// Whole runs with real participants: this binary is its own participant.
#include "run/run.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "core/fd.hpp"
#include "result/journal.hpp"
#include "result/store.hpp"
#include "strategies/threads/threads.hpp"
#include "tests/sanitized.hpp"
#include "workloads/all_workloads.hpp"

namespace asyncbench::run {
namespace {

using namespace std::chrono_literals;
using result::TrialStatus;
using testing::HasSubstr;

// A strategy that fails in the way that it is told to, after the traffic has started or instead of
// it.
class BadStrategy : public Strategy {
 public:
  using Run = void (*)(Strategy& good, Job& job);
  BadStrategy(std::string name, Run behaviour) : run_(behaviour) {
    info_.name = std::move(name);
    info_.operations = good_->info().operations;
  }
  const StrategyInfo& info() const override { return info_; }
  void run(Job& job) override { run_(*good_, job); }

 private:
  StrategyInfo info_{.library = "kernel", .waits = "badly", .event_loop = false, .in_all = false};
  std::unique_ptr<Strategy> good_ = make_thread_per_connection();
  Run run_;
};

// Gives a task its first reply a second time instead of sending the next request, so the client
// counts an answer that no server wrote.
class LyingTask : public Task {
 public:
  explicit LyingTask(std::unique_ptr<Task> task) : task_(std::move(task)) {}
  Op start(unsigned lane) override { return task_->start(lane); }
  Op resume(const Completion& ended) override {
    if (!replayed_ && !ended.data.empty()) {
      replayed_ = true;
      Op op = task_->resume(ended);
      while (kind_of(op) == OpKind::begin) op = task_->resume({});
      if (kind_of(op) != OpKind::send) return op;
      op = task_->resume({});
      if (kind_of(op) == OpKind::receive) return task_->resume(ended);
      return op;
    }
    return task_->resume(ended);
  }

 private:
  std::unique_ptr<Task> task_;
  bool replayed_ = false;
};

// Performs a task's writes wrongly: with other bytes, or without a file.
class SpoilingTask : public Task {
 public:
  enum class Spoils { bytes, file };
  SpoilingTask(std::unique_ptr<Task> task, Spoils what) : task_(std::move(task)), what_(what) {}
  Op start(unsigned lane) override { return spoilt(task_->start(lane)); }
  Op resume(const Completion& ended) override { return spoilt(task_->resume(ended)); }

 private:
  Op spoilt(Op op) {
    if (auto* write = std::get_if<op::Write>(&op)) {
      if (what_ == Spoils::file) {
        write->file = -1;
      } else {
        bytes_.assign(write->bytes.begin(), write->bytes.end());
        bytes_.back() = ~bytes_.back();
        write->bytes = bytes_;
      }
    }
    return op;
  }

  std::unique_ptr<Task> task_;
  Spoils what_;
  std::vector<std::byte> bytes_;
};

template <SpoilingTask::Spoils kWhat>
void run_spoiling(Strategy& good, Job& job) {
  for (auto& task : job.tasks) task = std::make_unique<SpoilingTask>(std::move(task), kWhat);
  good.run(job);
}

Registry test_registry() {
  Registry registry;
  registry.add(make_thread_per_connection());
  registry.add(make_thread_per_request());
  registry.add(std::make_unique<BadStrategy>("crash", [](Strategy&, Job&) {
    ::signal(SIGSEGV, SIG_DFL);  // sanitizers report it and exit
    ::raise(SIGSEGV);
  }));
  registry.add(std::make_unique<BadStrategy>("crash_with_one", [](Strategy& good, Job& job) {
    if (job.tasks.size() == 1) {
      ::signal(SIGSEGV, SIG_DFL);
      ::raise(SIGSEGV);
    }
    good.run(job);
  }));
  registry.add(std::make_unique<BadStrategy>(
      "throw", [](Strategy&, Job&) { throw StrategyError("io_uring_setup: EPERM: forbidden"); }));
  // Keeps running after the hard stop, and after SIGTERM.
  registry.add(std::make_unique<BadStrategy>("hang", [](Strategy& good, Job& job) {
    good.run(job);
    while (true) ::pause();
  }));
  registry.add(std::make_unique<BadStrategy>("lie", [](Strategy& good, Job& job) {
    for (auto& task : job.tasks) task = std::make_unique<LyingTask>(std::move(task));
    good.run(job);
  }));
  registry.add(std::make_unique<BadStrategy>("write_other_bytes",
                                             run_spoiling<SpoilingTask::Spoils::bytes>));
  registry.add(
      std::make_unique<BadStrategy>("write_nowhere", run_spoiling<SpoilingTask::Spoils::file>));
  registry.add(std::make_unique<BadStrategy>("leak", [](Strategy& good, Job& job) {
    Fd{::open("/dev/null", O_RDONLY)}.release();
    good.run(job);
  }));
  return registry;
}

// Little's law includes the client's own time between two requests: where that is slow, the server
// must be even slower.
std::map<std::string, std::string> work_of(const std::string& connections) {
  return {{"connections", connections}, {"server_delay", test::kSanitized ? "20ms" : "0"}};
}

ParameterLists lists_of(std::string_view workload,
                        const std::map<std::string, std::string>& texts) {
  ParameterLists lists;
  for (const auto& [name, text] : texts) {
    const auto infos = workloads::find_workload(workload)->info().parameters;
    lists[name] = workloads::parse_values(*workloads::find_parameter(infos, name), text);
  }
  return lists;
}

class RunTest : public testing::Test {
 protected:
  RunTest() {
    char name[] = "/tmp/asyncbench-run-XXXXXX";
    folder_ = ::mkdtemp(name);
    options_.what = "fetch";
    options_.strategies = {"thread_per_connection"};
    options_.settings.set(&Settings::duration, 200ms);
    options_.settings.set(&Settings::warmup, 50ms);
    options_.settings.set(&Settings::grace, 300ms);
    options_.settings.set(&Settings::trials, 1);
    options_.settings.set(&Settings::peer_strategy, "thread_per_connection");
    options_.settings.set(&Settings::cpu_idle, CpuIdle::leave);
    options_.out = out();
    options_.may_overwrite = true;
  }
  ~RunTest() override { std::filesystem::remove_all(folder_); }

  std::string out() const { return folder_ + "/r.json"; }
  std::string journal() const { return out() + ".journal"; }

  RunReport run() {
    options_.parameters = lists_of(options_.what, parameters_);
    const Plan plan = make_plan(options_, registry_, false);
    return run::run(plan, registry_, progress_);
  }

  // The last trial of a run of one strategy; on a busy machine the first may be invalid.
  result::Trial trial_of(const std::string& strategy) {
    options_.strategies = {strategy};
    report_ = run();
    EXPECT_EQ(report_.result.cells.size(), 1u);
    EXPECT_FALSE(report_.result.cells[0].trials.empty());
    return report_.result.cells[0].trials.back();
  }

  Registry registry_ = test_registry();
  Progress progress_;
  RunOptions options_;
  std::map<std::string, std::string> parameters_ = work_of("4");
  RunReport report_;
  std::string folder_;
};

void expect_sound(const result::Trial& trial) {
  EXPECT_EQ(trial.status, TrialStatus::ok) << trial.reason;
  EXPECT_TRUE(trial.valid);
  for (std::size_t i = 0; i < result::kInvariants; ++i) {
    if (static_cast<result::Invariant>(i) == result::Invariant::same_outcomes) continue;
    EXPECT_EQ(trial.invariants[i], true) << result::kInvariantNames[i];
  }
  EXPECT_GT(trial.outcome(Outcome::ok), 0u);
  EXPECT_EQ(trial.ended(), trial.outcome(Outcome::ok));
  EXPECT_GT(trial.subject.cpu_ns().value_or(0), 0);
  ASSERT_TRUE(trial.peer);
  EXPECT_GT(trial.peer->cpu_ns().value_or(0), 0);
  EXPECT_EQ(trial.window_ns, 200'000'000);
}

TEST_F(RunTest, FetchesEndToEnd) {
  expect_sound(trial_of("thread_per_connection"));
  EXPECT_EQ(report_.exit_code, ExitCode::done);
  const result::Result stored = result::load(out()).result;
  EXPECT_TRUE(stored.run.complete);
  EXPECT_EQ(stored.cells[0].trials.size(), 1u);
  EXPECT_FALSE(std::filesystem::exists(journal()));
}

TEST_F(RunTest, ServesEndToEnd) {
  options_.what = "serve";
  expect_sound(trial_of("thread_per_request"));
}

// Each must hold over the sum of what all clients did.
TEST_F(RunTest, ServesSeveralClientsTogether) {
  options_.what = "serve";
  options_.settings.set(&Settings::peer_processes, 3);
  const result::Trial trial = trial_of("thread_per_connection");
  expect_sound(trial);
  ASSERT_TRUE(trial.peer_processes);
  ASSERT_EQ(trial.peer_processes->size(), 3u);
  std::uint64_t ok = 0;
  std::int64_t cpu_ns = 0;
  for (const result::PeerProcess& process : *trial.peer_processes) {
    EXPECT_GT(process.ok, 0u);
    ok += process.ok;
    cpu_ns += process.usage.cpu_ns().value_or(0);
  }
  EXPECT_EQ(ok, trial.outcome(Outcome::ok));
  EXPECT_EQ(trial.service_time->count, ok);
  EXPECT_EQ(cpu_ns, trial.peer->cpu_ns());
  EXPECT_EQ((*trial.peer_processes)[0].connections, 2u);
  EXPECT_EQ((*trial.peer_processes)[2].connections, 1u);
  EXPECT_EQ(result::load(out()).result.cells[0].trials[0].peer_processes, trial.peer_processes);
}

TEST_F(RunTest, SplitsAnOpenLoopAmongSeveralClients) {
  options_.what = "serve";
  for (const char* arrivals : {"poisson:900", "constant:900"}) {
    SCOPED_TRACE(arrivals);
    std::vector<double> offered;
    parameters_["arrivals"] = arrivals;
    for (const unsigned clients : {1u, 3u}) {
      options_.settings.set(&Settings::peer_processes, clients);
      const result::Trial trial = trial_of("thread_per_connection");
      EXPECT_TRUE(trial.valid) << trial.reason;
      EXPECT_EQ(trial.invariant(result::Invariant::requests_balance), true);
      EXPECT_EQ(trial.invariant(result::Invariant::both_ends_agree), true);
      EXPECT_TRUE(trial.response_time);
      offered.push_back(trial.offered_per_s.value_or(0));
    }
    EXPECT_NEAR(offered[0], offered[1], 400) << "windows lie elsewhere in the schedule";
  }
}

TEST_F(RunTest, LetsSeveralClientsTakeTurns) {
  options_.what = "serve";
  options_.settings.set(&Settings::peer_processes, 2);
  options_.strategies = {"thread_per_connection", "thread_per_request"};
  parameters_["arrivals"] = "poisson:400";
  report_ = run();
  for (const result::Cell& cell : report_.result.cells) {
    ASSERT_FALSE(cell.trials.empty());
    const result::Trial& trial = cell.trials.back();
    EXPECT_TRUE(trial.valid) << trial.reason;
    ASSERT_TRUE(trial.turns && trial.peer_processes);
    EXPECT_EQ((*trial.peer_processes)[0].requests + (*trial.peer_processes)[1].requests,
              trial.ended());
  }
}

TEST_F(RunTest, NamesTheClientOfSeveralThatCrashed) {
  options_.what = "serve";
  options_.settings.set(&Settings::peer_processes, 2);
  options_.settings.set(&Settings::peer_strategy, "crash_with_one");
  parameters_["connections"] = "3";
  const result::Trial trial = trial_of("thread_per_connection");
  EXPECT_EQ(trial.status, TrialStatus::crashed);
  EXPECT_THAT(trial.reason, HasSubstr("peer 2 of 2 crashed (SIGSEGV)"));
  EXPECT_EQ(report_.exit_code, ExitCode::incomplete);
}

TEST_F(RunTest, MeasuresAnOpenLoop) {
  parameters_["arrivals"] = "poisson:500";
  const result::Trial trial = trial_of("thread_per_connection");
  EXPECT_EQ(trial.status, TrialStatus::ok) << trial.reason;
  EXPECT_EQ(trial.invariant(result::Invariant::requests_balance), true);
  EXPECT_TRUE(trial.response_time);
  EXPECT_GT(trial.offered_per_s.value_or(0), 300);
}

TEST_F(RunTest, EndsTheWindowAfterExactlyTheBudget) {
  options_.settings.set(&Settings::requests, 300);
  const result::Trial trial = trial_of("thread_per_connection");
  EXPECT_EQ(trial.status, TrialStatus::ok) << trial.reason;
  EXPECT_EQ(trial.ended(), 300u);
  EXPECT_GT(trial.window_ns, 0);
}

TEST_F(RunTest, EndsTheWindowAfterABudgetThatIsSpentAtOnce) {
  options_.settings.set(&Settings::requests, 1);
  options_.settings.set(&Settings::warmup, 0ms);
  EXPECT_EQ(trial_of("thread_per_connection").ended(), 1u);
}

TEST_F(RunTest, ACrashIsNamedByItsSignal) {
  const result::Trial trial = trial_of("crash");
  EXPECT_EQ(trial.status, TrialStatus::crashed);
  EXPECT_THAT(trial.reason, HasSubstr("subject crashed (SIGSEGV)"));
  EXPECT_EQ(report_.exit_code, ExitCode::incomplete);
  EXPECT_EQ(report_.result.cells[0].status, result::CellStatus::failed);
}

TEST_F(RunTest, AHangIsATimeoutAndIsEnded) {
  const result::Trial trial = trial_of("hang");
  EXPECT_EQ(trial.status, TrialStatus::timeout);
  EXPECT_THAT(trial.reason, HasSubstr("subject hung: no \"record\""));
}

TEST_F(RunTest, AnExceptionOfAStrategyIsTheReason) {
  const result::Trial trial = trial_of("throw");
  EXPECT_EQ(trial.status, TrialStatus::failed);
  EXPECT_EQ(trial.reason, "subject: io_uring_setup: EPERM: forbidden");
}

TEST_F(RunTest, ALieBreaksAnInvariantAndIsInvalid) {
  const result::Trial trial = trial_of("lie");
  EXPECT_EQ(trial.status, TrialStatus::invalid);
  EXPECT_TRUE(trial.broken());
  EXPECT_EQ(report_.exit_code, ExitCode::invalid);
  // One planned trial allows one repeat.
  EXPECT_EQ(report_.result.cells[0].trials.size(), 2u);
  EXPECT_EQ(report_.result.cells[0].trials[1].repeat, 1);
}

// ---- Files

class ScrapeRunTest : public RunTest {
 protected:
  ScrapeRunTest() {
    options_.what = "scrape";
    parameters_["pages"] = "8";
    options_.settings.set(&Settings::folder, folder_);
  }
  bool has_left_files() const {
    return std::ranges::any_of(std::filesystem::directory_iterator(folder_),
                               [](const auto& entry) { return entry.is_directory(); });
  }
};

TEST_F(ScrapeRunTest, ScrapesEndToEnd) {
  const result::Trial trial = trial_of("thread_per_connection");
  expect_sound(trial);
  EXPECT_GT(trial.figures.at("written_bytes_per_s"), 0);
  EXPECT_TRUE(trial.items.empty()) << "every page ended ok";
  EXPECT_FALSE(has_left_files());
}

TEST_F(ScrapeRunTest, StoredBytesThatDifferFromThoseThatCameFailTheTrial) {
  const result::Trial trial = trial_of("write_other_bytes");
  EXPECT_EQ(trial.status, TrialStatus::failed);
  EXPECT_THAT(trial.reason, HasSubstr("do not hold what was stored"));
  EXPECT_THAT(trial.reason, HasSubstr("?page=0 holds other bytes"));
  EXPECT_EQ(report_.exit_code, ExitCode::incomplete);
}

TEST_F(ScrapeRunTest, WritesThatFailAreCountedForEachPageAndBreakNoInvariant) {
  const result::Trial trial = trial_of("write_nowhere");
  EXPECT_FALSE(trial.broken()) << trial.reason;
  EXPECT_EQ(trial.status, TrialStatus::failed);
  EXPECT_THAT(trial.reason, HasSubstr("every request failed: local_resource from "));
  EXPECT_EQ(report_.exit_code, ExitCode::incomplete);
  EXPECT_EQ(trial.outcome(Outcome::ok), 0u);
  EXPECT_GT(trial.outcome(Outcome::local_resource), 0u);
  ASSERT_EQ(trial.items.size(), 8u);
  for (const auto& item : trial.items) {
    EXPECT_THAT(item.name, HasSubstr("?page="));
    EXPECT_GT(item.outcomes.at("local_resource"), 0u);
  }
}

TEST_F(ScrapeRunTest, NothingIsLeftOfAParticipantThatCrashed) {
  EXPECT_EQ(trial_of("crash").status, TrialStatus::crashed);
  EXPECT_FALSE(has_left_files());
}

TEST_F(RunTest, ALeakedDescriptorIsAResourceNotReturned) {
  const result::Trial trial = trial_of("leak");
  EXPECT_EQ(trial.invariant(result::Invariant::resources_returned), false);
  EXPECT_EQ(trial.status, TrialStatus::invalid);
}

TEST_F(RunTest, TheRestOfARunSurvivesACrash) {
  options_.strategies = {"crash", "thread_per_connection"};
  const RunReport report = run();
  EXPECT_EQ(report.exit_code, ExitCode::incomplete);
  EXPECT_EQ(report.result.cells[0].status, result::CellStatus::failed);
  EXPECT_EQ(report.result.cells[1].status, result::CellStatus::measured);
}

TEST_F(RunTest, AnUnfinishedJournalIsNotOverwritten) {
  std::filesystem::create_directories(folder_);
  const Plan plan = make_plan(options_, registry_, false);
  std::ofstream{journal()} << "something else\n";
  EXPECT_THROW(run::run(plan, registry_, progress_), UsageError);
  EXPECT_TRUE(std::filesystem::exists(journal()));
}

TEST_F(RunTest, AnUnwritableFolderIsKnownBeforeMeasuring) {
  options_.out = "/proc/nowhere/r.json";
  const RunReport report = run();
  EXPECT_EQ(report.exit_code, ExitCode::not_stored);
  EXPECT_TRUE(report.result.cells.empty());
}

TEST_F(RunTest, MoreConnectionsThanDescriptorsAreRefusedWithTheNumber) {
  parameters_["connections"] = "1000000";
  try {
    run();
    FAIL() << "nothing was refused";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("1000064 descriptors are needed"));
  }
}

TEST_F(RunTest, OneTrialCanBeMadeWithoutARun) {
  Settings settings;
  settings.requests = 200;
  settings.warmup = 0ms;
  settings.peer_strategy = "thread_per_connection";
  const PlannedCell cell = make_cell("fetch", "thread_per_connection", work_of("2"), registry_);
  const result::Trial trial = measure_once(cell, settings);
  EXPECT_EQ(trial.status, TrialStatus::ok) << trial.reason;
  EXPECT_EQ(trial.ended(), 200u);
}

// The run in a child process that the test can end: this binary with "run-here OUT".
pid_t start_run(const std::string& out) {
  char program[] = "run_test";
  char argument[] = "run-here";
  std::string path = out;
  char* const arguments[] = {program, argument, path.data(), nullptr};
  pid_t pid = -1;
  EXPECT_EQ(::posix_spawn(&pid, "/proc/self/exe", nullptr, nullptr, arguments, environ), 0);
  return pid;
}

std::size_t records_in(const std::string& journal) {
  try {
    return result::read_journal(journal).records;
  } catch (const std::exception&) {
    return 0;  // not there yet
  }
}

void wait_for_records(const std::string& journal, std::size_t count) {
  const Time deadline = now() + 30s;
  while (records_in(journal) < count && now() < deadline) std::this_thread::sleep_for(5ms);
}

int wait_for(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return status;
}

auto is_same_as(const result::Trial& trial) {
  return [&](const result::Trial& other) {
    return other.block == trial.block && other.repeat == trial.repeat &&
           other.outcomes == trial.outcomes && other.service_time == trial.service_time;
  };
}

TEST_F(RunTest, AKilledRunGoesOnWithoutLosingOrRepeatingATrial) {
  const pid_t pid = start_run(out());
  wait_for_records(journal(), 2);
  ::kill(pid, SIGKILL);
  wait_for(pid);
  const result::Result kept = result::read_journal(journal()).result;
  // As if it had been killed while writing the next record.
  std::ofstream{journal(), std::ios::app} << "0badc0de {\"cell\":\"fet";

  const RunReport report = resume(out(), registry_, progress_);
  EXPECT_EQ(report.exit_code, ExitCode::done);
  EXPECT_TRUE(report.result.run.complete);
  EXPECT_EQ(report.result.run.resumed, 1);
  for (const result::Cell& cell : report.result.cells) {
    for (const result::Trial& trial : kept.find_cell(cell.id)->trials) {
      EXPECT_EQ(std::ranges::count_if(cell.trials, is_same_as(trial)), 1);
    }
    std::vector<std::int64_t> blocks;
    for (const result::Trial& trial : cell.trials) {
      if (trial.counts_as(result::TrialKind::timed)) blocks.push_back(trial.block);
    }
    EXPECT_THAT(blocks, testing::ElementsAre(0, 1, 2));
  }
}

RunOptions small_options(const std::string& out) {
  RunOptions options;
  options.what = "fetch";
  options.strategies = {"thread_per_connection", "thread_per_request"};
  options.parameters = lists_of("fetch", work_of("2"));
  options.settings.set(&Settings::duration, 100ms);
  options.settings.set(&Settings::warmup, 20ms);
  options.settings.set(&Settings::trials, 3);
  options.settings.set(&Settings::peer_strategy, "thread_per_connection");
  options.settings.set(&Settings::cpu_idle, CpuIdle::leave);
  options.out = out;
  return options;
}

// Keeps what is noted.
struct Notes final : Progress {
  void note(std::string_view line) override { lines.emplace_back(line); }
  std::vector<std::string> lines;
};

TEST_F(RunTest, AnUnfinishedRunIsDroppedOnlyByForce) {
  const pid_t pid = start_run(out());
  wait_for_records(journal(), 1);
  ::kill(pid, SIGKILL);
  wait_for(pid);
  const std::size_t left = records_in(journal());
  ASSERT_GT(left, 0U);
  RunOptions options = small_options(out());
  const auto begin_anew = [&](Progress& progress) {
    return run::run(make_plan(options, registry_, false), registry_, progress);
  };
  EXPECT_THAT([&] { begin_anew(progress_); },
              testing::ThrowsMessage<UsageError>(testing::HasSubstr("start anew with --force")));
  EXPECT_EQ(records_in(journal()), left);

  options.may_overwrite = true;
  Notes notes;
  const RunReport report = begin_anew(notes);
  EXPECT_THAT(notes.lines, testing::Contains(testing::HasSubstr("dropped an unfinished run of " +
                                                                std::to_string(left) + " trials")));
  EXPECT_TRUE(report.result.run.complete);
  EXPECT_EQ(report.result.run.resumed, 0);
  EXPECT_FALSE(std::filesystem::exists(journal()));
}

// A name that nobody chose is not what is forced.
TEST_F(RunTest, ForceDropsNoUnfinishedRunUnderANameThatNobodyChose) {
  const pid_t pid = start_run(out());
  wait_for_records(journal(), 1);
  ::kill(pid, SIGKILL);
  wait_for(pid);
  const std::size_t left = records_in(journal());
  RunOptions options = small_options(out());
  options.may_overwrite = true;
  options.out_is_default = true;
  const RunReport report = run::run(make_plan(options, registry_, false), registry_, progress_);
  EXPECT_EQ(report.out, folder_ + "/r-2.json");
  EXPECT_EQ(records_in(journal()), left);
}

TEST_F(RunTest, AnInterruptKeepsThePartialResultAndSaysSo) {
  for (const int signal : {SIGHUP, SIGINT, SIGTERM}) {
    const std::string path = out() + std::to_string(signal);
    const pid_t pid = start_run(path);
    wait_for_records(path + ".journal", 1);
    ::kill(pid, signal);
    const int status = wait_for(pid);
    ASSERT_TRUE(WIFEXITED(status)) << signal;
    EXPECT_EQ(WEXITSTATUS(status), 128 + signal);
    const result::Result partial = result::load(path).result;
    EXPECT_FALSE(partial.run.complete);
    const RunReport report = resume(path, registry_, progress_);
    EXPECT_TRUE(report.result.run.complete);
  }
}

// Signals as soon as the last trial is stored.
struct SignalAtTheEnd final : Progress {
  void trial_ends(const Step& step, const result::Trial& /*trial*/) override {
    if (step.index + 1 == step.total) ::raise(SIGTERM);
  }
};

TEST_F(RunTest, ASignalAfterTheLastTrialChangesNothing) {
  SignalAtTheEnd progress;
  RunReport report =
      run::run(make_plan(small_options(out()), registry_, false), registry_, progress);
  EXPECT_EQ(report.exit_code, ExitCode::done);
  EXPECT_TRUE(report.messages.empty()) << report.messages.front();
  EXPECT_TRUE(result::load(out()).result.run.complete);
  EXPECT_FALSE(std::filesystem::exists(journal()));
  // Whether more was to be measured is not known then.
  report = run::run(make_plan(small_options(out() + "2"), registry_, false), registry_, progress,
                    {}, [](Plan&, const result::Result&) { return false; });
  EXPECT_EQ(report.exit_code, ExitCode::terminated);
  EXPECT_FALSE(report.result.run.complete);
}

TEST_F(RunTest, NothingToResumeIsSaid) {
  EXPECT_THROW(resume(out(), registry_, progress_), UsageError);
}

int run_here(const std::string& out) {
  const Registry registry = test_registry();
  Progress progress;
  return static_cast<int>(
      run::run(make_plan(small_options(out), registry, false), registry, progress).exit_code);
}

}  // namespace

int test_main(int argc, char** argv) {
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (first == "participant") return participant_main(test_registry());
  if (first == "run-here") return run_here(argv[2]);
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}

}  // namespace asyncbench::run

int main(int argc, char** argv) { return asyncbench::run::test_main(argc, argv); }
