#include "run/agenda.hpp"

#include <gmock/gmock.h>

namespace asyncbench::run {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using What = Due::What;

std::vector<What> whats(const std::deque<Due>& agenda) {
  std::vector<What> all;
  for (const Due& due : agenda) all.push_back(due.what);
  return all;
}

// A turn of the warm-up, and two that follow one another.
measure::WindowSpan in_turns() {
  return {.start_ns = 150,
          .end_ns = 500,
          .turns = measure::Turns{
              .begins_ns = {100, 200, 260}, .length = 40ns, .rest = 20ns, .warm_up = 1}};
}

TEST(Agenda, HasTheWindowsEndsAlone) {
  EXPECT_THAT(whats(agenda_of({.start_ns = 5, .end_ns = 9, .turns = std::nullopt}, false)),
              ElementsAre(What::window_starts, What::window_ends));
  EXPECT_THAT(
      whats(agenda_of({.start_ns = 5, .end_ns = std::nullopt, .turns = std::nullopt}, false)),
      ElementsAre(What::window_starts));
}

TEST(Agenda, ReadsTheTurnThatHasEndedBeforeTheNext) {
  const std::deque<Due> agenda = agenda_of(in_turns(), false);
  EXPECT_THAT(whats(agenda), ElementsAre(What::window_starts, What::turn_starts, What::turn_ends,
                                         What::turn_starts, What::turn_ends, What::window_ends));
  EXPECT_EQ(agenda[2].at, from_ns(255));
  EXPECT_EQ(agenda[3].at, from_ns(250));
  EXPECT_EQ(agenda[3].begins, from_ns(260));
}

TEST(Agenda, LetsAProgramGoOnInItsTurnsAlone) {
  const std::deque<Due> agenda = agenda_of(in_turns(), true);
  EXPECT_THAT(whats(agenda),
              ElementsAre(What::program_goes_on, What::program_rests, What::window_starts,
                          What::turn_starts, What::program_goes_on, What::program_rests,
                          What::turn_ends, What::turn_starts, What::program_goes_on,
                          What::program_rests, What::turn_ends, What::window_ends));
  EXPECT_EQ(agenda[0].at, from_ns(100));
  EXPECT_EQ(agenda[1].at, from_ns(140));
}

}  // namespace
}  // namespace asyncbench::run
