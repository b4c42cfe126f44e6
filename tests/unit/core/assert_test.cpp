#include "core/assert.hpp"

#include <gtest/gtest.h>

namespace asyncbench {
namespace {

TEST(MustHold, WhatHoldsEndsNothing) {
  must_hold(true, "one is one");
  SUCCEED();
}

TEST(MustHold, WhatDoesNotHoldEndsTheProgramWithTheClaimAndItsPlace) {
  EXPECT_DEATH(must_hold(false, "a pig flies"), "assert_test.cpp:[0-9]+.*a pig flies");
}

}  // namespace
}  // namespace asyncbench
