#include "analyze/profile.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace asyncbench::analyze {
namespace {

using measure::Function;
using result::Cell;
using result::Trial;
using result::TrialKind;
using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kPeriod = 1'000'000;
constexpr std::uint64_t kRequests = 100'000;

struct Samples {
  std::uint64_t epoll = 0;
  std::uint64_t send = 0;
  std::uint64_t io_uring = 0;
  std::uint64_t all() const { return epoll + send + io_uring; }
};

Trial profiled(std::int64_t block, const Samples& samples) {
  Trial trial{.block = block, .kind = TrialKind::profile, .valid = true};
  trial.outcomes[0] = kRequests;
  trial.throughput_per_s = 99'000;
  measure::CallTreeBuilder stacks;
  const Function thread{"asyncbench", measure::kThreadModule};
  for (const auto& [name, count] : {std::pair{"ep_poll", samples.epoll},
                                    {"tcp_sendmsg", samples.send},
                                    {"io_submit_sqes", samples.io_uring}}) {
    if (count > 0) stacks.add(std::vector{thread, Function{name, "[kernel]"}}, count);
  }
  trial.subject.cpu_user_ns = 0;
  trial.subject.cpu_system_ns = static_cast<std::int64_t>(samples.all()) * kPeriod;
  trial.profile.emplace().on_cpu = measure::OnCpu{.event = "cpu-clock",
                                                  .frequency_hz = 1000,
                                                  .period_ns = kPeriod,
                                                  .kernel = true,
                                                  .program = "asyncbench",
                                                  .stacks = stacks.take()};
  return trial;
}

Trial timed(std::int64_t block) {
  Trial trial{.block = block, .valid = true};
  trial.outcomes[0] = kRequests;
  trial.throughput_per_s = 100'000;
  return trial;
}

Cell cell_of(const char* strategy, const std::vector<Samples>& trials) {
  Cell cell{.workload = "fetch", .strategy = strategy};
  for (std::size_t i = 0; i < trials.size(); ++i) {
    cell.trials.push_back(timed(static_cast<std::int64_t>(i)));
    cell.trials.push_back(profiled(static_cast<std::int64_t>(i), trials[i]));
  }
  return cell;
}

TEST(CellProfile, IsCpuPerRequestOfAllTrialsTogether) {
  const Cell cell = cell_of("asio", {{.epoll = 100, .send = 200}, {.epoll = 110, .send = 190}});
  const CellProfile profile = profile_of(cell);
  EXPECT_EQ(profile.trials, 2U);
  EXPECT_EQ(profile.requests, 2 * kRequests);
  EXPECT_DOUBLE_EQ(profile.of(Category::epoll).ns, 1050);
  EXPECT_DOUBLE_EQ(profile.of(Category::tcp_send).ns, 1950);
  EXPECT_DOUBLE_EQ(profile.all.ns, 3000);
  EXPECT_DOUBLE_EQ(profile.usage_ns.value(), 3000);
  EXPECT_NEAR(profile.deviation().value(), 0, 1e-12);
  // Counting alone: the square root of 210 samples.
  EXPECT_NEAR(profile.of(Category::epoll).standard_error, std::sqrt(210.0) * 5, 1e-9);
  EXPECT_EQ(stacks_of(cell).weight(), 600U);
}

TEST(CellProfile, TakesTheTrialsSpreadForNoiseWhereItIsGreater) {
  const Cell cell = cell_of("asio", {{.epoll = 50}, {.epoll = 150}, {.epoll = 100}});
  const Share share = profile_of(cell).of(Category::epoll);
  // Chi-square (2500 + 2500) / 100 over 2 degrees of freedom: 25 times the variance.
  EXPECT_NEAR(share.standard_error, 5 * std::sqrt(300.0) * kPeriod / (3.0 * kRequests), 1e-9);
}

TEST(CellProfile, MakesCyclesIntoTimeByWhatWasUsed) {
  Cell cell = cell_of("asio", {{.epoll = 100, .send = 300}});
  Trial& trial = cell.trials.back();
  trial.profile->on_cpu->event = "cycles";
  trial.profile->on_cpu->period_ns.reset();
  trial.subject.cpu_system_ns = 800'000'000;
  const CellProfile profile = profile_of(cell);
  EXPECT_DOUBLE_EQ(profile.of(Category::epoll).ns, 2000);
  EXPECT_DOUBLE_EQ(profile.all.ns, 8000);
  EXPECT_FALSE(profile.deviation());
}

TEST(CellProfile, SaysWhatTheKernelTookWhereItWasNotPermittedToLook) {
  Cell cell = cell_of("asio", {{.epoll = 100}});
  Trial& trial = cell.trials.back();
  trial.profile->on_cpu->kernel = false;
  trial.profile->unreadable = {{"on_cpu.kernel", "not permitted"}};
  trial.subject.cpu_system_ns = 300'000'000;
  const CellProfile profile = profile_of(cell);
  EXPECT_FALSE(profile.deviation());
  EXPECT_DOUBLE_EQ(profile.unseen_ns().value(), 2000);
  EXPECT_THAT(profile.lacks, testing::ElementsAre("on_cpu.kernel: not permitted"));
}

TEST(CellProfile, IsEmptyWithoutSamplesAndSaysWhy) {
  Cell cell = cell_of("asio", {{.epoll = 100}});
  cell.trials.back().profile->on_cpu.reset();
  cell.trials.back().profile->unreadable = {{"on_cpu", "EACCES"}};
  const CellProfile profile = profile_of(cell);
  EXPECT_EQ(profile.trials, 0U);
  EXPECT_EQ(profile.all.samples, 0U);
  EXPECT_THAT(profile.lacks, testing::ElementsAre("on_cpu: EACCES"));
}

TEST(DifferenceInWords, NamesWhatIsSavedAndWhatIsPaid) {
  const Cell uring =
      cell_of("uring", {{.send = 2000, .io_uring = 300}, {.send = 2010, .io_uring = 300}});
  const Cell asio = cell_of("asio", {{.epoll = 900, .send = 2005}, {.epoll = 900, .send = 2000}});
  const std::string words = difference_in_words(profile_of(uring), profile_of(asio));
  EXPECT_EQ(words,
            "uring spends 23.05us of CPU per request, 0.79 [0.73, 0.86] times asio's 29.02us: it "
            "saves 9.00us in "
            "epoll, and pays 3.00us in io_uring.");
}

TEST(DifferenceInWords, ClaimsNothingWithinNoise) {
  const Cell uring = cell_of("uring", {{.epoll = 100, .send = 200}});
  const Cell asio = cell_of("asio", {{.epoll = 108, .send = 195}});
  const std::string words = difference_in_words(profile_of(uring), profile_of(asio));
  EXPECT_THAT(words, HasSubstr("times asio's 3.03us, which is within noise"));
  EXPECT_THAT(words, HasSubstr("no category differs"));
  EXPECT_THAT(words, Not(HasSubstr("saves")));
}

TEST(DifferenceInWords, SaysWhereTheKernelWasNotSeen) {
  Cell uring = cell_of("uring", {{.epoll = 100}});
  uring.trials.back().profile->on_cpu->kernel = false;
  EXPECT_THAT(difference_in_words(profile_of(uring), profile_of(uring)),
              HasSubstr("of CPU per request outside of the kernel"));
}

TEST(SamplingCost, IsThatOfPairsInBlocks) {
  const Cell cell = cell_of(
      "asio", {{.epoll = 1}, {.epoll = 1}, {.epoll = 1}, {.epoll = 1}, {.epoll = 1}, {.epoll = 1}});
  const SamplingCost cost = sampling_cost({&cell});
  EXPECT_EQ(cost.pairs, 6U);
  EXPECT_FALSE(cost.by_cpu);
  EXPECT_NEAR(cost.log_ratio.estimate, std::log(100.0 / 99), 1e-12);
}

}  // namespace
}  // namespace asyncbench::analyze
