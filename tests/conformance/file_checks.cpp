#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "checks.hpp"
#include "core/file_ops.hpp"
#include "file_script.hpp"
#include "peer.hpp"
#include "run_job.hpp"
#include "stopper.hpp"
#include "tests/scratch_folder.hpp"

namespace asyncbench::conformance {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBlockBytes = 16 * 1024;

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void expect_error(const Completion& ended, std::errc error) {
  EXPECT_EQ(ended.error, error) << ended.error.message();
}

void open_makes_a_file(Strategy& strategy) {
  const test::ScratchFolder folder;
  const std::string path = folder.path() / "new";
  run_script(strategy, [&](unsigned) -> Script {
    const Completion opened = co_await op::Open{path.c_str(), O_CREAT | O_EXCL | O_RDWR};
    EXPECT_FALSE(opened.error) << opened.error.message();
    EXPECT_FALSE((co_await op::CloseFile{index_of(opened)}).error);
  });
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_size, 0);
  EXPECT_EQ(status.st_mode & 0777U, kNewFileMode);
}

void open_says_why_it_failed(Strategy& strategy) {
  const test::ScratchFolder folder;
  const std::string missing = folder.path() / "missing";
  const std::string there = folder.file("there", "content");
  const std::string within = there + "/file";
  run_script(strategy, [&](unsigned) -> Script {
    expect_error(co_await op::Open{missing.c_str(), O_RDONLY},
                 std::errc::no_such_file_or_directory);
    expect_error(co_await op::Open{there.c_str(), O_CREAT | O_EXCL | O_RDWR},
                 std::errc::file_exists);
    expect_error(co_await op::Open{within.c_str(), O_RDONLY}, std::errc::not_a_directory);
    expect_error(co_await op::Open{folder.path().c_str(), O_WRONLY}, std::errc::is_a_directory);
    const Completion opened = co_await op::Open{there.c_str(), O_RDONLY};
    EXPECT_FALSE(opened.error) << "after errors: " << opened.error.message();
    co_await op::CloseFile{index_of(opened)};
  });
}

void what_is_written_can_be_read(Strategy& strategy) {
  const test::ScratchFolder folder;
  const std::string path = folder.path() / "file";
  const std::string content = pattern(5 * kBlockBytes);
  IoMemory memory(2, kBlockBytes);
  run_script(strategy,
             [&](unsigned) -> Script {
               const Completion opened = co_await op::Open{path.c_str(), O_CREAT | O_RDWR};
               EXPECT_FALSE(opened.error) << opened.error.message();
               const int file = index_of(opened);
               // From the end to the beginning: the offset alone says where.
               for (std::size_t offset = content.size(); offset > 0;) {
                 offset -= kBlockBytes;
                 put(memory.block(0), content.substr(offset, kBlockBytes));
                 for (std::size_t done = 0; done < kBlockBytes;) {
                   const Completion wrote =
                       co_await op::Write{file, offset + done, memory.block(0).subspan(done)};
                   EXPECT_FALSE(wrote.error) << wrote.error.message();
                   if (wrote.error || wrote.size == 0) co_return;
                   done += wrote.size;
                 }
               }
               EXPECT_FALSE((co_await op::Sync{file}).error);
               for (std::size_t offset = 0; offset < content.size();) {
                 const Completion read = co_await op::Read{file, offset, memory.block(1)};
                 EXPECT_FALSE(read.error) << read.error.message();
                 if (read.error || read.size == 0) break;
                 EXPECT_EQ(text_of(memory.block(1).first(read.size)),
                           content.substr(offset, read.size));
                 offset += read.size;
               }
               EXPECT_FALSE((co_await op::CloseFile{file}).error);
             },
             {.io_memory = memory.all()});
  EXPECT_TRUE(content_of(path) == content);
}

void what_is_synced_is_in_the_file(Strategy& strategy) {
  const test::ScratchFolder folder;
  const std::string path = folder.path() / "file";
  IoMemory memory(1, kBlockBytes);
  put(memory.block(0), "durable");
  run_script(strategy,
             [&](unsigned) -> Script {
               const int file = index_of(co_await op::Open{path.c_str(), O_CREAT | O_RDWR});
               EXPECT_FALSE((co_await op::Sync{file}).error) << "of an empty file";
               EXPECT_EQ((co_await op::Write{file, 0, memory.block(0).first(7)}).size, 7U);
               EXPECT_FALSE((co_await op::Sync{file}).error);
               EXPECT_EQ(content_of(path), "durable");
               co_await op::CloseFile{file};
             },
             {.io_memory = memory.all()});
}

