#include "workloads/file_run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "workloads/file_content.hpp"
#include "workloads/prepared_file.hpp"

namespace asyncbench::workloads {
namespace {

// The limit for a sample of written blocks: to read more of them back from a disk would take too
// long.
constexpr std::uint64_t kWatchedMost = 4096;
constexpr std::uint64_t kWatchedEvery = 64;

LoadOptions with_tasks(LoadOptions load, const FileParameters& parameters) {
  load.tasks = parameters.in_flight;
  return load;
}

std::optional<WriteLedger> make_ledger(const FileParameters& parameters, Verify verify) {
  if (!parameters.writes || verify == Verify::none) return std::nullopt;
  const std::uint64_t blocks = parameters.blocks();
  const std::uint64_t every =
      verify == Verify::all ? 1 : std::max(kWatchedEvery, blocks / kWatchedMost);
  return std::optional<WriteLedger>(std::in_place, blocks, every);
}

void read_block(int fd, std::uint64_t offset, std::span<std::byte> into) {
  while (!into.empty()) {
    const ssize_t got = ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw std::system_error(errno, std::system_category(), "reading back");
    if (got == 0) return;  // the file is too short; the rest of the block will not match
    offset += static_cast<std::uint64_t>(got);
    into = into.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace

FileRun::FileRun(const Setup& setup, LoadOptions load)
    : parameters_(setup.parameters),
      verify_(setup.verify),
      file_(prepare_file(parameters_, setup.folder)),
      path_(path_of(file_.get())),
      load_(with_tasks(std::move(load), parameters_)),
      pages_((parameters_.buffer_bytes() + kBufferAlignment - 1) / kBufferAlignment),
      ledger_(make_ledger(parameters_, verify_)),
      unfinished_(parameters_.in_flight) {
  if (!parameters_.writes) return;
  for (unsigned index = 0; index < parameters_.in_flight; ++index) fill_block(buffer(index));
}

std::vector<std::unique_ptr<Task>> FileRun::make_tasks() {
  std::vector<std::unique_ptr<Task>> tasks;
  for (unsigned index = 0; index < parameters_.in_flight; ++index) {
    tasks.push_back(make_block_task(*this, index));
  }
  return tasks;
}

std::span<std::byte> FileRun::memory() {
  return std::as_writable_bytes(std::span(pages_)).first(parameters_.buffer_bytes());
}

std::span<std::byte> FileRun::buffer(unsigned index) {
  return memory().subspan(index * parameters_.block_bytes, parameters_.block_bytes);
}

std::uint64_t FileRun::position() const {
  const std::uint64_t taken = sequence_.load(std::memory_order_relaxed);
  return taken % parameters_.blocks() * parameters_.block_bytes;
}

std::uint64_t FileRun::take_block() {
  return sequence_.fetch_add(1, std::memory_order_relaxed) % parameters_.blocks();
}

void FileRun::check_written() const {
  if (!ledger_) return;
  std::vector<std::byte> block(parameters_.block_bytes);
  std::uint64_t wrong = 0;
  std::uint64_t first_wrong = 0;
  for (std::uint64_t nth = 0; nth < ledger_->size(); ++nth) {
    const std::optional<std::uint64_t> write = ledger_->expected(nth);
    if (!write) continue;
    const std::uint64_t offset = ledger_->watched(nth) * parameters_.block_bytes;
    read_block(file_.get(), offset, block);
    if (block_matches(block, offset, *write)) continue;
    if (wrong++ == 0) first_wrong = offset;
  }
  if (wrong == 0) return;
  throw std::runtime_error(
      fmt::format("{} of {} blocks read back do not hold what was written last, the first of them "
                  "at byte {}: the strategy reported writes that it did not make that way",
                  wrong, ledger_->size(), first_wrong));
}

}  // namespace asyncbench::workloads
