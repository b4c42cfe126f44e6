// `asyncbench gate` of a server of the user's: two files, or one at two revisions of its own
// repository.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "cli_checks.hpp"
#include "program.hpp"

namespace asyncbench::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::string on_one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

// The example of docs/guard-your-service.md in a repository of its own. Its second commit makes
// each request wait for a millisecond, which no noise hides.
class GateOfPrograms : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::copy(EXAMPLES "/service", repository_);
    git({"init", "--quiet", "--initial-branch", "work"});
    git({"add", "."});
    git({"commit", "--quiet", "-m", "Answer prices"});
    make_slower(repository_);
    git({"commit", "--quiet", "--all", "-m", "Wait"});
  }

  void make_slower(const fs::path& service) const {
    const std::string text = folder_.read(service.filename() / "server.py");
    const std::string before = "            writer.write(";
    std::string slower = text;
    slower.insert(text.find(before), "            await asyncio.sleep(0.001)\n");
    std::ofstream(service / "server.py") << slower;
  }

  std::string git(Arguments arguments) const {
    arguments.insert(arguments.begin(), {"-c", "user.name=t", "-c", "user.email=t@example.org"});
    const Ended ended = run_program(
        std::move(arguments),
        {.folder = repository_, .environment = {"GIT_CONFIG_GLOBAL=/dev/null"}, .program = "git"});
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    return ended.out;
  }

  // The shortest gate that still finds what is planted.
  Ended gate(Arguments more) const {
    Arguments arguments = {"gate",       "--pairs", "6",        "--connections", "2",
                           "--duration", "150ms",   "--warmup", "50ms",          "--cpu-idle",
                           "default",    "--out",   out_,       "--force"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(std::move(arguments),
                       {.folder = repository_,
                        .environment = {"XDG_CACHE_HOME=" + (folder_.path() / "cache").string()}});
  }

  const ScratchFolder folder_;
  const fs::path repository_ = folder_.path() / "repository";
  const std::string out_ = (folder_.path() / "g.json").string();
};

TEST_F(GateOfPrograms, FindsWhatARevisionMadeSlower) {
  folder_.file("repository/notes.txt", "hours of work\n");
  std::ofstream(repository_ / "server.py", std::ios::app) << "# not yet committed\n";
  const std::string before = git({"status", "--porcelain"});
  const Ended ended = gate({"--base-program", "service.toml", "--base-rev", "HEAD~1"});
  EXPECT_EQ(ended.exit_code, 1) << ended.out << ended.err;
  EXPECT_THAT(ended.out, AllOf(HasSubstr("serve/strategy:prices"), HasSubstr("REGRESSION")));
  EXPECT_THAT(ended.err, HasSubstr("what is not committed is not measured"));
  EXPECT_EQ(git({"status", "--porcelain"}), before);
}

// The margin is wide since the gate is short.
TEST_F(GateOfPrograms, PassesAFileAgainstItself) {
  const std::string file = EXAMPLES "/service/service.toml";
  const Ended ended =
      gate({"--base-program", file, "--candidate-program", file, "--margin", "60%"});
  EXPECT_EQ(ended.exit_code, 0) << ended.out << ended.err;
}

TEST_F(GateOfPrograms, TakesCommandsAndTheirTarget) {
  const Ended ended =
      gate({"--base-program", "python3 " EXAMPLES "/service/server.py {port}",
            "--candidate-program", "python3 server.py {port}", "--target", "/price/cup"});
  EXPECT_EQ(ended.exit_code, 1) << ended.out << ended.err;
}

// The first commit has no such file: its program is started as today's file says.
TEST_F(GateOfPrograms, TakesAFileThatIsNewerThanTheProgram) {
  fs::copy_file(repository_ / "service.toml", repository_ / "new.toml");
  git({"add", "new.toml"});
  git({"commit", "--quiet", "-m", "Measure"});
  const Ended ended = gate({"--base-program", "new.toml", "--base-rev", "HEAD~2"});
  EXPECT_EQ(ended.exit_code, 1) << ended.out << ended.err;
}

TEST_F(GateOfPrograms, BuildsTheCandidateToo) {
  const std::string file = folder_.file("broken.toml", R"(name = "prices"
command = ["{build}/server", "{port}"]
build = "echo the compiler is on holiday; exit 7"
)");
  const Ended ended = gate({"--base-program", "service.toml", "--candidate-program", file});
  expect_refusal(ended, 2, "exit code 7: the compiler is on holiday");
}

TEST_F(GateOfPrograms, GivesUpOneThatDoesNotStart) {
  const std::string file = folder_.file("asleep.toml", R"(name = "prices"
command = "sh -c 'echo the database has gone; sleep 9' {port}"
ready_within = "200ms"
)");
  const std::string whole = EXAMPLES "/service/service.toml";
  const Ended candidate = gate({"--base-program", whole, "--candidate-program", file});
  EXPECT_EQ(candidate.exit_code, 1) << candidate.out << candidate.err;
  EXPECT_THAT(on_one_line(candidate.out),
              AllOf(HasSubstr("under the candidate alone: subject: prices did not listen"),
                    HasSubstr("the database has gone")));
  const Ended both = gate({"--base-program", file, "--candidate-program", file});
  EXPECT_EQ(both.exit_code, 4) << both.out << both.err;
  EXPECT_THAT(on_one_line(both.out),
              HasSubstr("under both builds: subject: prices did not listen"));
}

TEST_F(GateOfPrograms, NamesWhatIsWrongWithItsInput) {
  struct Bad {
    Arguments options;
    const char* says;
  };
  const std::string elsewhere =
      folder_.file("elsewhere.toml", "command = [\"sh\", \"elsewhere.toml\", \"{port}\"]\n");
  folder_.file("repository/same.toml", "command = [\"nginx\", \"{port}\"]\n");
  const std::string absent =
      folder_.file("absent.toml",
                   "name = \"prices\"\ncommand = [\"moon\", \"{port}\"]\ncheck = \"false\"\n"
                   "package = \"moon-rocks\"\n");
  for (const auto& [options, says] :
       {Bad{{"--base-program", "service.toml"}, "--base-program without --candidate-program"},
        Bad{{"--candidate-program", "service.toml"}, "--candidate-program without"},
        Bad{{"--base-program", "service.toml", "--base", "x", "--candidate", "y"}, "give either"},
        Bad{{"--base-program", "missing.toml", "--candidate-program", "service.toml"},
            "No such file"},
        Bad{{"--base-program", "service.toml", "--base-rev", "nowhere"},
            "revision nowhere is unknown"},
        Bad{{"--base-program", elsewhere, "--base-rev", "HEAD~1"}, "not a git repository"},
        Bad{{"--base-program", "same.toml", "--base-rev", "HEAD~1"}, "the same at every revision"},
        Bad{{"--base-program", "python3 server.py {port}", "--base-rev", "HEAD~1"},
            "a command has no revisions"},
        Bad{{"--base-program", "service.toml", "--candidate-program", absent},
            "install moon-rocks"}}) {
    SCOPED_TRACE(::testing::PrintToString(options));
    expect_refusal(gate(options), 2, says);
  }
}

}  // namespace
}  // namespace asyncbench::test
