#include "measure/perf_record.hpp"

#include <gmock/gmock.h>

namespace asyncbench::measure {
namespace {

constexpr const char* kScript =
    "asyncbench  4711  100.000000500: \n"
    "\tffffffff81c00010 tcp_sendmsg ([kernel.kallsyms])\n"
    "\t    7f0000001000 __libc_send (inlined) (/usr/lib/libc.so.6)\n"
    "\t    55e000000100 asyncbench::uring::Loop::run(int) (/build/asyncbench)\n"
    "\n"
    "iou-wrk-4711  4712  100.000000600: \n"
    "\t    7f0000001000 [unknown] ([unknown])\n"
    "\n"
    "asyncbench  4711   99.999999999: \n"
    "\t    55e000000100 early() (/build/asyncbench)\n"
    "\n"
    "asyncbench  4711  100.000000700: PERF_RECORD_LOST lost 17\n"
    "asyncbench  4711  200.000000000: \n"
    "\t    55e000000100 late() (/build/asyncbench)\n"
    "\n";

TEST(PerfScript, IsReadWithinTheWindow) {
  const OnCpu profile = read_perf_script(kScript, 100'000'000'000, 150'000'000'000);
  EXPECT_TRUE(profile.kernel);
  EXPECT_EQ(profile.lost, 17U);
  EXPECT_EQ(profile.stacks.weight(), 2U);
  EXPECT_THAT(profile.stacks.functions,
              testing::ElementsAre(Function{"asyncbench", kThreadModule},
                                   Function{"asyncbench::uring::Loop::run", "asyncbench"},
                                   Function{"__libc_send", "libc.so.6"},
                                   Function{"tcp_sendmsg", kKernelModule},
                                   Function{"iou-wrk", kThreadModule}, Function{"", kNoModule}));
}

TEST(PerfScript, ThatIsEmptyOrTornHasNoSamples) {
  EXPECT_EQ(read_perf_script("", 0, 1).stacks.weight(), 0U);
  EXPECT_EQ(read_perf_script("asyncbench 1", 0, 1).stacks.weight(), 0U);
  EXPECT_EQ(read_perf_script("asyncbench 1 0.0: ", 0, 1).stacks.weight(), 0U);
  EXPECT_EQ(read_perf_script("(((\n\n:\n)", 1, 2).stacks.weight(), 0U);
}

}  // namespace
}  // namespace asyncbench::measure
