#include "result/journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdio>
#include <optional>

#include "example.hpp"
#include "temporary_folder.hpp"

namespace asyncbench::result {
namespace {

using testing::HasSubstr;

class JournalTest : public testing::Test {
 protected:
  // A journal with the header and `trials` trials of the first cell.
  void write(std::size_t trials) {
    Journal journal = Journal::create(path_, header_, "the plan");
    for (std::size_t i = 0; i < trials; ++i) journal.append(header_.cells[0].id, trial(i));
  }

  Trial trial(std::size_t block) const {
    Trial trial = header_.cells[0].trials[0];
    trial.block = static_cast<std::int64_t>(block);
    return trial;
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.file("r.json.journal");
  const Result header_ = example_result();
};

TEST_F(JournalTest, GivesBackHeaderPlanAndTrials) {
  write(3);
  const JournalContents contents = read_journal(path_);
  EXPECT_EQ(contents.plan, "the plan");
  EXPECT_EQ(contents.records, 3U);
  EXPECT_EQ(contents.torn_bytes, 0U);
  EXPECT_FALSE(contents.ended);
  EXPECT_EQ(contents.result.run, header_.run);
  ASSERT_EQ(contents.result.cells.at(0).trials.size(), 3U);
  EXPECT_EQ(contents.result.cells.at(0).trials[2].block, 2);
  EXPECT_EQ(contents.result.cells.at(0).trials[2].service_time,
            header_.cells[0].trials[0].service_time);
}

TEST_F(JournalTest, HoldsTrialsOfCellsThatThePlanGainedLater) {
  Result grown = header_;
  grown.plan.trials = 20;
  grown.cells.push_back(grown.cells[0]);
  grown.cells.back().id = "fetch/strategy:later";
  {
    Journal journal = Journal::create(path_, header_, "");
    journal.append(header_.cells[0].id, trial(0));
    journal.grow(grown);
    journal.append("fetch/strategy:later", trial(1));
  }
  const JournalContents contents = read_journal(path_);
  EXPECT_EQ(contents.records, 2U);
  EXPECT_EQ(contents.order,
            (std::vector{header_.cells[0].id, std::string("fetch/strategy:later")}));
  EXPECT_EQ(contents.result.plan.trials, 20);
  EXPECT_EQ(contents.result.cells.at(0).trials.size(), 1U);
  ASSERT_NE(contents.result.find_cell("fetch/strategy:later"), nullptr);
  EXPECT_EQ(contents.result.find_cell("fetch/strategy:later")->trials.at(0).block, 1);
}

TEST_F(JournalTest, KnowsItsEnd) {
  Journal::create(path_, header_, "").end();
  EXPECT_TRUE(read_journal(path_).ended);
}

TEST_F(JournalTest, DropsATornTailWhereverItWasCut) {
  write(2);
  const std::string whole = content_of(path_);
  const std::size_t second = whole.find('\n', whole.find('\n') + 1) + 1;
  for (const std::size_t size :
       {second + 1, second + 5, second + 9, second + 100, whole.size() - 1}) {
    put_content(path_, whole.substr(0, size));
    const JournalContents contents = read_journal(path_);
    EXPECT_EQ(contents.records, 1U);
    EXPECT_EQ(contents.torn_bytes, size - second);
    EXPECT_EQ(contents.whole_bytes, second);
  }
}

TEST_F(JournalTest, DropsALastLineThatLostItsContent) {
  write(2);
  std::string text = content_of(path_);
  text[text.size() - 20] = '\0';
  put_content(path_, text);
  EXPECT_EQ(read_journal(path_).records, 1U);
}

TEST_F(JournalTest, GoesOnAfterATornTail) {
  write(2);
  const std::string whole = content_of(path_);
  put_content(path_, whole.substr(0, whole.size() - 7));
  JournalContents contents;
  {
    Journal journal = Journal::resume(path_, contents);
    EXPECT_GT(contents.torn_bytes, 0U);
    EXPECT_EQ(journal.records(), 1U);
    journal.append(header_.cells[0].id, trial(1));
    journal.end();
  }
  EXPECT_EQ(read_journal(path_).records, 2U);
  EXPECT_TRUE(read_journal(path_).ended);
}

TEST_F(JournalTest, RefusesACorruptMiddleWithItsPlace) {
  write(3);
  std::string text = content_of(path_);
  const std::size_t second = text.find('\n') + 1;
  text[second + 50] ^= 1;
  put_content(path_, text);
  try {
    read_journal(path_);
    FAIL() << "accepted";
  } catch (const FormatError& error) {
    EXPECT_EQ(error.offset(), second);
    EXPECT_THAT(error.what(), HasSubstr("line 2"));
  }
}

TEST_F(JournalTest, RefusesAFileWithoutHeader) {
  put_content(path_, "");
  EXPECT_THROW(read_journal(path_), FormatError);
  put_content(path_, "{\"not\": \"a journal\"}\n");
  EXPECT_THROW(read_journal(path_), FormatError);
}

// Each with the checksum that fits it: nothing but its content is wrong.
TEST_F(JournalTest, RefusesRecordsThatAreNone) {
  const auto line_of = [](const std::string& json) {
    const auto sum = static_cast<unsigned>(
        ::crc32(0, reinterpret_cast<const Bytef*>(json.data()), static_cast<uInt>(json.size())));
    char digits[16];
    std::snprintf(digits, sizeof digits, "%08x ", sum);
    return digits + json + "\n";
  };
  write(1);
  const std::string before = content_of(path_);
  for (const std::string record :
       {"3", "null", "[]", "\"trial\"", "{}", R"({"record": 3})", R"({"record": null})",
        R"({"record": ["trial"]})", R"({"record": "trial", "cell": 3, "trial": {}})",
        R"({"record": "trial", "cell": {}, "trial": 3})", R"({"record": "header", "plan": 3})",
        R"({"record": "growth", "result": 3})", R"({"record": "growth", "result": null})",
        R"({"record": "dance"})"}) {
    put_content(path_, before + line_of(record));
    EXPECT_THROW(read_journal(path_), FormatError) << record;
    put_content(path_, line_of(record));
    EXPECT_THROW(read_journal(path_), FormatError) << record << ", first";
  }
}

TEST_F(JournalTest, DoesNotOverwriteAnother) {
  write(1);
  try {
    Journal::create(path_, header_, "");
    FAIL() << "created";
  } catch (const StoreError& error) {
    EXPECT_THAT(error.what(), HasSubstr("--resume"));
  }
  EXPECT_EQ(read_journal(path_).records, 1U);
}

TEST_F(JournalTest, IsWrittenByOneRunAtATime) {
  const Journal journal = Journal::create(path_, header_, "");
  JournalContents contents;
  try {
    Journal::resume(path_, contents);
    FAIL() << "shared";
  } catch (const StoreError& error) {
    EXPECT_THAT(error.what(), HasSubstr("another run is writing it"));
  }
}

TEST_F(JournalTest, KeepsWhatWasAppendedBeforeAKill) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    Journal journal = Journal::create(path_, header_, "");
    journal.append(header_.cells[0].id, trial(0));
    ::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  JournalContents contents;
  Journal::resume(path_, contents);
  EXPECT_EQ(contents.records, 1U);
}

// A file size limit refuses a write as a full disk does: part of it arrives, then an error.
TEST_F(JournalTest, SaysHowManyTrialsAreSafeWhenTheDiskIsFull) {
  Journal journal = Journal::create(path_, header_, "");
  journal.append(header_.cells[0].id, trial(0));
  const std::size_t size = content_of(path_).size();
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit tight = before;
  tight.rlim_cur = size + 100;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  std::optional<StoreError> refused;
  try {
    journal.append(header_.cells[0].id, trial(1));
  } catch (const StoreError& error) {
    refused = error;
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_TRUE(refused);
  EXPECT_THAT(refused->what(), HasSubstr("EFBIG"));
  EXPECT_THAT(refused->what(), HasSubstr("1 trials are safe"));
  EXPECT_THROW(journal.append(header_.cells[0].id, trial(1)), StoreError);
  EXPECT_EQ(read_journal(path_).records, 1U);
  EXPECT_EQ(read_journal(path_).torn_bytes, 0U);
}

}  // namespace
}  // namespace asyncbench::result
