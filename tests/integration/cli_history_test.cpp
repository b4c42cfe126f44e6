// `asyncbench history` as users type it, on results as CI would keep them; and compressed results.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "cli_checks.hpp"
#include "program.hpp"
#include "result/gzip.hpp"

namespace asyncbench::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::ordered_json;

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class HistoryTest : public ::testing::Test {
 protected:
  // Bytes are columns then.
  HistoryTest() { ::setenv("LC_ALL", "C", 1); }

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name), std::ios::binary) << text;
  }

  // The golden result as of a day of November 2026, with something changed. Its strategies are
  // asio, which is the reference, and uring.
  std::string result_of(int day, auto&& change) const {
    Json result = Json::parse(std::ifstream(GOLDEN_FOLDER "/export/result.json"));
    const std::string two_digits = (day < 10 ? "0" : "") + std::to_string(day);
    result["run"]["id"] = two_digits;
    result["run"]["started"] = "2026-11-" + two_digits + "T04:00:00Z";
    result["environment"]["git_commit"] = two_digits + "00000cafe";
    // The machine's mood, for every strategy alike.
    for (Json& cell : result["cells"]) multiply_cpu(cell, 1 + 0.2 * (day % 3));
    change(result);
    return result.dump();
  }
  std::string result_of(int day) const {
    return result_of(day, [](Json&) {});
  }

  static void multiply_cpu(Json& cell, double factor) {
    for (Json& trial : cell["trials"]) {
      for (const char* side : {"subject", "peer"}) {
        if (trial[side].is_null()) continue;
        for (const char* figure : {"cpu_user_ns", "cpu_system_ns"}) {
          Json& value = trial[side][figure];
          if (value.is_number()) value = static_cast<std::int64_t>(value.get<double>() * factor);
        }
      }
    }
  }

  // Twelve results, every other one compressed. From day 9 on uring takes a quarter more CPU.
  std::string kept() const {
    for (int day = 1; day <= 12; ++day) {
      const std::string text = result_of(day, [&](Json& result) {
        if (day >= 9) multiply_cpu(result["cells"][0], 1.25);
      });
      const std::string name = "kept/" + std::to_string(day) + ".json";
      if (day % 2 == 0) {
        write(name, text);
      } else {
        write(name + ".gz", result::gzipped(text));
      }
    }
    return path("kept");
  }

  const ScratchFolder folder_;
};

TEST_F(HistoryTest, SaysSinceWhichCommitAFigureDiffers) {
  const Ended ended = run_program({"history", kept()});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.err, "");
  EXPECT_THAT(ended.out, HasSubstr("12 results of 12 commits, 2026-11-01 04:00 to 2026-11-12"));
  EXPECT_THAT(ended.out, HasSubstr("ratios to asio in the same run"));
  EXPECT_THAT(ended.out, HasSubstr("CHANGED"));
  EXPECT_THAT(ended.out, HasSubstr("0900000 2026-11-09 04:00, after 0800000"));
  EXPECT_THAT(ended.out, HasSubstr("total CPU per request, fetch/connections:64"));
  EXPECT_THAT(ended.out, HasSubstr("+25%"));
  EXPECT_THAT(ended.out, HasSubstr("worse"));
  EXPECT_THAT(ended.out, Not(HasSubstr("PERHAPS")));
  for (const std::string& line : lines_of(ended.out)) EXPECT_LE(line.size(), 80u) << line;
}

TEST_F(HistoryTest, PrintsEveryLineWhenAsked) {
  const std::string folder = kept();
  const std::string few = run_program({"history", folder}).out;
  const std::string all = run_program({"history", folder, "--all"}).out;
  EXPECT_THAT(few, AllOf(HasSubstr("--all"), Not(HasSubstr("LINES"))));
  EXPECT_THAT(all, AllOf(HasSubstr("LINES"), HasSubstr("throughput, fetch/connections:64")));
  for (const std::string& line : lines_of(all)) EXPECT_LE(line.size(), 80u) << line;
}

TEST_F(HistoryTest, PrintsJsonAndWritesAPage) {
  const Ended ended =
      run_program({"history", kept(), "--format", "json", "--out", path("history.html")});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  const Json document = Json::parse(ended.out);
  EXPECT_EQ(document.at("schema").at("name"), "asyncbench-history");
  ASSERT_EQ(document.at("changes").size(), 1u);
  EXPECT_EQ(document["runs"][document["changes"][0]["to"].get<std::size_t>()]["commit"],
            "0900000cafe");
  const std::string page = text_of(path("history.html"));
  EXPECT_THAT(page, HasSubstr("lines has changed</h1>"));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("http://")));
  EXPECT_THAT(page, Not(HasSubstr("https://")));
}

TEST_F(HistoryTest, TakesAnotherReferenceFigureOrMargin) {
  const std::string folder = kept();
  const std::string against = run_program({"history", folder, "--against", "uring"}).out;
  EXPECT_THAT(against, AllOf(HasSubstr("ratios to uring"), HasSubstr("better")));
  EXPECT_THAT(run_program({"history", folder, "--figure", "throughput_per_s"}).out,
              Not(HasSubstr("CHANGED")));
  EXPECT_THAT(run_program({"history", folder, "--relevant", "30%"}).out, Not(HasSubstr("CHANGED")));
}

