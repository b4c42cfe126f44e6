#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "golden.hpp"
#include "report/escape.hpp"
#include "report/report_csv.hpp"
#include "report/report_markdown.hpp"
#include "small_result.hpp"

namespace asyncbench::report {
namespace {

using result::Cell;
using result::Result;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// So many points of comparison, each with two strategies.
Result large_result(int points) {
  const Result small = small_result();
  Result result = small;
  result.cells.clear();
  for (int i = 0; i < points; ++i) {
    for (Cell cell : {small.cells[0], small.cells[1]}) {
      cell.parameters = {{"connections", std::int64_t{i}}};
      cell.id = result::cell_id(cell.workload, cell.strategy, cell.parameters);
      result.cells.push_back(std::move(cell));
    }
  }
  return result;
}

TEST(Markdown, LooksLikeTheGoldenFile) { expect_golden("report.md", markdown(small_result())); }

TEST(Markdown, KeepsForeignNamesText) {
  const std::string text = markdown(hostile_result());
  EXPECT_THAT(text, Not(HasSubstr("<img")));
  EXPECT_THAT(text, Not(HasSubstr("`x`")));
  EXPECT_THAT(text, Not(HasSubstr("@all")));
  EXPECT_THAT(text, Not(HasSubstr("#1 ")));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  // Every row has as many columns as its head.
  std::istringstream lines(text);
  std::ptrdiff_t columns = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('|')) {
      columns = 0;
      continue;
    }
    const auto bars = std::ranges::count(line, '|');
    if (columns == 0) columns = bars;
    EXPECT_EQ(bars, columns) << line;
  }
}

TEST(Markdown, CutsDetailsFirstAndSaysWhat) {
  const Result result = large_result(100);
  const std::string whole = markdown(result, {.bytes_max = kStepSummaryMax});
  EXPECT_THAT(whole, Not(HasSubstr("Cut to fit")));
  const std::string cut = markdown(result, {.bytes_max = whole.size() / 2});
  EXPECT_LE(cut.size(), whole.size() / 2);
  EXPECT_THAT(cut, HasSubstr(" of 100 tables of figures.\n"));
  EXPECT_THAT(cut, Not(HasSubstr("sentences")));
  const std::string little = markdown(result, {.bytes_max = 4096});
  EXPECT_LE(little.size(), 4096U);
  EXPECT_THAT(little, HasSubstr(" of 100 sentences, 100 of 100 tables of figures"));
}

TEST(Markdown, StaysInTheLimitWithAnythingForeign) {
  Result result = hostile_result();
  result.plan.suite = std::string(100'000, '@');
  result.cells[0].strategy = std::string(100'000, '|');
  EXPECT_LE(markdown(result, {.bytes_max = 4096}).size(), 4096U);
}

TEST(Markdown, OfAnEmptyResultSaysSo) {
  EXPECT_THAT(markdown(Result{}), HasSubstr("The result has no cell."));
}

// The records of a file, their fields unquoted.
std::vector<std::vector<std::string>> read_csv(const std::string& text) {
  std::vector<std::vector<std::string>> records = {{""}};
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string& field = records.back().back();
    if (is_quoted) {
      if (text[i] != '"') {
        field += text[i];
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        field += text[++i];
      } else {
        is_quoted = false;
      }
    } else if (text[i] == '"') {
      is_quoted = true;
    } else if (text[i] == ',') {
      records.back().emplace_back();
    } else if (text.compare(i, 2, "\r\n") == 0) {
      ++i;
      if (i + 1 < text.size()) records.push_back({""});
    } else {
      field += text[i];
    }
  }
  return records;
}

TEST(Csv, LooksLikeTheGoldenFile) { expect_golden("report.csv", csv(small_result())); }

TEST(Csv, HasARowACellAndEqualColumns) {
  for (const Result& result : {small_result(), hostile_result(), large_result(50)}) {
    const auto records = read_csv(csv(result));
    EXPECT_EQ(records.size(), result.cells.size() + 1);
    for (const auto& record : records) EXPECT_EQ(record.size(), records[0].size());
  }
  EXPECT_EQ(read_csv(csv(Result{})).size(), 1U);
}

TEST(Csv, GuardsAgainstFormulas) {
  for (const char* formula : {"=1+1", "+1", "-1", "@SUM(1)"}) {
    Result result = small_result();
    result.cells[0].strategy = formula;
    EXPECT_EQ(read_csv(csv(result)).at(1).at(2), "'" + std::string(formula));
  }
}

TEST(Csv, LeavesEmptyWhatIsMissing) {
  const auto records = read_csv(csv(small_result()));
  const auto column = std::ranges::find(records[0], "throughput_per_s") - records[0].begin();
  EXPECT_EQ(records[1][static_cast<std::size_t>(column)], "1301");
  EXPECT_EQ(records[5][static_cast<std::size_t>(column)], "");
}

TEST(MarkdownText, KeepsIntervalsAndBreaksLinks) {
  EXPECT_EQ(markdown_text("1.31 [1.27, 1.35]"), "1.31 [1.27, 1.35]");
  EXPECT_EQ(markdown_text("[a](b) [c][d]"), "[a&#93;(b) [c&#93;[d]");
  EXPECT_EQ(markdown_text("curl_multi _x_"), "curl_multi &#95;x&#95;");
}

TEST(PercentEncoded, KeepsDifferentTextsDifferent) {
  EXPECT_EQ(percent_encoded("a b/c%20\n\xC2\xB5", "/"), "a%20b%2Fc%2520%0A%C2%B5");
}

TEST(XmlText, HasNoCharacterThatXmlForbids) {
  EXPECT_EQ(xml_text("<a b=\"c\">&\x01\xEF\xBF\xBF"), "&lt;a b=&quot;c&quot;&gt;&amp;??");
}

}  // namespace
}  // namespace asyncbench::report
