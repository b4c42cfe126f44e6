#include "report/terminal.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace asyncbench::report {
namespace {

TEST(Terminal, IsNothingElse) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  EXPECT_FALSE(wants_color(ends[1]));
  EXPECT_EQ(terminal_of(ends[1]).width, 80U);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Terminal, PaintsOnlyWhereItHasColors) {
  EXPECT_EQ((Terminal{.color = true}.paint("worse", Color::bad)), "\033[31mworse\033[0m");
  EXPECT_EQ((Terminal{.color = true}.paint("", Color::bad)), "");
  EXPECT_EQ((Terminal{.color = true}.paint("so", Color::none)), "so");
  EXPECT_EQ((Terminal{.color = false}.paint("worse", Color::bad)), "worse");
}

}  // namespace
}  // namespace asyncbench::report
