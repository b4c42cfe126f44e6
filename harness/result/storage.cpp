#include "result/storage.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace asyncbench::result {
namespace {

// The operation of errors that writing elsewhere does not help with.
constexpr const char* kReading = "read";

const char* remedy_for_reading(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return "make it readable for you, or read it as its owner";
    case EMFILE:
    case ENFILE:
      return "raise the descriptor limit (ulimit -n)";
    case EIO:
    case ESTALE:
      return "the device failed; check dmesg, and read a copy from another one";
    default:
      return "check the path";
  }
}

const char* remedy_for(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "free space there, or write to another file system with --out";
    case EFBIG:
      return "raise the file size limit (ulimit -f)";
    case EACCES:
    case EPERM:
    case EROFS:
      return "choose a folder that you may write to with --out";
    case ENOENT:
      return "check the path, and create the folder if it is missing";
    case ENOTDIR:
    case EISDIR:
      return "check the path";
    case EMFILE:
    case ENFILE:
      return "raise the descriptor limit (ulimit -n)";
    case EIO:
      return "the device failed; check dmesg, and write to another one with --out";
    default:
      return "write to another place with --out";
  }
}

}  // namespace

StoreError::StoreError(const std::string& operation, const std::string& path, int error)
    : std::runtime_error(fmt::format(
          "{} {}: {} ({}); {}", operation, path,
          strerrorname_np(error) ? strerrorname_np(error) : "errno", std::strerror(error),
          operation == kReading ? remedy_for_reading(error) : remedy_for(error))),
      error_(error) {}

Fd open_file(const std::string& path, int flags, unsigned mode) {
  Fd fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
  const bool reads = (flags & O_ACCMODE) == O_RDONLY;
  if (!fd) throw StoreError(reads ? kReading : "open", path, errno);
  return fd;
}

void write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      throw StoreError("write", path, errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string read_all(int fd, std::size_t limit, const std::string& path) {
  std::string text;
  for (;;) {
    constexpr std::size_t kStep = 256 * 1024;
    const std::size_t size = text.size();
    text.resize(size + kStep);
    ssize_t got = ::pread(fd, text.data() + size, kStep, static_cast<off_t>(size));
    if (got < 0 && errno == ESPIPE) got = ::read(fd, text.data() + size, kStep);
    if (got < 0 && errno != EINTR) throw StoreError(kReading, path, errno);
    text.resize(size + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return text;
    if (text.size() > limit) {
      throw StoreError(
          fmt::format("read {}: larger than {} bytes: not a file of asyncbench", path, limit));
    }
  }
}

void sync_file(int fd, const std::string& path) {
  if (::fsync(fd) != 0) throw StoreError("fsync", path, errno);
}

void sync_folder_of(const std::string& path) {
  const std::string folder = folder_of(path);
  const Fd fd = open_file(folder, O_RDONLY | O_DIRECTORY);
  // Some file systems cannot sync a folder and say EINVAL; there is nothing more to do on those.
  if (::fsync(fd.get()) != 0 && errno != EINVAL) throw StoreError("fsync", folder, errno);
}

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

}  // namespace asyncbench::result
