// The file workloads under every strategy: what is read is right, what is wrong is noticed, and
// what was reported as written is in the file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <stop_token>
#include <utility>

#include "http_pair.hpp"
#include "strategies/registry.hpp"
#include "workloads/all_workloads.hpp"
#include "workloads/file_run.hpp"

namespace asyncbench::test {
namespace {

using measure::Phase;
using measure::Recording;
using testing::HasSubstr;
using testing::ThrowsMessage;
using workloads::FileParameters;
using workloads::FileRun;
using workloads::Verify;

constexpr std::uint64_t kBlocks = 256;
constexpr std::uint64_t kRequests = 2000;

FileParameters small_file() {
  return {.file_bytes = kBlocks * 4096, .block_bytes = 4096, .in_flight = 8};
}

// Reports some writes as done without making them.
class ForgetfulTask final : public Task {
 public:
  explicit ForgetfulTask(std::unique_ptr<Task> task) : task_(std::move(task)) {}
  Op start(unsigned lane) override { return pass_on(task_->start(lane)); }
  Op resume(const Completion& ended) override { return pass_on(task_->resume(ended)); }

 private:
  Op pass_on(Op op) {
    while (const auto* write = std::get_if<op::Write>(&op)) {
      if (++writes_ % 3 != 0) break;
      op = task_->resume({.size = write->bytes.size()});
    }
    return op;
  }

  std::unique_ptr<Task> task_;
  unsigned writes_ = 0;
};

class File : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    strategy_ = registry_.find(GetParam());
    const auto& workload = workloads::file_write_workload();
    const workloads::Parameters parameters(workload.info().parameters);
    const auto forms = workload.forms(workloads::Role::client, parameters);
    if (const Support support = takes_part(*strategy_, forms.operations); !support) {
      GTEST_SKIP() << support.reason;
    }
  }

  std::unique_ptr<FileRun> make_run(const FileParameters& parameters) {
    auto run = std::make_unique<FileRun>(
        FileRun::Setup{.parameters = parameters, .verify = Verify::all, .folder = "."},
        workloads::LoadOptions{.lanes = lanes_.size(),
                               .shared_lanes = strategy_->info().shares_lanes(),
                               .request_budget = kRequests});
    run->load().window().start_ns = to_ns(now());
    return run;
  }

  Recording carry_out(FileRun& run, bool forgetful = false, std::stop_token stop = {}) {
    Job job{.stop = std::move(stop)};
    job.tasks = run.make_tasks();
    if (forgetful) {
      for (auto& task : job.tasks) task = std::make_unique<ForgetfulTask>(std::move(task));
    }
    job.io_memory = run.memory();
    job.lanes = lanes_;
    strategy_->run(job);
    return run.load().take();
  }

  void expect_all(const Recording& recording, Outcome outcome) {
    const auto& ended = recording.ended[static_cast<std::size_t>(Phase::window)];
    EXPECT_EQ(ended[static_cast<std::size_t>(outcome)], kRequests) << outcomes_of(recording);
    EXPECT_TRUE(recording.balances());
    EXPECT_LE(recording.in_flight_max, small_file().in_flight);
  }

  Registry registry_ = make_registry();
  Strategy* strategy_ = nullptr;
  std::vector<LaneReport> lanes_{1};
};

INSTANTIATE_TEST_SUITE_P(Strategies, File, testing::ValuesIn(strategies_with_own(kFileOps)),
                         [](const auto& param) { return test_name(param.param); });

// The ways to read or write; direct only where the file system of this folder offers it.
std::vector<FileParameters> ways(bool writes) {
  std::vector<FileParameters> all;
  for (const bool is_sequential : {false, true}) {
    for (const bool is_direct : {false, true}) {
      FileParameters way = small_file();
      way.writes = writes;
      way.is_sequential = is_sequential;
      way.is_direct = is_direct;
      if (workloads::file_objection(way, ".").empty()) all.push_back(way);
    }
  }
  return all;
}

