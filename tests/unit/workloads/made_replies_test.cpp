#include "workloads/made_replies.hpp"

#include <gtest/gtest.h>

namespace asyncbench::workloads {
namespace {

using namespace std::chrono_literals;

constexpr Time kBegin = Time{} + 1h;

class MadeRepliesTest : public testing::Test {
 protected:
  std::shared_ptr<const MadeReply> get(std::string_view target, Time at) {
    return replies_.get(target, at, [this, at] {
      ++made_;
      return MadeReply{.bytes = std::to_string(made_), .valid_until = at + 1s};
    });
  }

  MadeReplies replies_;
  int made_ = 0;
};

TEST_F(MadeRepliesTest, MakesAReplyOnceForAllWhileItIsValid) {
  const auto first = get("/a", kBegin);
  EXPECT_EQ(get("/a", kBegin + 999ms), first);
  EXPECT_EQ(made_, 1);
}

TEST_F(MadeRepliesTest, MakesAnotherWhenItsDateIsOverAndLeavesTheFirstToItsHolders) {
  const auto first = get("/a", kBegin);
  EXPECT_EQ(get("/a", kBegin + 1s)->bytes, "2");
  EXPECT_EQ(first->bytes, "1");
}

TEST_F(MadeRepliesTest, KeepsThoseOfSeveralTargetsButNotOfAnyNumber) {
  const auto first = get("/a", kBegin);
  EXPECT_EQ(get("/b", kBegin)->bytes, "2");
  EXPECT_EQ(get("/a", kBegin), first);
  for (int i = 0; i < 100; ++i) get("/" + std::to_string(i), kBegin);
  EXPECT_NE(get("/a", kBegin), first);
}

}  // namespace
}  // namespace asyncbench::workloads
