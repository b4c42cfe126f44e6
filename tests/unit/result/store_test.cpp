#include "result/store.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "example.hpp"
#include "temporary_folder.hpp"

namespace asyncbench::result {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Store, WritesAndReadsBack) {
  const TemporaryFolder folder;
  const std::string path = folder.file("r.json");
  write_atomically(path, "old");
  write_atomically(path, serialize(example_result()));
  EXPECT_EQ(serialize(load(path).result), serialize(example_result()));
  EXPECT_EQ(folder.entries(), 1U);
}

TEST(Store, NamesTheFileThatIsNoResult) {
  const TemporaryFolder folder;
  put_content(folder.file("r.json"), "{");
  try {
    load(folder.file("r.json"));
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_THAT(error.what(), HasSubstr("r.json: byte 1"));
  }
}

TEST(Store, NamesOperationErrorAndRemedy) {
  try {
    check_writable("/nonexistent/folder/r.json");
    FAIL();
  } catch (const StoreError& error) {
    EXPECT_THAT(error.what(), HasSubstr("open /nonexistent/folder/r.json"));
    EXPECT_THAT(error.what(), HasSubstr("ENOENT"));
    EXPECT_THAT(error.what(), HasSubstr("create the folder"));
  }
}

TEST(Store, DoesNotAdviseToWriteElsewhereWhatCannotBeRead) {
  const TemporaryFolder folder;
  for (const std::string& path : {folder.file("missing.json"), folder.file("")}) {
    try {
      load(path);
      FAIL();
    } catch (const StoreError& error) {
      EXPECT_THAT(error.what(), HasSubstr("read " + path));
      EXPECT_THAT(error.what(), Not(HasSubstr("--out")));
    }
  }
}

TEST(Store, LeavesNothingBehindWhenItChecks) {
  const TemporaryFolder folder;
  check_writable(folder.file("r.json"));
  EXPECT_EQ(folder.entries(), 0U);
}

// As a process that is killed leaves it: without a lock.
TEST(Store, RemovesWhatAKilledOneLeftAndNothingElse) {
  const TemporaryFolder folder;
  const std::string path = folder.file("r.json");
  for (const char* left : {"r.json.1234.0.tmp", "r.json.1234.17.tmp"}) {
    put_content(folder.file(left), "half a res");
  }
  const std::vector<std::string> kept = {"r.json.tmp", "r.json.1.tmp", "r.json.a.0.tmp",
                                         "other.json.1234.0.tmp", "r.json.1234.0.tmp.gz"};
  for (const std::string& other : kept) put_content(folder.file(other), "mine");
  const std::string alive = folder.file("r.json.1235.0.tmp");
  put_content(alive, "another process writes it");
  const int lock = ::open(alive.c_str(), O_RDONLY);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);
  write_atomically(path, "whole");
  EXPECT_EQ(content_of(path), "whole");
  EXPECT_EQ(folder.entries(), kept.size() + 2);
  EXPECT_TRUE(std::filesystem::exists(alive));
  ::close(lock);
  check_writable(path);
  EXPECT_EQ(folder.entries(), kept.size() + 1);
}

TEST(Store, DoesNotReplaceADeviceOrALink) {
  EXPECT_THROW(check_writable("/dev/null"), StoreError);
  EXPECT_THROW(write_atomically("/dev/full", "x"), StoreError);
  const TemporaryFolder folder;
  put_content(folder.file("target"), "kept");
  std::filesystem::create_symlink(folder.file("target"), folder.file("link"));
  EXPECT_THROW(write_atomically(folder.file("link"), "x"), StoreError);
  EXPECT_EQ(content_of(folder.file("target")), "kept");
}

// Runs `body` where `folder` is a file system of 64 KiB; skips where that is not permitted.
void on_small_disk(const std::string& folder, const std::function<bool()>& body) {
  enum Code { passed = 0, failed = 1, refused = 2 };
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::unshare(CLONE_NEWNS | (::geteuid() == 0 ? 0 : CLONE_NEWUSER)) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", folder.c_str(), "tmpfs", 0, "size=64k") != 0) {
      ::_exit(refused);
    }
    ::_exit(body() ? passed : failed);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == refused) GTEST_SKIP() << "mounting a tmpfs is not permitted here";
  EXPECT_EQ(WEXITSTATUS(status), passed);
}

TEST(Store, KeepsTheOldResultWhenTheDiskIsFull) {
  const TemporaryFolder folder;
  const std::string path = folder.file("r.json");
  on_small_disk(folder.file(""), [&] {
    write_atomically(path, "old");
    try {
      write_atomically(path, std::string(100 * 1024, 'x'));
      return false;
    } catch (const StoreError& error) {
      return error.error() == ENOSPC && content_of(path) == "old" && folder.entries() == 1 &&
             std::string(error.what()).find("free space") != std::string::npos;
    }
  });
}

TEST(Store, NoticesAFullDiskBeforeMeasuring) {
  const TemporaryFolder folder;
  on_small_disk(folder.file(""), [&] {
    put_content(folder.file("filler"), std::string(64 * 1024, 'x'));
    try {
      check_writable(folder.file("r.json"));
      return false;
    } catch (const StoreError& error) {
      return error.error() == ENOSPC;
    }
  });
}

}  // namespace
}  // namespace asyncbench::result
