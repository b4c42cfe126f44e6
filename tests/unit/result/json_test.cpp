#include "result/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "example.hpp"
#include "result/from_recording.hpp"

namespace asyncbench::result {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, text.npos) << what;
  return text.replace(at, what.size(), with);
}

// The error of parsing `text`, which must not parse.
FormatError error_of(const std::string& text) {
  try {
    parse(text);
  } catch (const FormatError& error) {
    return error;
  }
  ADD_FAILURE() << "accepted: " << text.substr(0, 200);
  return {"", 0};
}

TEST(ResultJson, ReadsBackWhatItWrote) {
  const std::string text = serialize(example_result());
  const Parsed parsed = parse(text);
  EXPECT_THAT(parsed.ignored, IsEmpty());
  // Every field has a value of its own in the example, so equal texts mean equal fields.
  EXPECT_EQ(serialize(parsed.result), text);
  EXPECT_EQ(parsed.result.run, example_result().run);
  EXPECT_EQ(parsed.result.plan, example_result().plan);
  EXPECT_EQ(parsed.result.environment, example_result().environment);
  EXPECT_EQ(parsed.result.cells.at(0).parameters, example_result().cells.at(0).parameters);
  EXPECT_EQ(parsed.result.cells.at(0).trials.at(0).turns,
            example_result().cells.at(0).trials.at(0).turns);
}