TEST_F(HistoryTest, LeavesOutWhatCannotBeReadAndSaysSo) {
  const std::string folder = kept();
  const std::string torn = text_of(path("kept/3.json.gz"));
  write("kept/3.json.gz", torn.substr(0, torn.size() / 2));
  write("kept/notes.txt", "not read");
  const Ended ended = run_program({"history", folder});
  EXPECT_EQ(ended.exit_code, 5);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("left out: "), HasSubstr("3.json.gz: byte "),
                               HasSubstr("copy the file again")));
  EXPECT_EQ(lines_of(ended.err).size(), 1u);
  EXPECT_THAT(ended.out, AllOf(HasSubstr("11 results"), HasSubstr("CHANGED")));
  // One that was named is not left out.
  expect_refusal(run_program({"history", path("kept/2.json"), path("kept/3.json.gz")}), 2,
                 "3.json.gz: byte ");
}

TEST_F(HistoryTest, SaysWhatIsWrongAndHowToRepairIt) {
  expect_refusal(run_program({"history"}), 2, "asyncbench history results/");
  expect_refusal(run_program({"history", path("none")}), 2, "none");
  std::filesystem::create_directory(path("empty"));
  expect_refusal(run_program({"history", path("empty")}), 2, "ends in .json or .json.gz");
  write("r.json", result_of(1));
  const std::string result = path("r.json");
  expect_refusal(run_program({"history", result, "--against", "urin"}), 2, "did you mean uring");
  expect_refusal(run_program({"history", result, "--figure", "throughput"}), 2, "throughput_per_s");
  expect_refusal(run_program({"history", result, "--format", "jso"}), 2, "did you mean json");
  expect_refusal(run_program({"history", result, "--relevant", "0%"}), 2, "--relevant");
  const Ended ended = run_program({"history", result, "--out", path("no/such/h.html")});
  EXPECT_EQ(ended.exit_code, 6);
  EXPECT_THAT(ended.err, HasSubstr("no/such"));
}

TEST_F(HistoryTest, HasLittleToSayOfOneResult) {
  write("r.json", result_of(1));
  const Ended ended = run_program({"history", path("r.json"), "--out", path("h.html")});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("keep the result of each commit"));
  EXPECT_THAT(text_of(path("h.html")), HasSubstr("One result"));
}

TEST_F(HistoryTest, NamesWhereLinesBeginAnew) {
  for (int day = 1; day <= 6; ++day) {
    write("kept/" + std::to_string(day) + ".json", result_of(day, [&](Json& result) {
            if (day >= 4) result["environment"]["kernel"] = "Linux 6.18";
          }));
  }
  const std::string text = run_program({"history", path("kept"), "--out", path("h.html")}).out;
  EXPECT_THAT(text, AllOf(HasSubstr("BREAKS"), HasSubstr("kernel: Linux 6.1 and Linux 6.18")));
  EXPECT_THAT(text_of(path("h.html")), HasSubstr("kernel: Linux 6.1 and Linux 6.18"));
}

// Every command that reads a result reads a compressed one, whatever its name.
TEST_F(HistoryTest, CompressedResultsGiveWhatPlainOnesGive) {
  const std::string other = path("other.json");
  const std::string result = path("r.json");
  const std::vector<std::vector<std::string>> commands = {
      {"show", result},
      {"compare", result},
      {"compare", result, other},
      {"compare", other, result},
      {"gate", result, other},
      {"report", result, "--format", "csv"},
      {"report", result, "--format", "markdown"},
      {"export", result, "--format", "openmetrics"},
      {"history", result, "--all"},
  };
  write("other.json", result_of(2));
  for (const std::vector<std::string>& command : commands) {
    write("r.json", result_of(1));
    const Ended plain = run_program(command);
    write("r.json", result::gzipped(result_of(1)));
    const Ended packed = run_program(command);
    EXPECT_EQ(packed.exit_code, plain.exit_code) << command[0] << packed.err;
    EXPECT_EQ(packed.out, plain.out) << command[0];
    EXPECT_NE(packed.out, "") << command[0];
  }
  write("packed.json.gz", result::gzipped(result_of(1)));
  const Ended report = run_program({"report", path("packed.json.gz"), "--baseline", other});
  EXPECT_EQ(report.exit_code, 0) << report.err;
  EXPECT_TRUE(std::filesystem::exists(path("packed.html")));
}

TEST_F(HistoryTest, ACompressedResultThatIsDamagedIsRefused) {
  const std::string packed = result::gzipped(result_of(1));
  write("torn.json.gz", packed.substr(0, packed.size() - 3));
  expect_refusal(run_program({"show", path("torn.json.gz")}), 2, "ends early");
  write("longer.json.gz", packed + "more");
  expect_refusal(run_program({"show", path("longer.json.gz")}), 2, "4 bytes follow the end");
  std::string damaged = packed;
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x55);
  write("damaged.json.gz", damaged);
  expect_refusal(run_program({"show", path("damaged.json.gz")}), 2, "copy the file again");
}

}  // namespace
}  // namespace asyncbench::test
