#include "run/pinning.hpp"

#include <gmock/gmock.h>

#include "workloads/values.hpp"

namespace asyncbench::run {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Throws;
using workloads::UsageError;

constexpr std::size_t kFour = 4;

// As resolve_pinning() leaves it on a machine with four CPUs and at most so many threads.
Pinning on_four_cpus(unsigned most, unsigned most_peer) {
  const std::vector<unsigned> all{0, 1, 2, 3};
  return {.mode = Pinning::Mode::automatic,
          .subject = {all.end() - most, all.end()},
          .peer = {all.begin(), all.begin() + most_peer}};
}

TEST(Pinning, ReadsBothSidesAndRefusesWhatIsNone) {
  EXPECT_EQ(parse_pinning("auto").mode, Pinning::Mode::automatic);
  const Pinning pinning = parse_pinning("subject=1+2,peer=0");
  EXPECT_THAT(pinning.subject, ElementsAre(1, 2));
  EXPECT_THAT(pinning.peer, ElementsAre(0));
  for (const char* text : {"subject", "subject=", "client=1", "subject=1;peer=0", ""}) {
    EXPECT_THAT([&] { parse_pinning(text); }, Throws<UsageError>()) << text;
  }
}

TEST(Pinning, GivesEachSideAsManyCpusAsItHasThreads) {
  const Pinning resolved = on_four_cpus(4, 2);
  const Pinning one = pinning_for(resolved, {.subject = 1, .peer = 1});
  EXPECT_THAT(one.subject, ElementsAre(3));
  EXPECT_THAT(one.peer, ElementsAre(0));
  const Pinning two = pinning_for(resolved, {.subject = 2, .peer = 2});
  EXPECT_THAT(two.subject, ElementsAre(2, 3));
  EXPECT_THAT(two.peer, ElementsAre(0, 1));
  const Pinning all = pinning_for(resolved, {.subject = 4, .peer = 2});
  EXPECT_THAT(all.subject, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(all.peer, ElementsAre(0, 1));
}

TEST(Pinning, LeavesListedCpusToAnyNumberOfThreads) {
  const Pinning listed{.mode = Pinning::Mode::listed, .subject = {1, 2}, .peer = {0}};
  const Pinning pinned = pinning_for(listed, {.subject = 1, .peer = 4});
  EXPECT_THAT(pinned.subject, ElementsAre(1, 2));
  EXPECT_THAT(pinned.peer, ElementsAre(0));
}

TEST(Pinning, SaysWhereThreadsExceedTheCpusOfTheirSideOrThoseOfBoth) {
  const Pinning resolved = on_four_cpus(4, 4);
  for (const unsigned subject : {1U, 2U, 4U, 8U}) {
    for (const unsigned peer : {1U, 2U, 4U, 8U}) {
      const Threads threads{.subject = subject, .peer = peer};
      const CpuShortage shortage =
          cpu_shortage(pinning_for(resolved, threads), threads, true, kFour);
      EXPECT_EQ(shortage.of_side.empty(), subject <= 4 && peer <= 4) << subject << ", " << peer;
      EXPECT_EQ(shortage.of_both.empty(), subject + peer <= 4) << subject << ", " << peer;
      EXPECT_THAT(cpu_shortage(pinning_for(resolved, threads), threads, false, kFour).of_both,
                  IsEmpty())
          << "there is no peer";
    }
  }
}

TEST(Pinning, CountsAllCpusWhereASideIsNotPinned) {
  const auto shortage = [](Threads threads) { return cpu_shortage({}, threads, true, 2); };
  EXPECT_THAT(shortage({.subject = 1, .peer = 1}).of_both, IsEmpty());
  EXPECT_EQ(shortage({.subject = 2, .peer = 1}).of_both, "2 + 1 event loops share 2 CPUs");
  EXPECT_EQ(shortage({.subject = 1, .peer = 3}).of_side, "3 event loops of the peer share 2 CPUs");
}

}  // namespace
}  // namespace asyncbench::run
