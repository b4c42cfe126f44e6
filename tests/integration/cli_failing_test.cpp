// Measurements in which nothing succeeds: they must not pass for results of anything.
#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "cli_checks.hpp"
#include "program.hpp"

namespace asyncbench::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string unwrapped(const std::string& text) {
  return std::regex_replace(text, std::regex("\\s+"), " ");
}

// The origin of the program itself, as a foreign server.
class Origin {
 public:
  Origin() : program_({"origin", "--port", "0"}) {
    const std::string line = program_.line_of_output();
    std::smatch found;
    EXPECT_TRUE(std::regex_search(line, found, std::regex("http://127\\.0\\.0\\.1:[0-9]+")));
    url_ = found.str();
  }
  ~Origin() {
    program_.signal(SIGTERM);
    program_.wait();
  }
  const std::string& url() const { return url_; }

 private:
  Program program_;
  std::string url_;
};

// A port on which nobody listens: one that was free just now.
std::string closed_url() {
  const Origin origin;
  return origin.url();
}

struct Failing {
  std::string what;
  std::string url;
  std::string seen;    // as the reason says it
  std::string remedy;  // likewise
};

TEST(CliFailing, CellsWithoutASuccessAreFailedWithWhatWasSeenInEveryForm) {
  const Origin origin;
  const std::string closed = closed_url();
  const std::vector<Failing> cases = {
      {"nobody listens", closed + "/",
       "connect_refused from " + closed + "/: ", "start the server, or check host and port"},
      {"no such page", origin.url() + "/nope",
       "404 from " + origin.url() + "/nope: ", "the server has no such path"},
      {"the server fails", origin.url() + "/status/503", "503 from " + origin.url(),
       "look into its log"},
      {"the answer is cut", origin.url() + "/fault/S12", "truncated from " + origin.url(),
       "(curl -v)"},
      {"no TLS there", "https" + origin.url().substr(4) + "/",
       "tls_handshake from https" + origin.url().substr(4), "does not speak TLS there"},
  };
  for (const Failing& failing : cases) {
    for (const char* turns : {"on", "off"}) {
      SCOPED_TRACE(failing.what + ", turns " + turns);
      const ScratchFolder folder;
      const Surroundings here{.folder = folder.path()};
      const Ended run = run_program({"run",           "fetch",
                                     "--url",         failing.url,
                                     "--strategies",  "epoll,thread_per_connection,curl_multi",
                                     "--connections", "2",
                                     "--duration",    "200ms",
                                     "--warmup",      "20ms",
                                     "--trials",      "4",
                                     "--grace",       "200ms",
                                     "--cpu-idle",    "default",
                                     "--turns",       turns,
                                     "--out",         "r.json"},
                                    here);
      EXPECT_EQ(run.exit_code, 5) << run.err;
      EXPECT_THAT(unwrapped(run.out), HasSubstr("; no valid trials"));
      EXPECT_THAT(unwrapped(run.out), HasSubstr("failed: every request"));
      EXPECT_THAT(unwrapped(run.out), HasSubstr(failing.seen));
      EXPECT_THAT(unwrapped(run.out), HasSubstr(failing.remedy));
      EXPECT_THAT(run.out, Not(HasSubstr("Take ")));
      EXPECT_THAT(run.out + run.err, Not(HasSubstr("stalled")));

      const nlohmann::json result = read_json(folder, "r.json");
      EXPECT_EQ(result["run"]["complete"], true);
      for (const auto& cell : result["cells"]) {
        EXPECT_EQ(cell["status"], "failed");
        EXPECT_THAT(cell["reason"].get<std::string>(), HasSubstr(failing.seen));
        // The cell has ended at once.
        EXPECT_LE(cell["trials"].size(), 3u);
        for (const auto& trial : cell["trials"]) {
          EXPECT_EQ(trial["status"], "failed");
          EXPECT_EQ(trial["valid"], false);
          EXPECT_EQ(trial["failures"][0]["target"], failing.url);
        }
      }
      for (const Arguments& reader :
           {Arguments{"show", "r.json"}, Arguments{"export", "r.json", "--format", "junit"},
            Arguments{"report", "r.json", "--format", "markdown"}}) {
        const Ended shown = run_program(reader, here);
        EXPECT_THAT(unwrapped(shown.out), HasSubstr(failing.seen)) << reader.front();
      }
      EXPECT_THAT(run_program({"export", "r.json", "--format", "junit"}, here).out,
                  HasSubstr("<failure"));
      ASSERT_EQ(run_program({"report", "r.json", "--out", "r.html"}, here).exit_code, 0);
      EXPECT_THAT(folder.read("r.html"), HasSubstr(failing.seen));
      EXPECT_THAT(folder.read("r.html"), HasSubstr("No request of a valid trial ended."));
    }
  }
}

