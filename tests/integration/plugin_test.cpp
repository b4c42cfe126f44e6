// Plugins, with the installed program, and the template strategy, built outside of this project.
// CTest installs and builds them first (Installed.*).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/plugin.hpp"
#include "program.hpp"
#include "tests/sanitized.hpp"

namespace asyncbench::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kPlugin = TEMPLATE_PLUGIN;

// A copy that the test may spoil.
class OwnCopy {
 public:
  explicit OwnCopy(const fs::path& plugin = kPlugin) : file_(folder_.path() / "copy.so") {
    fs::copy_file(plugin, file_);
  }
  const fs::path& file() const { return file_; }
  const fs::path& folder() const { return folder_.path(); }

 private:
  ScratchFolder folder_;
  fs::path file_;
};

void expect_refusal(const std::string& plugin, const std::string& says,
                    const Surroundings& surroundings = {}) {
  SCOPED_TRACE(plugin);
  const Ended ended = run_program({"list", "--plugin", plugin}, surroundings);
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.out, IsEmpty());
  EXPECT_THAT(ended.err, StartsWith("asyncbench: plugin "));
  EXPECT_THAT(ended.err, HasSubstr(says));
  EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
}

std::string odd_plugin(const std::string& oddity) {
  return std::string(ODD_PLUGINS) + "/odd_" + oddity + ".so";
}

std::vector<std::string> short_run(const std::string& out) {
  std::vector<std::string> arguments = {
      "run",        "fetch", "--strategies", "poll",    "--connections", "2",
      "--duration", "200ms", "--warmup",     "20ms",    "--trials",      "1",
      "--grace",    "200ms", "--cpu-idle",   "default", "--out",         out};
  // Little's law includes the client's own time between two requests: where that is slow, the
  // server must be even slower.
  if (kSanitized) arguments.insert(arguments.end(), {"--server-delay", "20ms"});
  return arguments;
}

std::vector<std::string> with_plugin(std::vector<std::string> arguments,
                                     const std::string& plugin = kPlugin) {
  arguments.insert(arguments.end(), {"--plugin", plugin});
  return arguments;
}

TEST(Plugin, ItsStrategiesAreListed) {
  EXPECT_THAT(run_program({"list"}).out, Not(HasSubstr("\npoll ")));
  const Ended ended = run_program({"list", "--plugin", kPlugin});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("\npoll "));
}

// dlopen(3) would read beyond its end.
TEST(Plugin, ThatIsCutOffIsRefused) {
  const OwnCopy copy;
  for (auto size = fs::file_size(copy.file()) - 1; size > 0; size /= 2) {
    fs::resize_file(copy.file(), size);
    expect_refusal(copy.file(), "is cut off, or no shared library");
  }
  fs::resize_file(copy.file(), 0);
  expect_refusal(copy.file(), "is cut off, or no shared library");
}

TEST(Plugin, ItsStrategiesAreMeasuredAsAnyOther) {
  const ScratchFolder folder;
  const Ended ended = run_program(with_plugin(short_run(folder.path() / "r.json")));
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("poll"));
}

TEST(Plugin, ItsStrategiesMayBeThePeer) {
  const ScratchFolder folder;
  auto arguments = with_plugin(short_run(folder.path() / "r.json"));
  arguments.insert(arguments.end(), {"--peer-strategy", "poll"});
  EXPECT_EQ(run_program(arguments).exit_code, 0);
}

TEST(Plugin, AnOriginIsServedByIt) {
  Program origin({"origin", "--port", "0", "--strategy", "poll", "--plugin", kPlugin});
  EXPECT_THAT(origin.line_of_output(), HasSubstr("with poll"));
  origin.signal(SIGTERM);
  EXPECT_EQ(origin.wait().exit_code, 0);
}

TEST(Plugin, IsLoadedAgainWhenARunGoesOn) {
  const ScratchFolder folder;
  const std::string out = folder.path() / "r.json";
  auto arguments = with_plugin(short_run(out));
  *(std::ranges::find(arguments, "--trials") + 1) = "3";
  Program run(arguments);
  while (run.line_of_errors().find("1/") == std::string::npos) {
  }
  run.signal(SIGINT);
  const Ended interrupted = run.wait();
  EXPECT_EQ(interrupted.exit_code, 130);
  EXPECT_THAT(interrupted.err, HasSubstr("--resume " + out + " --plugin "));
  const Ended refused = run_program({"run", "--resume", out});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--resume " + out + " --plugin "));
  const Ended resumed = run_program({"run", "--resume", out, "--plugin", kPlugin});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.out, HasSubstr("poll"));
}

// The shortest gate that still measures; its times mean nothing.
Ended gate_of(const std::string& base, const std::string& candidate, const std::string& strategies,
              const ScratchFolder& folder) {
  std::vector<std::string> arguments = {
      "gate",  "--base",        base,      "--candidate", candidate, "--pairs", "1",
      "fetch", "--connections", "2",       "--duration",  "200ms",   "--json",  "--warmup",
      "20ms",  "--cpu-idle",    "default", "--out",       "g.json",  "--force"};
  if (kSanitized) arguments.insert(arguments.end(), {"--server-delay", "20ms"});
  if (!strategies.empty()) arguments.insert(arguments.end(), {"--strategies", strategies});
  return run_program(arguments, {.folder = folder.path()});
}

