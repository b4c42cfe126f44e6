#include "core/file_pool.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <semaphore>
#include <string>

#include "core/fd.hpp"
#include "core/file_ops.hpp"

namespace asyncbench {
namespace {

// A pool whose loop is the test itself.
class FilePoolTest : public testing::Test {
 protected:
  ~FilePoolTest() override {
    ::close(file_);
    ::unlink(path_.data());
  }

  void take(std::size_t count) {
    while (count > 0) {
      woken_.acquire();
      pool_.take_ended([&](FileWork&) { --count; });
    }
  }

  std::array<char, 32> path_{"/tmp/asyncbench-pool-XXXXXX"};
  int file_ = ::mkstemp(path_.data());
  std::counting_semaphore<> woken_{0};
  FilePool pool_{[this] { woken_.release(); }};
};

TEST_F(FilePoolTest, StartsNoThreadWithoutWork) { EXPECT_EQ(pool_.threads(), 0U); }

TEST_F(FilePoolTest, PerformsManyOperationsWithFewThreads) {
  std::vector<FileWork> work(200);
  const std::string text = "0123456789";
  for (std::size_t i = 0; i < work.size(); ++i) {
    work[i].op = op::Write{file_, i * text.size(), std::as_bytes(std::span(text))};
    pool_.submit(work[i]);
  }
  EXPECT_EQ(pool_.in_flight(), work.size());
  take(work.size());
  EXPECT_EQ(pool_.in_flight(), 0U);
  for (const FileWork& one : work) EXPECT_EQ(one.ended.size, text.size());
  EXPECT_LE(pool_.threads(), FilePool::kThreadsMax);
  EXPECT_EQ(::lseek(file_, 0, SEEK_END), static_cast<off_t>(work.size() * text.size()));
}

TEST_F(FilePoolTest, SequentialWorkKeepsToOneThreadOrTwo) {
  FileWork work;
  for (int i = 0; i < 100; ++i) {
    work.op = op::Sync{file_};
    pool_.submit(work);
    take(1);
  }
  // The thread that ended the last operation may not be idle again when the next one comes.
  EXPECT_LE(pool_.threads(), 2U);
}

TEST_F(FilePoolTest, SaysTheErrnoOfWhatFailed) {
  FileWork work;
  work.op = op::Open{"/nonexistent/file", O_RDONLY};
  pool_.submit(work);
  take(1);
  EXPECT_EQ(work.ended.error, std::errc::no_such_file_or_directory);
}

TEST_F(FilePoolTest, MayBeDestroyedWithWorkInFlight) {
  std::vector<FileWork> work(100);
  FilePool pool([] {});
  for (FileWork& one : work) {
    one.op = op::Sync{file_};
    pool.submit(one);
  }
}

// The kernel would carry such a read out at once, and wait for the disk meanwhile.
TEST_F(FilePoolTest, ADirectReadIsLeftToAThread) {
  constexpr std::size_t kBytes = 4096;
  alignas(kBytes) static std::array<std::byte, kBytes> page{};
  ASSERT_EQ(::pwrite(file_, page.data(), kBytes, 0), static_cast<ssize_t>(kBytes));
  FileWork work;
  for (const int flags : {O_RDONLY, O_RDONLY | O_DIRECT, O_RDONLY}) {
    work.op = op::Open{path_.data(), flags | O_CREAT};
    EXPECT_FALSE(pool_.try_at_once(work.op));
    pool_.submit(work);
    take(1);
    if (work.ended.error) GTEST_SKIP() << "O_DIRECT: " << work.ended.error.message();
    const auto file = static_cast<int>(work.ended.size);
    const op::Read read{file, 0, page};
    EXPECT_EQ(pool_.try_at_once(read).has_value(),
              (flags & O_DIRECT) == 0 && try_file_op(read).ended.has_value());
    // The same number is the next file's.
    EXPECT_TRUE(pool_.try_at_once(op::CloseFile{file}));
  }
}

// ext4 refuses each buffered write that must not wait.
TEST_F(FilePoolTest, AsksAFileSystemThatAlwaysRefusesOnce) {
  const auto bytes = std::as_bytes(std::span("0123456789"));
  if (!try_file_op(op::Write{file_, 0, bytes}).is_always_refused) {
    GTEST_SKIP() << "this file system writes to its cache without waiting, or has it full";
  }
  ASSERT_EQ(::pwrite(file_, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  for (int opened = 0; opened < 20; ++opened) {
    FileWork work;
    work.op = op::Open{path_.data(), O_RDWR | O_CREAT};
    pool_.submit(work);
    take(1);
    const auto file = static_cast<int>(work.ended.size);
    for (int write = 0; write < 5; ++write) {
      EXPECT_FALSE(pool_.try_at_once(op::Write{file, 0, bytes}));
    }
    std::array<std::byte, 4> into{};
    EXPECT_TRUE(pool_.try_at_once(op::Read{file, 0, into})) << "reads are another matter";
    pool_.try_at_once(op::CloseFile{file});
  }
  EXPECT_EQ(pool_.refusals(), 1U);
}

TEST_F(FilePoolTest, OpensAtOnceWhatTheCacheKnows) {
  struct stat status {};
  ASSERT_EQ(::stat(path_.data(), &status), 0);
  const auto opened = pool_.try_at_once(op::Open{path_.data(), O_WRONLY});
  if (!opened) GTEST_SKIP() << "no RESOLVE_CACHED here";
  EXPECT_GE(::fcntl(static_cast<int>(opened->size), F_GETFD) & FD_CLOEXEC, 1);
  EXPECT_TRUE(pool_.try_at_once(op::CloseFile{static_cast<int>(opened->size)}));
  for (const int flags : {O_CREAT, O_TRUNC}) {
    EXPECT_FALSE(pool_.try_at_once(op::Open{path_.data(), O_WRONLY | flags}));
  }
  EXPECT_FALSE(pool_.try_at_once(op::Open{"/nonexistent/file", O_RDONLY}))
      << "the call that may wait says why";
}

TEST_F(FilePoolTest, ThePolicySaysWhatTheLoopPerforms) {
  FilePool all([] {}, FilePolicy::all);
  FilePool none([] {}, FilePolicy::none);
  const auto bytes = std::as_bytes(std::span("0123456789"));
  EXPECT_TRUE(all.try_at_once(op::Write{file_, 0, bytes}));
  EXPECT_TRUE(all.try_at_once(op::Sync{file_}));
  std::array<std::byte, 4> into{};
  EXPECT_FALSE(none.try_at_once(op::Read{file_, 0, into}));
  EXPECT_TRUE(none.try_at_once(op::CloseFile{::dup(file_)}));
}

TEST_F(FilePoolTest, CachedReadNeedsNoWaitingButItsEndDoes) {
  const std::string text = "cached";
  ASSERT_EQ(::pwrite(file_, text.data(), text.size(), 0), 6);
  std::array<std::byte, 6> into{};
  const auto ended = try_file_op(op::Read{file_, 0, into}).ended;
  if (!ended) GTEST_SKIP() << "this file system has no RWF_NOWAIT";
  EXPECT_EQ(ended->size, 6U);
  EXPECT_FALSE(try_file_op(op::Read{file_, 4, into}).ended);
  EXPECT_EQ(perform_file_op(op::Read{file_, 4, into}).size, 2U);
}

}  // namespace
}  // namespace asyncbench