TEST(ResultJson, HasTheNamesOfTheSkeleton) {
  const std::string text = serialize(example_result());
  EXPECT_THAT(text, HasSubstr(R"("id": "fetch/strategy:uring/connections:64/body_bytes:12)"));
  EXPECT_THAT(text, HasSubstr(R"("outcomes": {"ok":1000,"reset":2})"));
  EXPECT_THAT(text, HasSubstr(R"("reason": null)"));
  EXPECT_THAT(text, HasSubstr(R"("peer": null)"));
  EXPECT_THAT(text, HasSubstr(R"("kernel": "6.1")"));
}

TEST(ResultJson, KeepsHistogramsReadable) {
  const Parsed parsed = parse(serialize(example_result()));
  const auto& latency = parsed.result.cells.at(0).trials.at(0).service_time;
  ASSERT_TRUE(latency);
  EXPECT_EQ(histogram_of(*latency).count(), 1000U);
  EXPECT_EQ(histogram_of(*latency).value_at_percentile(50), latency->p50_ns);
}

TEST(ResultJson, NamesTheByteOfASyntaxError) {
  const FormatError error = error_of("{\"schema\": nan}");
  EXPECT_NEAR(static_cast<double>(error.offset()), 11, 1);
  EXPECT_THAT(error.what(), HasSubstr("byte 1"));
}

TEST(ResultJson, NamesTheFieldAndByteOfAWrongType) {
  const std::string text =
      replaced(serialize(example_result()), "\"window_ns\": 800000000", "\"window_ns\": \"long\"");
  const FormatError error = error_of(text);
  EXPECT_THAT(error.what(), HasSubstr("/plan/window_ns must be an integer"));
  const std::size_t field = text.find("\"window_ns\"");
  EXPECT_GE(error.offset(), field);
  EXPECT_LE(error.offset(), field + 30);
}

TEST(ResultJson, RefusesAFieldGivenTwice) {
  EXPECT_THAT(error_of(R"({"schema": 1, "schema": 2})").what(), HasSubstr("given twice"));
}

TEST(ResultJson, RefusesNumbersBeyondRange) {
  EXPECT_THAT(error_of("{\"schema\": 1e999}").what(), HasSubstr("not JSON"));
  const std::string text = serialize(example_result());
  EXPECT_THAT(error_of(replaced(text, "\"resumed\": 0", "\"resumed\": 1e3")).what(),
              HasSubstr("/run/resumed must be an integer"));
  EXPECT_THAT(error_of(replaced(text, "\"trials\": 6", "\"trials\": 9223372036854775808")).what(),
              HasSubstr("/plan/trials must be an integer from"));
  EXPECT_THAT(error_of(replaced(text, "\"seed\": 18446744073709551615", "\"seed\": -1")).what(),
              HasSubstr("/run/seed must be an integer from 0"));
}

// What no run can have measured, whatever stands in a file.
TEST(ResultJson, RefusesNumbersThatCannotBe) {
  const struct {
    const char* is;
    const char* wrong;
    const char* path;
  } rows[] = {
      {"\"throughput_per_s\": 1250.0", "\"throughput_per_s\": 1e308",
       "/cells/0/trials/0/throughput_per_s"},
      {"\"throughput_per_s\": 1250.0", "\"throughput_per_s\": -1",
       "/cells/0/trials/0/throughput_per_s"},
      {"\"offered_per_s\": 1300.5", "\"offered_per_s\": 1e16", "/cells/0/trials/0/offered_per_s"},
      {"\"cpu_user_ns\": 1", "\"cpu_user_ns\": -1", "/cells/0/trials/0/subject/cpu_user_ns"},
      {"\"cpu_system_ns\": 2", "\"cpu_system_ns\": 9000000000000000000",
       "/cells/0/trials/0/subject/cpu_system_ns"},
      {"\"canary_before_ns\": 100", "\"canary_before_ns\": -100",
       "/cells/0/trials/0/disturbance/canary_before_ns"},
      {"\"censored\": 64", "\"censored\": 18446744073709551615", "/cells/0/trials/0/censored"},
      {"\"reset\":2", "\"reset\":18446744073709551615", "/cells/0/trials/0/outcomes/reset"},
      {"\"grace_ns\": 2000000000", "\"grace_ns\": -1", "/plan/grace_ns"},
      {"\"low\":1200.0", "\"low\":1260", "/cells/0/summary/throughput_per_s must be an estimate"},
      {"\"high\":1300.0", "\"high\":1240", "/cells/0/summary/throughput_per_s must be an estimate"},
      {"\"low\":1200.0", "\"low\":-1", "/cells/0/summary/throughput_per_s/low"},
      {"\"high\":1300.0", "\"high\":1e308", "/cells/0/summary/throughput_per_s/high"},
  };
  const std::string text = serialize(example_result());
  for (const auto& row : rows) {
    EXPECT_THAT(error_of(replaced(text, row.is, row.wrong)).what(), HasSubstr(row.path))
        << row.wrong;
  }
  const auto with = [](auto change) {
    Result result = example_result();
    change(result.cells[0].trials[0]);
    return serialize(result);
  };
  for (const auto& [wrong, why] :
       {std::pair{with([](Trial& trial) { trial.window_ns = 0; }), "a trial that had a window"},
        std::pair{with([](Trial& trial) { trial.service_time->p99_ns = -1; }), "p99_ns"},
        std::pair{with([](Trial& trial) { trial.service_time->p99_ns = 1; }), "percentiles rise"},
        std::pair{with([](Trial& trial) { trial.service_time->mean_ns = -0.5; }), "mean_ns"},
        std::pair{with([](Trial& trial) { trial.figures["read_bytes_per_s"] = 1e308; }),
                  "read_bytes_per_s"}}) {
    EXPECT_THAT(error_of(wrong).what(), HasSubstr(why));
  }
}

TEST(ResultJson, RefusesABucketThatNoRecordingHas) {
  const std::string text = serialize(example_result());
  EXPECT_THAT(error_of(replaced(text, "[[3,7],[9,1]]", "[[3,7],[80,1]]")).what(),
              HasSubstr("coarse_slices/0 must be a list of buckets below 80"));
}

TEST(ResultJson, RefusesATimeSpanThatNeverEnds) {
  const std::string text = serialize(example_result());
  EXPECT_THAT(error_of(replaced(text, "[10,2,3,12,", "[10,9223372036854775807,3,12,")).what(),
              HasSubstr("turns/0 must be a time span with an end"));
  EXPECT_THAT(
      error_of(replaced(text, "[12,20,10,11,0]", "[12,20,10,9223372036854775807,0]")).what(),
      HasSubstr("absences/0 must be a time span with an end"));
}

TEST(ResultJson, RefusesDeepNesting) {
  const std::string deep(1'000'000, '[');
  const FormatError error = error_of(deep);
  EXPECT_THAT(error.what(), HasSubstr("nested deeper than 64"));
  EXPECT_LT(error.offset(), 100U);
}

TEST(ResultJson, RefusesTooManyFields) {
  std::string text = "{";
  for (int i = 0; i < 5000; ++i) text += '"' + std::to_string(i) + "\":0,";
  EXPECT_THAT(error_of(text + "\"end\":0}").what(), HasSubstr("more than 4096 fields"));
}

TEST(ResultJson, RefusesInvalidUtf8) {
  EXPECT_THAT(error_of("{\"schema\": \"\xff\"}").what(), HasSubstr("UTF-8"));
}

TEST(ResultJson, RefusesEmptyTruncatedAndTrailing) {
  const std::string text = serialize(example_result());
  error_of("");
  error_of(text.substr(0, text.size() / 2));
  error_of(text + "{}");
}

TEST(ResultJson, RefusesWhatIsNoResult) {
  EXPECT_THAT(error_of("[]").what(), HasSubstr("not a result"));
  EXPECT_THAT(error_of("{\"context\": {}}").what(), HasSubstr("not a result"));
}

TEST(ResultJson, RefusesANewerMajorVersion) {
  const std::string text = replaced(serialize(example_result()), "\"major\":1", "\"major\":2");
  EXPECT_THAT(error_of(text).what(), HasSubstr("made by a newer asyncbench"));
}

TEST(ResultJson, IgnoresAndListsFieldsOfANewerMinorVersion) {
  Result newer = example_result();
  newer.schema.minor = Schema{}.minor + 1;
  const std::string text =
      replaced(serialize(newer), "\"suite\": ", "\"colour\": {\"a\": 1}, \"suite\": ");
  EXPECT_THAT(parse(text).ignored, ElementsAre("/plan/colour"));
}

TEST(ResultJson, RefusesUnknownAndMissingFieldsOfItsOwnVersion) {
  const std::string text = serialize(example_result());
  EXPECT_THAT(error_of(replaced(text, "\"suite\": ", "\"colour\": 1, \"suite\": ")).what(),
              HasSubstr("/plan/colour is not a field"));
  EXPECT_THAT(error_of(replaced(text, "\"resumed\": 0,", "")).what(),
              HasSubstr("/run \"resumed\" is missing"));
}

TEST(ResultJson, ReplacesBytesThatAreNotUtf8WhenWriting) {
  Result result = example_result();
  result.cells[1].reason = "server said \xff";
  EXPECT_EQ(parse(serialize(result)).result.cells[1].reason, "server said \xEF\xBF\xBD");
}

TEST(ResultJson, DoesNotWriteAFigureThatIsNotFinite) {
  Result result = example_result();
  result.cells[0].trials[0].throughput_per_s = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(serialize(result), std::logic_error);
}

TEST(ResultJson, ReadsTheLettersThatInvariantsHadBeforeTheirNames) {
  std::string text = serialize(example_result());
  for (const auto& [name, letter] :
       {std::pair{"requests_balance", "A"}, {"littles_law", "G"}, {"same_outcomes", "I"}}) {
    text = replaced(text, name, letter);
  }
  const Trial trial = parse(text).result.cells.at(0).trials.at(0);
  EXPECT_EQ(trial.invariant(Invariant::requests_balance), true);
  EXPECT_EQ(trial.invariant(Invariant::littles_law), false);
  EXPECT_THAT(error_of(replaced(text, "both_ends_agree", "J")).what(), HasSubstr("/invariants/J"));
}

TEST(Result, SaysWhetherAnInvariantIsBroken) {
  Trial trial;
  EXPECT_FALSE(trial.broken());
  trial.invariant(Invariant::same_outcomes) = true;
  EXPECT_FALSE(trial.broken());
  trial.invariant(Invariant::requests_balance) = false;
  EXPECT_TRUE(trial.broken());
}

}  // namespace
}  // namespace asyncbench::result
