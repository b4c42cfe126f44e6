#include "core/strategy.hpp"

#include <gtest/gtest.h>

namespace asyncbench {
namespace {

class Fake : public Strategy {
 public:
  explicit Fake(OpSet operations, OpSet incidental = {}, Support host = Support::yes(),
                const char* name = "fake")
      : info_{.name = name, .operations = operations, .incidental = incidental}, host_(host) {}
  const StrategyInfo& info() const override { return info_; }
  Support host_support() const override { return host_; }
  void run(Job& /*job*/) override {}

 private:
  StrategyInfo info_;
  Support host_;
};

constexpr OpSet kFileWork = kTaskOps | OpSet{OpKind::open, OpKind::read, OpKind::close_file};

TEST(Strategy, NamesEverythingThatItLacksInOneSentence) {
  const Fake client(kTaskOps | OpSet{OpKind::exchange});
  EXPECT_EQ(can_perform(client, kFileWork).reason, "fake offers no file operations");
  EXPECT_EQ(can_perform(client, {OpKind::accept, OpKind::receive, OpKind::send}).reason,
            "fake offers no server side and no byte streams");
  EXPECT_EQ(can_perform(client, {OpKind::sleep, OpKind::gather}).reason,
            "fake offers no timers and no gathering of tasks");
  EXPECT_TRUE(can_perform(client, {OpKind::begin, OpKind::exchange, OpKind::finish}));
}

TEST(Strategy, TakesPartOnlyWhereItDoesSomethingOfItsOwn) {
  const Fake fake(kTaskOps | kFileOps | OpSet{OpKind::exchange}, kFileOps);
  EXPECT_TRUE(can_perform(fake, kFileWork));
  EXPECT_EQ(takes_part(fake, kFileWork).reason, "fake offers no file operations of its own");
  EXPECT_TRUE(takes_part(fake, kFileWork | OpSet{OpKind::exchange}));
  EXPECT_TRUE(takes_part(Fake(kAllButExchange), kFileWork));
  const Fake variant(kAllButExchange, kFileOps, Support::yes(), "fake:variant");
  EXPECT_EQ(takes_part(variant, kFileWork).reason,
            "fake:variant does all of this as fake does: measure that");
}

TEST(Strategy, GivesTheHostsReasonWhereItOffersTheOperations) {
  const Fake refused(kAllButExchange, {}, Support::no("io_uring_setup: EPERM"));
  EXPECT_EQ(takes_part(refused, kFileWork).reason, "io_uring_setup: EPERM");
  EXPECT_EQ(takes_part(refused, {OpKind::exchange}).reason, "fake offers no HTTP client");
}

}  // namespace
}  // namespace asyncbench
