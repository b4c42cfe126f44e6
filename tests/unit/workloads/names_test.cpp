#include "workloads/names.hpp"

#include <gtest/gtest.h>

namespace asyncbench::workloads {
namespace {

TEST(Names, SuggestTheNearestOne) {
  EXPECT_EQ(unknown_name("strategy", "urin", {"asio", "uring"}),
            "unknown strategy \"urin\": did you mean uring?");
}

TEST(Names, ListAllWhenNothingIsNear) {
  EXPECT_EQ(unknown_name("workload", "database", {"fetch", "serve"}),
            "unknown workload \"database\"; there are fetch, serve");
}

}  // namespace
}  // namespace asyncbench::workloads
