// What all tasks of a file workload share.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/fd.hpp"
#include "core/task.hpp"
#include "workloads/file_parameters.hpp"
#include "workloads/load_run.hpp"
#include "workloads/write_ledger.hpp"

namespace asyncbench::workloads {

// Makes the file, which exists as long as the run. Outlives the tasks.
class FileRun {
 public:
  struct Setup {
    FileParameters parameters;
    Verify verify = Verify::sample;
    std::string folder;
  };
  // `load` gives pace and recording; there is a task for each request in flight. Throws
  // std::system_error when the file cannot be made.
  FileRun(const Setup& setup, LoadOptions load);

  std::vector<std::unique_ptr<Task>> make_tasks();

  // Holds every task's buffer: Job::io_memory.
  std::span<std::byte> memory();

  LoadRun& load() { return load_; }
  int file() const { return file_.get(); }
  const FileParameters& parameters() const { return parameters_; }

  // After the job: reads back the blocks that were watched. As Verify says, these are all blocks,
  // or one in 64 but at most a few thousand. Throws std::runtime_error when a block does not hold
  // what was written last.
  void check_written() const;

  // How long syncing at the end took; nullopt when it failed or a stop came before it.
  std::optional<Duration> final_sync() const { return final_sync_; }

  // Where in the file the next block in sequence begins.
  std::uint64_t position() const;

  // For the tasks, from any thread.
  const char* path() const { return path_.c_str(); }
  std::uint64_t seed() const { return load_.options().seed; }
  std::span<std::byte> buffer(unsigned index);
  // The next block in sequence; after the last one comes the first again.
  std::uint64_t take_block();
  // Whether to verify the content of the `nth` block that a task has read (from 0).
  bool verifies_read(std::uint64_t nth) const { return verifies(verify_, nth); }
  // Null when reading, or when nothing is verified.
  WriteLedger* ledger() { return ledger_ ? &*ledger_ : nullptr; }
  // A task has ended its last request. Returns whether it is the last task to do so.
  bool ends_last() { return unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1; }
  // The last task calls it.
  void set_final_sync(Duration took) { final_sync_ = took; }

 private:
  struct alignas(kBufferAlignment) Page {
    std::byte bytes[kBufferAlignment];
  };

  FileParameters parameters_;
  Verify verify_;
  Fd file_;
  std::string path_;
  LoadRun load_;
  std::vector<Page> pages_;
  std::optional<WriteLedger> ledger_;
  std::atomic<std::uint64_t> sequence_{0};  // blocks taken
  std::atomic<unsigned> unfinished_;
  std::optional<Duration> final_sync_;
};

// A task that reads or writes blocks, one after the other, as the run's parameters say. It is in
// block_task.cpp.
std::unique_ptr<Task> make_block_task(FileRun& run, unsigned index);

}  // namespace asyncbench::workloads
