// Writing to disk so that every refusal is noticed and explained. Used by store and journal.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "core/fd.hpp"

namespace asyncbench::result {

// Output could not be stored, or a stored file not be read; exit code 6. The message names the
// operation, the file, the errno and the remedy.
class StoreError : public std::runtime_error {
 public:
  // From a system call that failed with `error`, an errno.
  StoreError(const std::string& operation, const std::string& path, int error);
  explicit StoreError(const std::string& message) : std::runtime_error(message), error_(0) {}

  int error() const { return error_; }  // 0: not from a system call

 private:
  int error_;
};

// open(2) with O_CLOEXEC. Throws StoreError.
Fd open_file(const std::string& path, int flags, unsigned mode = 0666);

// All of the bytes, at the descriptor's offset. Throws StoreError.
void write_all(int fd, std::string_view bytes, const std::string& path);

// Everything from the start (from a pipe: what comes), refusing more than `limit` bytes. Throws
// StoreError.
std::string read_all(int fd, std::size_t limit, const std::string& path);

// fsync(2). After a failure the kernel may have dropped the pages, so that a later fsync succeeds
// without them (fsync(2), Linux 4.13 on): what was to be synced must count as lost.
void sync_file(int fd, const std::string& path);

// Makes a name that was created, renamed or removed in a folder durable. Throws StoreError.
void sync_folder_of(const std::string& path);

// "out/" of "out/r.json", "." of "r.json".
std::string folder_of(const std::string& path);

}  // namespace asyncbench::result
