#include "report/export.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "golden.hpp"
#include "measure/histogram.hpp"
#include "result/json.hpp"
#include "small_result.hpp"

namespace asyncbench::report {
namespace {

using result::Cell;
using result::Result;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using Json = nlohmann::ordered_json;

constexpr const char* kUring = "fetch/strategy:uring/connections:64";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

struct Format {
  const char* name;
  std::string (*text)(const Result&);
};

// Every format, with the name of its golden file.
const std::vector<Format> kFormats = {
    {"google_benchmark.json", [](const Result& r) { return google_benchmark(r).text; }},
    {"github_bigger.json",
     [](const Result& r) { return github_action_benchmark(r, Direction::bigger_is_better).text; }},
    {"github_smaller.json",
     [](const Result& r) { return github_action_benchmark(r, Direction::smaller_is_better).text; }},
    {"bencher.json", [](const Result& r) { return bencher(r).text; }},
    {"benchstat.txt", [](const Result& r) { return benchstat(r).text; }},
    {"openmetrics.txt", [](const Result& r) { return openmetrics(r).text; }},
    {"junit.xml", [](const Result& r) { return junit(r).text; }},
    {"uring.hgrm", [](const Result& r) { return hgrm(r.cells.at(0)).text; }},
    {"small.hlog", [](const Result& r) { return hlog(r).text; }},
};

// The tests of the program's command line, and those with the formats' consumers, read this file.
// It need not be of the newest schema.
TEST(Export, OfTheStoredResultIsThatOfTheExample) {
  const std::string path = std::string(GOLDEN_FOLDER) + "/export/result.json";
  if (std::getenv("UPDATE_GOLDEN")) std::ofstream(path) << result::serialize(small_result());
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  Result stored = result::parse(text.str()).result;
  analyze::summarize(stored);
  for (const Format& format : kFormats) {
    EXPECT_EQ(format.text(stored), format.text(small_result())) << format.name;
  }
}

TEST(Export, LooksLikeTheGoldenFiles) {
  for (const Format& format : kFormats) {
    expect_golden(std::string("export/") + format.name, format.text(small_result()));
  }
}

TEST(Export, OfAnEmptyResultIsWellFormed) {
  const Result empty;
  EXPECT_THAT(Json::parse(google_benchmark(empty).text).at("benchmarks"), IsEmpty());
  EXPECT_THAT(Json::parse(bencher(empty).text), IsEmpty());
  EXPECT_THAT(openmetrics(empty).text, testing::EndsWith("# EOF\n"));
  EXPECT_THAT(junit(empty).text, HasSubstr("tests=\"0\""));
  EXPECT_THAT(hlog(empty).text, HasSubstr("\"StartTimestamp\""));
}

TEST(Export, SaysWhichCellsItLeavesOut) {
  for (const auto& lines :
       {google_benchmark(small_result()).left_out, bencher(small_result()).left_out,
        benchstat(small_result()).left_out, hlog(small_result()).left_out}) {
    EXPECT_THAT(lines,
                ElementsAre(StartsWith("serve/strategy:curl_multi/connections:64: unsupported: "),
                            StartsWith("serve/strategy:asio/connections:64: failed: ")));
  }
}

TEST(Export, NeverTakesAnInvalidTrial) {
  // Its throughput is 8999/s, its only latency 1 us.
  for (const Format& format : kFormats) {
    EXPECT_THAT(format.text(small_result()), Not(HasSubstr("8999"))) << format.name;
  }
  Result result = small_result();
  for (result::Trial& trial : result.cells[0].trials) trial.valid = false;
  analyze::summarize(result);
  EXPECT_THAT(google_benchmark(result).left_out,
              Contains(StartsWith(std::string(kUring) + ": no valid trial")));
  EXPECT_THAT(bencher(result).text, Not(HasSubstr(kUring)));
}

TEST(Export, LeavesOutWhatIsMissingOrNotFinite) {
  Result result = small_result();
  result.cells.resize(1);
  Cell& cell = result.cells[0];
  result::Estimates& figures = cell.summary->figures;
  figures.erase("memory_peak_bytes");
  figures.at("error_share").median = std::numeric_limits<double>::quiet_NaN();
  figures.at("syscalls_per_request").high = std::numeric_limits<double>::infinity();
  for (result::Trial& trial : cell.trials) {
    trial.subject.context_switches_voluntary.reset();
    trial.figures["read_bytes_per_s"] = std::numeric_limits<double>::infinity();
  }
  const Json measures = Json::parse(bencher(result).text).at(kUring);
  for (const char* name : {"memory-peak-bytes", "error-share", "syscalls-per-request"}) {
    EXPECT_FALSE(measures.contains(name)) << name;
  }
  for (const Format& format : kFormats) {
    const std::string text = format.text(result);
    EXPECT_THAT(text, Not(testing::ContainsRegex("[^a-z](nan|inf|null)[^a-z]"))) << format.name;
  }
  EXPECT_THAT(benchstat(result).text, Not(HasSubstr("context-switches")));
}

TEST(GoogleBenchmark, HasAnEntryATrialAndAggregates) {
  const Json document = Json::parse(google_benchmark(small_result()).text);
  std::vector<Json> trials;
  std::vector<std::string> aggregates;
  for (const Json& entry : document.at("benchmarks")) {
    if (entry.at("run_name") != kUring) continue;
    if (entry.at("run_type") == "iteration") {
      trials.push_back(entry);
    } else {
      aggregates.push_back(entry.at("aggregate_name"));
    }
  }
  ASSERT_EQ(trials.size(), 3U);
  EXPECT_THAT(aggregates, ElementsAre("mean", "median", "stddev", "cv"));
  EXPECT_EQ(trials[0].at("name"), kUring);
  EXPECT_EQ(trials[0].at("iterations"), 1300);
  EXPECT_DOUBLE_EQ(trials[0].at("real_time"), 1e9 / 1299);
  EXPECT_DOUBLE_EQ(trials[0].at("cpu_time"), 4000);
  EXPECT_DOUBLE_EQ(trials[0].at("throughput_per_s"), 1299);
}

TEST(GoogleBenchmark, TakesTheResponseTimeInOpenLoopAndSaysWhatIsABound) {
  const Json document = Json::parse(google_benchmark(small_result()).text);
  const auto open = std::ranges::find_if(document.at("benchmarks"), [](const Json& entry) {
    return entry.at("name").get<std::string>().starts_with("serve/");
  });
  EXPECT_EQ(open->at("real_time"), open->at("response_time_p99_ns"));
  EXPECT_THAT(open->at("label").get<std::string>(), HasSubstr("response_time_p99_ns"));
}

TEST(GoogleBenchmark, LeavesOutTrialsWithoutACpuTime) {
  Result result = small_result();
  result.cells.resize(2);
  result.cells[0].trials[1].subject.cpu_user_ns.reset();
  const Exported exported = google_benchmark(result);
  EXPECT_THAT(exported.left_out, Contains(HasSubstr("1 trial without a wall or a CPU time")));
  const Json document = Json::parse(exported.text);
  for (const Json& entry : document.at("benchmarks")) {
    if (entry.at("run_type") == "iteration") {
      EXPECT_GT(entry.at("cpu_time").get<double>(), 0);
    }
    EXPECT_EQ(entry.at("repetitions"), entry.at("run_name") == kUring ? 2 : 3);
  }
}

TEST(GithubActionBenchmark, TakesEachFigureInOneDirection) {
  const Exported bigger = github_action_benchmark(small_result(), Direction::bigger_is_better);
  const Exported smaller = github_action_benchmark(small_result(), Direction::smaller_is_better);
  const auto names = [](const Exported& exported) {
    std::vector<std::string> all;
    for (const Json& entry : Json::parse(exported.text)) all.push_back(entry.at("name"));
    return all;
  };
  EXPECT_THAT(names(bigger), ElementsAre(std::string(kUring) + " throughput_per_s",
                                         std::string(kUring) + " read_bytes_per_s",
                                         "fetch/strategy:asio/connections:64 throughput_per_s",
                                         testing::EndsWith("arrivals:constant:1000 "
                                                           "throughput_per_s")));
  EXPECT_THAT(names(smaller), Contains(std::string(kUring) + " cpu_per_request_ns"));
  EXPECT_THAT(names(smaller), Not(Contains(HasSubstr("throughput"))));
  EXPECT_THAT(bigger.left_out, Contains(StartsWith("figure disk_read_share: ")));
  EXPECT_THAT(smaller.text, HasSubstr("at least: the true value may be higher"));
}

TEST(Bencher, HasNoLongerNamesThanBencherTakes) {
  Result result = small_result();
  result.cells[0].id = std::string(1025, 'x');
  result.cells[1].summary->figures[std::string(65, 'y')] = {.median = 1};
  const Exported exported = bencher(result);
  EXPECT_THAT(exported.left_out, Contains(HasSubstr("at most 1024 characters")));
  EXPECT_THAT(exported.left_out, Contains(HasSubstr("at most 64 characters")));
  EXPECT_EQ(Json::parse(exported.text).size(), 2U);
}

TEST(Benchstat, HasLinesThatBenchfmtReads) {
  for (const Result& result : {small_result(), hostile_result()}) {
    std::size_t trials = 0;
    for (const std::string& line : lines_of(benchstat(result).text)) {
      if (!line.starts_with("Benchmark")) {
        EXPECT_TRUE(line.starts_with("# ") || line.starts_with("Unit ") ||
                    line.starts_with("cpu: ") || line.starts_with("kernel: "))
            << line;
        continue;
      }
      ++trials;
      std::istringstream fields(line);
      std::string name;
      std::uint64_t iterations = 0;
      fields >> name >> iterations;
      EXPECT_GT(iterations, 0U) << line;
      double value = 0;
      std::string unit;
      std::size_t pairs = 0;
      while (fields >> value >> unit) ++pairs;
      EXPECT_TRUE(fields.eof()) << line;
      EXPECT_GE(pairs, 5U) << line;
      EXPECT_TRUE(std::ranges::all_of(line, [](char c) { return c >= ' ' && c < 0x7F; })) << line;
    }
    EXPECT_EQ(trials, 8U);
  }
}

TEST(Benchstat, KeepsANumberAtTheEndFromBecomingGomaxprocs) {
  Result result = small_result();
  result.cells[0].parameters = {{"delay", "exp-4"}};
  EXPECT_THAT(benchstat(result).text, HasSubstr("/delay=exp%2D4 "));
}

TEST(Openmetrics, HasFamiliesInOnePieceWithUnitAtTheEndOfTheName) {
  for (const Result& result : {small_result(), hostile_result()}) {
    std::vector<std::string> families;
    for (const std::string& line : lines_of(openmetrics(result).text)) {
      if (line.starts_with("# TYPE ")) {
        const std::string name = line.substr(7, line.find(' ', 7) - 7);
        EXPECT_THAT(families, Not(Contains(name)));
        families.push_back(name);
      } else if (line.starts_with("# UNIT ")) {
        const std::string unit = line.substr(line.rfind(' ') + 1);
        EXPECT_THAT(families.back(), testing::EndsWith("_" + unit));
      } else if (!line.starts_with("# ")) {
        EXPECT_THAT(line, StartsWith(families.back() + "{"));
      }
    }
  }
}

TEST(Openmetrics, EscapesLabelValues) {
  const std::string text = openmetrics(hostile_result()).text;
  EXPECT_THAT(text, HasSubstr("strategy=\"asio=1+1,\\\"<img src=x>|`x`\\n"));
  EXPECT_THAT(text, HasSubstr("&\\\\\""));
}

TEST(Junit, HasACaseACell) {
  const std::string xml = junit(small_result()).text;
  EXPECT_THAT(xml, HasSubstr("tests=\"5\" failures=\"1\" errors=\"0\" skipped=\"1\""));
  EXPECT_THAT(xml, HasSubstr("<system-out>block 3, invalid trial: invariant A"));
  EXPECT_THAT(junit(hostile_result()).text, Not(HasSubstr("<img")));
}

TEST(Hgrm, CountsWhatIsOutsideTheRangeAtItsEnds) {
  Cell cell = small_result().cells[1];
  measure::Histogram odd;
  odd.record(0, 3);
  odd.record(100'000, 5);
  odd.record(70'000'000'000, 2);
  cell.trials.resize(1);
  cell.trials[0].service_time = result::latency_of(odd);
  const std::string text = hgrm(cell).text;
  EXPECT_THAT(text, HasSubstr("       0.000 0.000000000000          3           1.00\n"));
  EXPECT_THAT(text, HasSubstr("1.000000000000         10\n"));
  EXPECT_THAT(text, HasSubstr("2 values above 60 s: counted as 60 s"));
}

// The levels come nearer to 100 than a double can tell.
TEST(Hgrm, EndsWhateverTheCounts) {
  for (const std::uint64_t times : {std::uint64_t{1}, std::uint64_t{1} << 40U,
                                    std::uint64_t{1} << 52U, (std::uint64_t{1} << 53U) - 2}) {
    measure::Histogram latencies;
    latencies.record(1000, times);
    latencies.record(5'000'000);
    latencies.record(9'000'000);
    Cell cell = small_result().cells.at(0);
    cell.trials.resize(1);
    cell.trials[0].service_time = result::latency_of(latencies);
    const std::vector<std::string> lines = lines_of(hgrm(cell).text);
    EXPECT_LT(lines.size(), 1000U);
    EXPECT_GT(lines.size(), 5U);
  }
}

TEST(Hgrm, SaysWhyThereAreNoLatencies) {
  const Result result = small_result();
  EXPECT_EQ(hgrm(result.cells.at(3)).text, "");
  EXPECT_THAT(hgrm(result.cells.at(3)).left_out, ElementsAre(HasSubstr("unsupported")));
  Cell none = result.cells.at(0);
  for (result::Trial& trial : none.trials) trial.service_time.reset();
  EXPECT_THAT(hgrm(none).left_out, ElementsAre(HasSubstr("no latencies")));
}

TEST(Hlog, KeepsEveryCountAndItsOrderInTime) {
  const Result result = small_result();
  std::map<std::string, measure::Histogram> by_tag;
  double last = 0;
  for (const std::string& line : lines_of(hlog(result).text)) {
    if (!line.starts_with("Tag=")) continue;
    std::istringstream fields(line.substr(4));
    std::string tag;
    std::string start;
    std::string skipped;
    std::string payload;
    std::getline(fields, tag, ',');
    std::getline(fields, start, ',');
    std::getline(fields, skipped, ',');
    std::getline(fields, skipped, ',');
    std::getline(fields, payload, ',');
    EXPECT_GE(std::stod(start), last);
    last = std::stod(start);
    by_tag[tag].merge(measure::Histogram::decode(payload));
  }
  EXPECT_EQ(by_tag.size(), 3U);
  measure::Histogram all;
  for (const result::Trial& trial : result.cells[0].trials) {
    if (trial.valid && trial.kind == result::TrialKind::timed) {
      all.merge(result::histogram_of(*trial.service_time));
    }
  }
  EXPECT_EQ(by_tag[kUring], all);
}

TEST(Hlog, HasTagsWithoutDelimiters) {
  for (const std::string& line : lines_of(hlog(hostile_result()).text)) {
    if (!line.starts_with("Tag=")) continue;
    EXPECT_EQ(std::ranges::count(line, ','), 4) << line;
    EXPECT_THAT(line, Not(HasSubstr(" ")));
  }
}

}  // namespace
}  // namespace asyncbench::report