TEST(Plugin, IsGuardedByAGateOfTwoOfItsBuilds) {
  const OwnCopy base;
  const ScratchFolder folder;
  const Ended alike = gate_of(base.file(), kPlugin, "", folder);
  EXPECT_THAT(alike.exit_code, AnyOf(0, 3, 4)) << alike.err << alike.out;
  EXPECT_THAT(alike.out, HasSubstr("fetch/strategy:poll/connections:2"));
  const Ended slower = gate_of(base.file(), std::string(ODD_PLUGINS) + "/poll_slow.so", "", folder);
  const auto counts = nlohmann::json::parse(slower.out).at("counts");
  if (counts.empty()) GTEST_SKIP() << "system calls cannot be counted here";
  EXPECT_EQ(counts.at(0).at("counted"), "syscalls");
  EXPECT_EQ(counts.at(0).at("verdict"), "regression") << slower.out;
}

TEST(Plugin, IsGatedOnlyWhereBothBuildsHaveTheStrategy) {
  const ScratchFolder folder;
  const Ended other = gate_of(kPlugin, odd_plugin("other"), "", folder);
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("has no strategy poll"));
  const Ended none = gate_of(kPlugin, kPlugin, "epoll", folder);
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("nothing of the plugin is measured; it has: --strategies poll"));
}

// As with --plugin, which both programs of a gate load.
TEST(Plugin, TakesPartInAGateOfPrograms) {
  const ScratchFolder folder;
  const Ended ended = run_program({"gate",
                                   "--base",
                                   ASYNCBENCH_PROGRAM,
                                   "--candidate",
                                   ASYNCBENCH_PROGRAM,
                                   "fetch",
                                   "--plugin",
                                   kPlugin,
                                   "--strategies",
                                   "poll",
                                   "--pairs",
                                   "1",
                                   "--connections",
                                   "2",
                                   "--server-delay",
                                   "2ms",
                                   "--duration",
                                   "100ms",
                                   "--warmup",
                                   "20ms",
                                   "--out",
                                   "g.json"},
                                  {.folder = folder.path()});
  EXPECT_THAT(ended.exit_code, AnyOf(0, 3, 4)) << ended.err;
}

TEST(Plugin, ThatIsNotAFileIsRefused) {
  const OwnCopy copy;
  expect_refusal(copy.folder() / "missing.so", "No such file");
  expect_refusal(copy.folder(), "no regular file");
  expect_refusal("copy.so", "write ./copy.so", {.folder = copy.folder()});
}

TEST(Plugin, ThatOthersCanWriteIsRefused) {
  const OwnCopy copy;
  fs::permissions(copy.file(), fs::perms::others_write, fs::perm_options::add);
  expect_refusal(copy.file(), "chmod go-w");
  fs::permissions(copy.file(), fs::perms::others_write, fs::perm_options::remove);
  EXPECT_EQ(run_program({"list", "--plugin", copy.file()}).exit_code, 0);
  fs::permissions(copy.folder(), fs::perms::group_write, fs::perm_options::add);
  expect_refusal(copy.file(), "folder");
}

// The target of a link counts, not the link itself.
TEST(Plugin, ThatOthersCanWriteIsRefusedBehindALinkToo) {
  const OwnCopy copy;
  const ScratchFolder elsewhere;
  const fs::path link = elsewhere.path() / "link.so";
  fs::create_symlink(copy.file(), link);
  EXPECT_EQ(run_program({"list", "--plugin", link}).exit_code, 0);
  fs::permissions(copy.folder(), fs::perms::others_write, fs::perm_options::add);
  expect_refusal(link, "folder");
}

TEST(Plugin, ThatIsNotAPluginIsRefused) {
  const ScratchFolder folder;
  expect_refusal(folder.file("text.so", "not a library"), "no shared library");
  expect_refusal(odd_plugin("entry"), "is no plugin");
}

TEST(Plugin, OfAnotherBuildIsRefused) {
  expect_refusal(odd_plugin("version"), "speaks version " + std::to_string(kPluginAbi - 1) +
                                            " of the plugin interface, this program version " +
                                            std::to_string(kPluginAbi) + "; build it against");
  expect_refusal(odd_plugin("compiler"), "built by cfront 1.0");
  expect_refusal(odd_plugin("sizes"), "other headers");
}

TEST(Plugin, WithUnusableStrategiesIsRefused) {
  expect_refusal(odd_plugin("clash"), "there is a strategy asio already");
  expect_refusal(odd_plugin("name"), "\"No Name\" is no name");
  expect_refusal(odd_plugin("empty"), "has no strategy and no workload in it");
  expect_refusal(odd_plugin("throws"), "no strategy today");
}

}  // namespace
}  // namespace asyncbench::test
