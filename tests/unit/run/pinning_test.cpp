#include "run/pinning.hpp"

#include <gmock/gmock.h>

namespace asyncbench::run {
namespace {

using testing::ElementsAre;
using testing::Throws;

TEST(Pinning, ReadsBothSidesAndRefusesWhatIsNone) {
  EXPECT_EQ(parse_pinning("auto").mode, Pinning::Mode::automatic);
  const Pinning pinning = parse_pinning("subject=1+2,peer=0");
  EXPECT_THAT(pinning.subject, ElementsAre(1, 2));
  EXPECT_THAT(pinning.peer, ElementsAre(0));
  for (const char* text : {"subject", "subject=", "client=1", "subject=1;peer=0", ""}) {
    EXPECT_THAT([&] { parse_pinning(text); }, Throws<UsageError>()) << text;
  }
}

}  // namespace
}  // namespace asyncbench::run