TEST(CliFailing, ATrialInWhichOnlyFailuresEndIsGivenUpAfterASecond) {
  const ScratchFolder folder;
  const auto begun = std::chrono::steady_clock::now();
  const Ended run =
      run_program({"run", "fetch", "--url", closed_url(), "--strategies", "epoll", "--duration",
                   "30s", "--trials", "3", "--turns", "off", "--cpu-idle", "default", "--json"},
                  {.folder = folder.path()});
  EXPECT_EQ(run.exit_code, 5) << run.err;
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(15));
  const auto cell = nlohmann::json::parse(run.out)["cells"][0];
  EXPECT_THAT(cell["reason"].get<std::string>(),
              HasSubstr("every request of the first second failed: connect_refused from http://"));
}

TEST(CliFailing, OneThatFailsBesideOthersThatSucceedIsCountedAndNamed) {
  const Origin origin;
  const ScratchFolder folder;
  const Ended run = run_program(
      {"run", "fetch", "--url", origin.url() + "/bytes/12", "--url", origin.url() + "/nope",
       "--strategies", "epoll", "--connections", "2", "--duration", "200ms", "--trials", "1",
       "--cpu-idle", "default", "--out", "r.json"},
      {.folder = folder.path()});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, ::testing::ContainsRegex("[45][0-9] % of the requests failed, and count for "
                                                "no latency: 404 from " +
                                                origin.url() + "/nope: "));
  const auto cell = read_json(folder, "r.json")["cells"][0];
  EXPECT_EQ(cell["status"], "measured");
  EXPECT_EQ(cell["trials"][0]["failures"].size(), 1u);
  EXPECT_EQ(cell["trials"][0]["failures"][0]["status"], 404);
  const Ended show = run_program({"show", "--notes", "r.json"}, {.folder = folder.path()});
  EXPECT_THAT(unwrapped(show.out), HasSubstr("404 from " + origin.url() + "/nope: "));
}

// A deadline longer than the second in which something must succeed.
TEST(CliFailing, SaysForHowLongNothingSucceeded) {
  const Origin origin;
  const ScratchFolder folder;
  const Ended run =
      run_program({"run", "fetch", "--url", origin.url() + "/delay/60s", "--strategies", "epoll",
                   "--deadline", "2s", "--trials", "1", "--turns", "off", "--cpu-idle", "default"},
                  {.folder = folder.path()});
  EXPECT_EQ(run.exit_code, 5) << run.err;
  EXPECT_THAT(unwrapped(run.out),
              HasSubstr("every request of the first 2 s failed: timeout_headers "
                        "from " +
                        origin.url() + "/delay/60s: "));
  EXPECT_THAT(unwrapped(run.out), HasSubstr("longer --deadline"));
}

// What can never be asked for is refused before anything is measured.
TEST(CliFailing, RefusesNamesAndHostsBeforeMeasuring) {
  const ScratchFolder folder;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"http://nosuch.invalid/", "cannot resolve nosuch.invalid: "},
      {"http://192.0.2.1/", "add --allow-remote 192.0.2.1"},
      {"ftp://127.0.0.1/", "asyncbench: \"ftp://127.0.0.1/\": "},
  };
  for (const auto& [url, says] : cases) {
    expect_refusal(run_program({"run", "fetch", "--url", url, "--strategies", "epoll"},
                               {.folder = folder.path()}),
                   2, says);
  }
}

}  // namespace
}  // namespace asyncbench::test
