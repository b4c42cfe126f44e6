#include "workloads/scrape_store.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_ops.hpp"
#include "tests/scratch_folder.hpp"

namespace asyncbench::workloads {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class ScrapeStore : public testing::Test {
 protected:
  // Performs the operations: the file system itself, unless a test replaces it.
  using Perform = std::function<Completion(const Op&)>;

  void receive(std::string_view text) {
    buffer_.begin(page_.is_watched());
    // In parts, as from a stream.
    for (std::size_t at = 0; at < text.size(); at += 7) {
      buffer_.body(std::as_bytes(std::span(text.substr(at, 7))));
    }
  }

  Outcome store(std::string_view text, const Perform& perform = perform_file_op) {
    receive(text);
    kinds_.clear();
    open_flags_.clear();
    std::optional<Op> next = writer_.begin(page_, buffer_);
    while (next) {
      kinds_.push_back(kind_of(*next));
      if (const auto* open = std::get_if<op::Open>(&*next)) open_flags_.push_back(open->flags);
      next = writer_.resume(perform(*next));
    }
    return writer_.outcome();
  }

  std::string content() const {
    std::ifstream file(page_.path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  test::ScratchFolder folder_;
  std::vector<std::byte> memory_ = std::vector<std::byte>(4096);
  PageBuffer buffer_{memory_};
  PageWriter writer_;
  StoredPage page_{(folder_.path() / "page-0").string(), true};
  std::vector<OpKind> kinds_;
  std::vector<int> open_flags_;
};

const std::string kPage(1000, 'a');

TEST_F(ScrapeStore, PutsAPageIntoItsFile) {
  EXPECT_EQ(store("a page of some length"), Outcome::ok);
  EXPECT_EQ(content(), "a page of some length");
  EXPECT_EQ(page_.check(), "");
}

TEST_F(ScrapeStore, MakesAFileOnlyWhereThereIsNone) {
  constexpr int kMakes = O_WRONLY | O_CREAT;
  store(kPage);
  EXPECT_THAT(open_flags_, testing::ElementsAre(kMakes));
  store(kPage);
  EXPECT_THAT(open_flags_, testing::ElementsAre(O_WRONLY));
  std::filesystem::remove(page_.path());
  EXPECT_EQ(store(kPage), Outcome::ok);
  EXPECT_THAT(open_flags_, testing::ElementsAre(O_WRONLY, kMakes));
  EXPECT_EQ(page_.check(), "");
}

TEST_F(ScrapeStore, StoresAPageWithoutABodyAsAnEmptyFile) {
  EXPECT_EQ(store(""), Outcome::ok);
  EXPECT_THAT(kinds_, testing::ElementsAre(OpKind::open, OpKind::close_file));
  EXPECT_TRUE(std::filesystem::exists(page_.path()));
  EXPECT_EQ(page_.check(), "");
}

TEST_F(ScrapeStore, WritesOnWhereAShortWriteEnded) {
  const auto at_most_300 = [](const Op& op) {
    Op less = op;
    if (auto* write = std::get_if<op::Write>(&less)) {
      write->bytes = write->bytes.first(std::min<std::size_t>(write->bytes.size(), 300));
    }
    return perform_file_op(less);
  };
  std::string page;
  for (int i = 0; i < 200; ++i) page += std::to_string(i) + ' ';
  EXPECT_EQ(store(page, at_most_300), Outcome::ok);
  EXPECT_EQ(content(), page);
  EXPECT_EQ(page_.check(), "");
}

TEST_F(ScrapeStore, CutsAFileOnlyForAShorterPage) {
  std::vector<int> flags;
  const auto noting_flags = [&](const Op& op) {
    if (const auto* open = std::get_if<op::Open>(&op)) flags.push_back(open->flags & O_TRUNC);
    return perform_file_op(op);
  };
  store(kPage, noting_flags);
  store(std::string(1000, 'b'), noting_flags);
  store("short", noting_flags);
  EXPECT_THAT(flags, testing::ElementsAre(0, 0, O_TRUNC));
  EXPECT_EQ(content(), "short");
  EXPECT_EQ(page_.check(), "");
}

TEST_F(ScrapeStore, ReportsWhateverTheFileSystemRefusesAndClosesTheFile) {
  const auto full = [](const Op& op) {
    return kind_of(op) == OpKind::write ? failed(ENOSPC) : perform_file_op(op);
  };
  EXPECT_EQ(store(kPage, full), Outcome::local_resource);
  EXPECT_EQ(kinds_.back(), OpKind::close_file);
  const auto forbidden = [](const Op&) { return failed(EACCES); };
  EXPECT_EQ(store(kPage, forbidden), Outcome::local_resource);
  EXPECT_THAT(kinds_, testing::ElementsAre(OpKind::open));
}

TEST_F(ScrapeStore, ReportsAStopAsCancelledAndClosesTheFile) {
  const auto stopped = [](const Op& op) {
    return kind_of(op) == OpKind::write ? failed(std::errc::operation_canceled)
                                        : perform_file_op(op);
  };
  EXPECT_EQ(store(kPage, stopped), Outcome::cancelled);
  EXPECT_EQ(kinds_.back(), OpKind::close_file);
}

TEST_F(ScrapeStore, EndsWhenAWriteMovesNothing) {
  const auto nothing = [](const Op& op) {
    return kind_of(op) == OpKind::write ? Completion{} : perform_file_op(op);
  };
  EXPECT_EQ(store(kPage, nothing), Outcome::local_resource);
}

// ---- What is read back

TEST_F(ScrapeStore, FindsOneWrongByte) {
  store(kPage);
  std::fstream(page_.path(), std::ios::in | std::ios::out).seekp(777).put('b');
  EXPECT_THAT(page_.check(), HasSubstr("other bytes"));
}

TEST_F(ScrapeStore, FindsWritesThatWereReportedAndNotMade) {
  store(kPage);
  const auto pretending = [](const Op& op) {
    const auto* write = std::get_if<op::Write>(&op);
    return write != nullptr ? Completion{.size = write->bytes.size()} : perform_file_op(op);
  };
  store(std::string(1000, 'b'), pretending);
  EXPECT_THAT(page_.check(), HasSubstr("other bytes"));
}

TEST_F(ScrapeStore, FindsAWrongLengthAndAMissingFile) {
  page_ = StoredPage(page_.path(), false);  // its content is not watched
  store(kPage);
  EXPECT_THAT(page_.check(), IsEmpty());
  std::filesystem::resize_file(page_.path(), 999);
  EXPECT_THAT(page_.check(), HasSubstr("holds 999 bytes of 1000"));
  std::filesystem::remove(page_.path());
  EXPECT_THAT(page_.check(), HasSubstr("No such file"));
}

TEST_F(ScrapeStore, KnowsNothingOfAFileWhoseLastWriteFailed) {
  store(kPage);
  const auto full = [](const Op& op) {
    return kind_of(op) == OpKind::write ? failed(ENOSPC) : perform_file_op(op);
  };
  store("short", full);
  EXPECT_EQ(page_.check(), "");
  // The next write cuts the file, because it may be longer than the write that failed.
  store("five5");
  EXPECT_EQ(content(), "five5");
}

}  // namespace
}  // namespace asyncbench::workloads