void a_read_at_the_end_is_short(Strategy& strategy) {
  const test::ScratchFolder folder;
  const std::string content = pattern(kBlockBytes + 100);
  const std::string path = folder.file("file", content);
  IoMemory memory(1, kBlockBytes);
  run_script(strategy,
             [&](unsigned) -> Script {
               const int file = index_of(co_await op::Open{path.c_str(), O_RDONLY});
               const Completion read = co_await op::Read{file, kBlockBytes, memory.block(0)};
               EXPECT_FALSE(read.error) << read.error.message();
               EXPECT_EQ(text_of(memory.block(0).first(read.size)), content.substr(kBlockBytes));
               EXPECT_EQ(memory.block(0)[read.size], std::byte{0xEE})
                   << "written beyond what was read";
               co_await op::CloseFile{file};
             },
             {.io_memory = memory.all()});
}

void a_read_past_the_end_brings_nothing(Strategy& strategy) {
  const test::ScratchFolder folder;
  const std::string path = folder.file("file", pattern(kBlockBytes));
  const std::string empty = folder.file("empty", "");
  IoMemory memory(1, kBlockBytes);
  run_script(strategy,
             [&](unsigned) -> Script {
               for (const std::string& name : {path, empty}) {
                 const int file = index_of(co_await op::Open{name.c_str(), O_RDONLY});
                 for (const std::size_t offset : {kBlockBytes, 1000 * kBlockBytes}) {
                   const Completion read = co_await op::Read{file, offset, memory.block(0)};
                   EXPECT_FALSE(read.error) << read.error.message();
                   EXPECT_EQ(read.size, 0U);
                 }
                 co_await op::CloseFile{file};
               }
             },
             {.io_memory = memory.all()});
}

void a_file_is_read_again_after_it_has_grown(Strategy& strategy) {
  const test::ScratchFolder folder;
  const std::string path = folder.path() / "file";
  IoMemory memory(2, kBlockBytes);
  put(memory.block(0), pattern(kBlockBytes));
  run_script(strategy,
             [&](unsigned) -> Script {
               const int writer = index_of(co_await op::Open{path.c_str(), O_CREAT | O_WRONLY});
               const int reader = index_of(co_await op::Open{path.c_str(), O_RDONLY});
               EXPECT_EQ((co_await op::Read{reader, 0, memory.block(1)}).size, 0U);
               const std::size_t wrote = (co_await op::Write{writer, 0, memory.block(0)}).size;
               EXPECT_GT(wrote, 0U);
               const Completion read = co_await op::Read{reader, 0, memory.block(1).first(wrote)};
               EXPECT_EQ(read.size, wrote) << read.error.message();
               co_await op::CloseFile{reader};
               co_await op::CloseFile{writer};
             },
             {.io_memory = memory.all()});
}

void a_closed_file_cannot_be_used(Strategy& strategy) {
  const test::ScratchFolder folder;
  const std::string path = folder.file("file", "content");
  IoMemory memory(1, kBlockBytes);
  run_script(
      strategy,
      [&](unsigned) -> Script {
        const int file = index_of(co_await op::Open{path.c_str(), O_RDWR});
        EXPECT_FALSE((co_await op::CloseFile{file}).error);
        expect_error(co_await op::Read{file, 0, memory.block(0)}, std::errc::bad_file_descriptor);
        expect_error(co_await op::Sync{file}, std::errc::bad_file_descriptor);
      },
      {.io_memory = memory.all()});
}

void a_file_opened_to_read_cannot_be_written(Strategy& strategy) {
  const test::ScratchFolder folder;
  const std::string path = folder.file("file", "content");
  IoMemory memory(1, kBlockBytes);
  run_script(
      strategy,
      [&](unsigned) -> Script {
        const int file = index_of(co_await op::Open{path.c_str(), O_RDONLY});
        expect_error(co_await op::Write{file, 0, memory.block(0)}, std::errc::bad_file_descriptor);
        co_await op::CloseFile{file};
      },
      {.io_memory = memory.all()});
  EXPECT_EQ(content_of(path), "content");
}

void a_file_opened_to_write_cannot_be_read(Strategy& strategy) {
  const test::ScratchFolder folder;
  const std::string path = folder.file("file", "content");
  IoMemory memory(1, kBlockBytes);
  run_script(
      strategy,
      [&](unsigned) -> Script {
        const int file = index_of(co_await op::Open{path.c_str(), O_WRONLY});
        expect_error(co_await op::Read{file, 0, memory.block(0)}, std::errc::bad_file_descriptor);
        co_await op::CloseFile{file};
      },
      {.io_memory = memory.all()});
}