TEST_P(File, ReadsWhatTheFileHolds) {
  for (const FileParameters& way : ways(false)) {
    SCOPED_TRACE(testing::Message()
                 << "sequential " << way.is_sequential << ", direct " << way.is_direct);
    const auto run = make_run(way);
    const Recording recording = carry_out(*run);
    expect_all(recording, Outcome::ok);
    EXPECT_EQ(recording.body_bytes, kRequests * way.block_bytes);
  }
}

TEST_P(File, NoticesWrongContent) {
  const auto run = make_run(small_file());
  for (std::uint64_t block = 0; block < kBlocks; ++block) {
    const auto offset = static_cast<off_t>(block * 4096 + 1234);
    ASSERT_EQ(::pwrite(run->file(), "wrong", 5, offset), 5);
  }
  expect_all(carry_out(*run), Outcome::content_mismatch);
}

TEST_P(File, ReportsAFileThatEndsEarlyAsTruncated) {
  const auto run = make_run(small_file());
  ASSERT_EQ(::ftruncate(run->file(), 0), 0);
  expect_all(carry_out(*run), Outcome::truncated);
}

TEST_P(File, WritesWhatItReportsAsWritten) {
  for (const FileParameters& way : ways(true)) {
    SCOPED_TRACE(testing::Message()
                 << "sequential " << way.is_sequential << ", direct " << way.is_direct);
    const auto run = make_run(way);
    const Recording recording = carry_out(*run);
    expect_all(recording, Outcome::ok);
    EXPECT_EQ(recording.body_bytes, kRequests * way.block_bytes);
    EXPECT_NO_THROW(run->check_written());
    EXPECT_EQ(run->final_sync(), std::nullopt);
  }
}

TEST_P(File, AWriteThatWasReportedButNotMadeIsFound) {
  FileParameters parameters = small_file();
  parameters.writes = true;
  const auto run = make_run(parameters);
  expect_all(carry_out(*run, true), Outcome::ok);
  EXPECT_THAT([&] { run->check_written(); },
              ThrowsMessage<std::runtime_error>(HasSubstr("do not hold what was written last")));
}

// While it lives, this process cannot make any file longer.
class NoSpace {
 public:
  NoSpace() {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit none{.rlim_cur = 0, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &none);
  }
  ~NoSpace() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_P(File, AWriteThatFailsIsLocalAndIsNotExpectedInTheFile) {
  FileParameters parameters = small_file();
  parameters.writes = true;
  const auto run = make_run(parameters);
  const Recording recording = [&] {
    const NoSpace no_space;
    return carry_out(*run);
  }();
  expect_all(recording, Outcome::local_resource);
  EXPECT_NO_THROW(run->check_written());
}

TEST_P(File, AStopEndsEveryTaskWhereverItIs) {
  const auto run = make_run(small_file());
  std::stop_source stop;
  stop.request_stop();
  const Recording recording = carry_out(*run, false, stop.get_token());
  const auto& ended = recording.ended[static_cast<std::size_t>(Phase::window)];
  EXPECT_EQ(ended[static_cast<std::size_t>(Outcome::cancelled)], small_file().in_flight)
      << outcomes_of(recording);
  EXPECT_EQ(recording.ended_in(Phase::window), small_file().in_flight);
}

TEST_P(File, SyncsOnceAtTheEndOrAfterEveryFewWrites) {
  FileParameters parameters = small_file();
  parameters.writes = true;
  parameters.sync = {.at_end = true};
  const auto at_end = make_run(parameters);
  expect_all(carry_out(*at_end), Outcome::ok);
  ASSERT_TRUE(at_end->final_sync());
  EXPECT_GT(*at_end->final_sync(), Duration::zero());

  parameters.sync = {.every = 100};
  const auto often = make_run(parameters);
  expect_all(carry_out(*often), Outcome::ok);
  EXPECT_EQ(often->final_sync(), std::nullopt);
}

}  // namespace
}  // namespace asyncbench::test
