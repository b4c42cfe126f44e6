// asyncbench run until all is decided, or the budget is spent.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "cli_checks.hpp"
#include "interrupting.hpp"
#include "program.hpp"
#include "tests/sanitized.hpp"

namespace asyncbench::test {
namespace {

using ::testing::HasSubstr;

// A strategy beside its own variant, which nothing tells apart here, and one that is far behind.
// Its rests are given: on a busy machine they would grow, and the budget with them be too small.
Arguments undecided_run(const char* budget) {
  return {"run",        "fetch", "--strategies",  "uring,uring:no_iowait,curl_threads",
          "--against",  "uring", "--connections", "8",
          "--duration", "50ms",  "--rest",        "10ms",
          "--relevant", "0.1%",  "--budget",      budget,
          "--out",      "s.json"};
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
  if (kUnderThreadSanitizer) GTEST_SKIP() << kNoRings;
  const ScratchFolder folder;
  Ended ended;
  // On a busy machine a strategy may differ from its twin, and then no more blocks help.
  for (int attempt = 0; attempt < 3; ++attempt) {
    std::filesystem::remove(folder.path() / "s.json");
    ended = run_program(undecided_run("15s"), {.folder = folder.path()});
    ASSERT_EQ(ended.exit_code, 0) << ended.err;
    if (ended.err.find("measuring ") != std::string::npos) break;
  }
  EXPECT_THAT(ended.err, HasSubstr("of 2 decided; measuring "));
  const auto result = read_json(folder, "s.json");
  EXPECT_LT(blocks_of(result, "curl_threads"), blocks_of(result, "uring")) << "decided before";
  EXPECT_GE(blocks_of(result, "uring:no_iowait"), 8);
  EXPECT_EQ(blocks_of(result, "uring:no_iowait"), blocks_of(result, "uring"));
}

TEST(CliDecided, GoesOnWhereItWasInterrupted) {
  if (kUnderThreadSanitizer) GTEST_SKIP() << kNoRings;
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
