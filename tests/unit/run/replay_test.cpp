#include "run/replay.hpp"

#include <gmock/gmock.h>

namespace asyncbench::run {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// Two cells, measured in the order b, a, a.
struct Interrupted {
  Plan plan;
  result::JournalContents contents;

  Interrupted() {
    plan.cells = {{.id = "a"}, {.id = "b"}};
    contents.result.cells = {{.id = "a"}, {.id = "b"}};
    contents.result.cells[0].trials = {{.block = 0, .valid = true}, {.block = 1, .valid = true}};
    contents.result.cells[1].trials = {{.block = 0, .valid = true}};
    contents.order = {"b", "a", "a"};
  }
};

TEST(Replay, GoesThroughTheTrialsAsTheyWereMeasured) {
  Interrupted run;
  Replay replay(run.contents);
  EXPECT_TRUE(run.contents.result.cells[0].trials.empty());
  replay.next(run.plan, {.trial = {.cell = 1, .block = 0}}, run.contents.result);
  replay.next(run.plan, {.trial = {.cell = 0, .block = 0}}, run.contents.result);
  EXPECT_FALSE(replay.empty());
  replay.next(run.plan, {.trial = {.cell = 0, .block = 1}}, run.contents.result);
  EXPECT_TRUE(replay.empty());
  EXPECT_EQ(run.contents.result.cells[0].trials.size(), 2u);
  EXPECT_EQ(run.contents.result.cells[1].trials.size(), 1u);
}

TEST(Replay, RefusesATrialThatIsNotDue) {
  const std::vector<DueTrial> others = {
      {.trial = {.cell = 0, .block = 0}},
      {.trial = {.cell = 1, .block = 1}},
      {.trial = {.cell = 1, .block = 0, .kind = result::TrialKind::count}},
      {.trial = {.cell = 1, .block = 0}, .repeat = 1},
  };
  for (const DueTrial& due : others) {
    Interrupted run;
    Replay replay(run.contents);
    EXPECT_THAT([&] { replay.next(run.plan, due, run.contents.result); },
                ThrowsMessage<UsageError>(HasSubstr("start anew")));
  }
}

}  // namespace
}  // namespace asyncbench::run
