#include "workloads/prepared_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <span>
#include <stop_token>
#include <system_error>
#include <utility>
#include <vector>

#include "core/private_folder.hpp"
#include "workloads/file_content.hpp"

namespace asyncbench::workloads {
namespace {

// How much one system call writes or reads here, where blocks are smaller.
constexpr std::uint64_t kPieceBytes = 1 << 20;

// More than the kernel reads ahead (read_ahead_kb, by default 128).
constexpr std::uint64_t kReadAheadBytes = 8 << 20;

[[noreturn]] void refuse(int error, const char* operation) {
  throw std::system_error(error, std::system_category(), operation);
}

// Gets the space in one piece where the file system can, and refuses now where there is none.
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

Fd make_nameless_file(const std::string& folder) {
  Fd fd{::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
  // Some file systems cannot (network ones, some in user space). There it loses its name at once.
  if (!fd && errno == EOPNOTSUPP) {
    const PrivateFolder inside(folder);
    const std::string name = inside.path() + "/file";
    fd = Fd{::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    const int error = errno;
    if (fd) ::unlink(name.c_str());
    errno = error;
  }
  if (!fd) {
    throw std::system_error(errno, std::system_category(), "no file can be made in " + folder);
  }
  return fd;
}

std::string path_of(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

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

void drop_cached(int fd, std::uint64_t offset, std::uint64_t bytes) {
  ::posix_fadvise(fd, static_cast<off_t>(offset), static_cast<off_t>(bytes), POSIX_FADV_DONTNEED);
}

CacheEvictor::CacheEvictor(int fd, std::uint64_t file_bytes,
                           std::function<std::uint64_t()> position)
    : fd_(fd), file_bytes_(file_bytes), position_(std::move(position)) {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      changed.wait_for(lock, stop, kInterval, [] { return false; });
      evict();
    }
  });
}

void CacheEvictor::evict() const {
  if (!position_) return drop_cached(fd_, 0, 0);
  const std::uint64_t position = position_();
  const std::uint64_t ahead = position + std::min(kReadAheadBytes, file_bytes_ / 4);
  if (position > 0) drop_cached(fd_, 0, position);
  if (ahead < file_bytes_) drop_cached(fd_, ahead, 0);
}

std::optional<std::uint64_t> disk_read_bytes() {
  std::ifstream io("/proc/self/io");
  std::string name;
  for (std::uint64_t value = 0; io >> name >> value;) {
    if (name == "read_bytes:") return value;
  }
  return std::nullopt;
}

}  // namespace asyncbench::workloads
