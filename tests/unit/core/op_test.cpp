#include "core/op.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace asyncbench {
namespace {

TEST(OpSet, ContainsWhatItWasMadeOfAndNothingElse) {
  const OpSet set{OpKind::connect, OpKind::accept};
  EXPECT_TRUE(set.contains(OpKind::connect));
  EXPECT_TRUE(set.contains(OpKind::accept));
  EXPECT_FALSE(set.contains(OpKind::receive));
  EXPECT_FALSE(OpSet{}.contains(OpKind::begin));
}

TEST(OpSet, JoinsAndSubtracts) {
  const OpSet set = (kFileOps - OpSet{OpKind::sync}) | OpSet{OpKind::sleep};
  EXPECT_TRUE(set.contains(OpKind::sleep));
  EXPECT_TRUE(set.contains(OpKind::open));
  EXPECT_FALSE(set.contains(OpKind::sync));
  EXPECT_TRUE((set & kStreamOps).is_empty());
  EXPECT_TRUE((kFileOps - kFileOps).is_empty());
}

TEST(OpSet, OfMostStrategiesLacksNothingButExchange) {
  for (std::size_t i = 0; i < kOpKinds; ++i) {
    const auto kind = static_cast<OpKind>(i);
    EXPECT_EQ(kAllButExchange.contains(kind), kind != OpKind::exchange) << name_of(kind);
  }
}

TEST(OpKind, FollowsTheAlternativesOfOp) {
  EXPECT_EQ(kind_of(op::Begin{}), OpKind::begin);
  EXPECT_EQ(kind_of(op::Receive{}), OpKind::receive);
  EXPECT_EQ(kind_of(op::CloseFile{.file = 0}), OpKind::close_file);
  EXPECT_EQ(kind_of(op::Gather{}), OpKind::gather);
  EXPECT_EQ(kind_of(op::Finish{}), OpKind::finish);
}

TEST(OpKind, HasANameOfItsOwnForEach) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < kOpKinds; ++i) names.insert(name_of(static_cast<OpKind>(i)));
  EXPECT_EQ(names.size(), kOpKinds);
  EXPECT_FALSE(names.contains(""));
}

TEST(Completion, ComparesKernelErrorsByTheirCondition) {
  EXPECT_EQ(failed(ECONNRESET).error, std::errc::connection_reset);
  EXPECT_EQ(failed(std::errc::timed_out).error, std::errc::timed_out);
}

}  // namespace
}  // namespace asyncbench
