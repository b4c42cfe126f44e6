#include "workloads/prepared_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <system_error>
#include <vector>

#include "workloads/file_content.hpp"
#include "workloads/nameless_file.hpp"
#include "workloads/page_cache.hpp"

namespace asyncbench::workloads {
namespace {

// What one system call writes or reads here, where blocks are smaller.
constexpr std::uint64_t kPieceBytes = 1 << 20;

[[noreturn]] void refuse(int error, const char* operation) {
  throw std::system_error(error, std::system_category(), operation);
}

// In one piece where the file system can, and refused now where there is no space.
void allocate(int fd, std::uint64_t bytes) {
  const int error = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes));
  if (error != 0 && error != EOPNOTSUPP) refuse(error, "allocating the file");
}

void write_all(int fd, std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) refuse(errno, "writing the file");
    offset += static_cast<std::uint64_t>(wrote);
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
}

void write_blocks(int fd, const FileParameters& parameters) {
  const std::uint64_t block_bytes = parameters.block_bytes;
  std::vector<std::byte> piece(std::max<std::uint64_t>(kPieceBytes / block_bytes, 1) * block_bytes);
  const std::span<std::byte> bytes(piece);
  for (std::uint64_t at = 0; at < bytes.size(); at += block_bytes) {
    fill_block(bytes.subspan(at, block_bytes));
  }
  for (std::uint64_t offset = 0; offset < parameters.file_bytes; offset += bytes.size()) {
    const auto part = bytes.first(std::min(bytes.size(), parameters.file_bytes - offset));
    for (std::uint64_t at = 0; at < part.size(); at += block_bytes) {
      stamp_block(part.subspan(at, block_bytes), offset + at, kPreparedWrite);
    }
    write_all(fd, offset, part);
  }
}

void read_through(int fd) {
  std::vector<std::byte> piece(kPieceBytes);
  off_t offset = 0;
  while (true) {
    const ssize_t got = ::pread(fd, piece.data(), piece.size(), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse(errno, "reading the file");
    if (got == 0) return;
    offset += got;
  }
}

}  // namespace

Fd prepare_file(const FileParameters& parameters, const std::string& folder) {
  Fd file = make_nameless_file(folder);
  allocate(file.get(), parameters.file_bytes);
  write_blocks(file.get(), parameters);
  if (::fdatasync(file.get()) != 0) refuse(errno, "syncing the file");
  if (parameters.is_direct || parameters.is_cold) {
    drop_cached(file.get(), 0, 0);
  } else {
    read_through(file.get());
  }
  return file;
}

}  // namespace asyncbench::workloads