void direct_io_reads_what_direct_io_wrote(Strategy& strategy) {
  const test::ScratchFolder folder;
  const std::string path = folder.path() / "file";
  if (const Fd probe(::open(path.c_str(), O_CREAT | O_RDWR | O_DIRECT | O_CLOEXEC, kNewFileMode));
      !probe) {
    GTEST_SKIP() << "the file system of " << folder.path() << " has no O_DIRECT";
  }
  const std::string content = pattern(kBlockBytes);
  IoMemory memory(2, kBlockBytes);
  put(memory.block(0), content);
  run_script(
      strategy,
      [&](unsigned) -> Script {
        const int file = index_of(co_await op::Open{path.c_str(), O_RDWR | O_DIRECT});
        const Completion wrote = co_await op::Write{file, kBlockBytes, memory.block(0)};
        EXPECT_EQ(wrote.size, kBlockBytes) << wrote.error.message();
        const Completion read = co_await op::Read{file, kBlockBytes, memory.block(1)};
        EXPECT_EQ(read.size, kBlockBytes) << read.error.message();
        EXPECT_TRUE(text_of(memory.block(1)) == content);
        // A place that does not suit the device is an error, not a crash; file systems may also
        // fall back to the page cache.
        const Completion crooked = co_await op::Read{file, 1, memory.block(1).subspan(1, 100)};
        EXPECT_TRUE(!crooked.error || crooked.error == std::errc::invalid_argument)
            << crooked.error.message();
        EXPECT_FALSE((co_await op::Sync{file}).error);
        co_await op::CloseFile{file};
      },
      {.io_memory = memory.all()});
}

void file_operations_after_a_stop_are_canceled(Strategy& strategy) {
  const test::ScratchFolder folder;
  const std::string path = folder.file("file", "content");
  IoMemory memory(1, kBlockBytes);
  RunOptions options{.io_memory = memory.all()};
  Stopper stopper(options.stop);
  run_script(
      strategy,
      [&](unsigned) -> Script {
        const int file = index_of(co_await op::Open{path.c_str(), O_RDWR});
        stopper.now_waiting();
        expect_canceled(co_await op::Sleep{now() + 1h});
        expect_canceled(co_await op::Open{path.c_str(), O_RDONLY});
        expect_canceled(co_await op::Read{file, 0, memory.block(0)});
        expect_canceled(co_await op::Write{file, 0, memory.block(0)});
        expect_canceled(co_await op::Sync{file});
        EXPECT_FALSE((co_await op::CloseFile{file}).error);
      },
      options);
  EXPECT_EQ(content_of(path), "content");
}

const std::array kChecks{
    Check{"OpenMakesAFile", OpKind::open, Ending::success, kFileNeeds, open_makes_a_file},
    Check{"OpenSaysWhyItFailed", OpKind::open, Ending::error, kFileNeeds, open_says_why_it_failed},
    Check{"WhatIsWrittenCanBeRead", OpKind::write, Ending::success, kFileNeeds,
          what_is_written_can_be_read},
    Check{"WhatIsSyncedIsInTheFile", OpKind::sync, Ending::success, kFileNeeds,
          what_is_synced_is_in_the_file},
    Check{"AReadAtTheEndIsShort", OpKind::read, Ending::partial, kFileNeeds,
          a_read_at_the_end_is_short},
    Check{"AReadPastTheEndBringsNothing", OpKind::read, Ending::end, kFileNeeds,
          a_read_past_the_end_brings_nothing},
    Check{"AFileIsReadAgainAfterItHasGrown", OpKind::read, Ending::success, kFileNeeds,
          a_file_is_read_again_after_it_has_grown},
    Check{"AClosedFileCannotBeUsed", OpKind::sync, Ending::error, kFileNeeds,
          a_closed_file_cannot_be_used},
    Check{"AFileOpenedToReadCannotBeWritten", OpKind::write, Ending::error, kFileNeeds,
          a_file_opened_to_read_cannot_be_written},
    Check{"AFileOpenedToWriteCannotBeRead", OpKind::read, Ending::error, kFileNeeds,
          a_file_opened_to_write_cannot_be_read},
    Check{"DirectIoReadsWhatDirectIoWrote", OpKind::read, Ending::success, kFileNeeds,
          direct_io_reads_what_direct_io_wrote},
    Check{"FileOperationsAfterAStopAreCanceled", OpKind::close_file, Ending::stop, kFileNeeds,
          file_operations_after_a_stop_are_canceled},
};

}  // namespace

std::span<const Check> file_checks() { return kChecks; }

}  // namespace asyncbench::conformance
