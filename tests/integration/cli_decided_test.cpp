// asyncbench run until all is decided, or the budget is spent.
#include <gmock/gmock.h>

#include <algorithm>

#include "cli_checks.hpp"
#include "interrupting.hpp"
#include "program.hpp"

namespace asyncbench::test {
namespace {

using ::testing::HasSubstr;

// A strategy beside its own variant, which nothing tells apart here, and one that is far behind.
Arguments undecided_run(const char* budget) {
  return {"run",        "fetch", "--strategies",  "uring,uring:no_fixed_buffers,curl_threads",
          "--against",  "uring", "--connections", "8",
          "--duration", "50ms",  "--relevant",    "0.1%",
          "--budget",   budget,  "--out",         "s.json"};
}

std::int64_t blocks_of(const nlohmann::json& result, const std::string& strategy) {
  std::int64_t blocks = 0;
  for (const auto& cell : result["cells"]) {
    if (cell["strategy"] != strategy) continue;
    for (const auto& trial : cell["trials"]) {
      if (trial["kind"] != "timed") continue;
      blocks = std::max(blocks, trial["block"].get<std::int64_t>() + 1);
    }
  }
  return blocks;
}

TEST(CliDecided, GoesOnWithWhatIsOpenAlone) {
  const ScratchFolder folder;
  const Ended ended = run_program(undecided_run("12s"), {.folder = folder.path()});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("of 2 decided; measuring "));
  EXPECT_THAT(ended.err, HasSubstr("leaves others undecided (--budget)"));
  const auto result = read_json(folder, "s.json");
  EXPECT_EQ(blocks_of(result, "curl_threads"), 6) << "decided at the first look";
  EXPECT_GE(blocks_of(result, "uring:no_fixed_buffers"), 8);
  EXPECT_EQ(blocks_of(result, "uring:no_fixed_buffers"), blocks_of(result, "uring"));
}

TEST(CliDecided, GoesOnWhereItWasInterrupted) {
  const ScratchFolder folder;
  // Six blocks of four and two of three are the first looks, so this is beyond the first.
  const Ended first = interrupted_after(28, undecided_run("30s"), folder);
  ASSERT_EQ(first.exit_code, 130) << first.err;
  const auto kept = trials_of(read_json(folder, "s.json"));
  const Ended second = run_program({"run", "--resume", "s.json"}, {.folder = folder.path()});
  ASSERT_EQ(second.exit_code, 0) << second.err;
  const auto result = read_json(folder, "s.json");
  EXPECT_EQ(result["run"]["complete"], true);
  const auto all = trials_of(result);
  for (const auto& [key, outcomes] : kept) EXPECT_EQ(all.at(key), outcomes) << key;
  EXPECT_GT(all.size(), kept.size());
}

}  // namespace
}  // namespace asyncbench::test
