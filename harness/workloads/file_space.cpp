#include "workloads/file_space.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <system_error>

#include "workloads/file_content.hpp"
#include "workloads/host_space.hpp"
#include "workloads/nameless_file.hpp"

namespace asyncbench::workloads {
namespace {

constexpr std::string_view kLessOrElsewhere =
    "ask for less with --file-bytes, or name another folder with --folder";

std::string shape_objection(const FileParameters& parameters) {
  if (parameters.block_bytes % kSectorBytes != 0) {
    return fmt::format("block_bytes of {} are not a multiple of {}, the sector that is verified",
                       parameters.block_bytes, kSectorBytes);
  }
  if (parameters.file_bytes % parameters.block_bytes != 0 || parameters.blocks() == 0) {
    return fmt::format("file_bytes of {} are not a multiple of block_bytes, {}",
                       parameters.file_bytes, parameters.block_bytes);
  }
  if (parameters.in_flight > parameters.blocks()) {
    return fmt::format("{} requests in flight on a file of {} blocks; raise --file-bytes",
                       parameters.in_flight, parameters.blocks());
  }
  if (parameters.is_direct && parameters.is_cold) {
    return "cache cold is about the page cache, which direct on bypasses; leave one of them out";
  }
  return "";
}

std::string memory_objection(const FileParameters& parameters) {
  const bool is_cached = !parameters.writes && !parameters.is_direct && !parameters.is_cold;
  const std::uint64_t needed =
      parameters.buffer_bytes() + (is_cached ? parameters.file_bytes : std::uint64_t{0});
  const std::optional<std::uint64_t> available = available_memory();
  if (!available || needed <= *available) return "";
  return fmt::format("{} of memory are needed for {}, {} are available; ask for less{}",
                     size_text(needed), is_cached ? "buffers and page cache" : "buffers",
                     size_text(*available), is_cached ? ", for --cache cold or --direct on" : "");
}

std::string length_objection(const FileParameters& parameters, int fd, const std::string& folder) {
  const std::string objection =
      space_objection(parameters.file_bytes, fd,
                      {.who = "the file needs", .folder = folder, .remedy = kLessOrElsewhere});
  return objection.empty() ? file_limit_objection(parameters.file_bytes) : objection;
}

// Direct and cold mean a disk; in direct access, that disk's alignment.
std::string disk_objection(const FileParameters& parameters, int fd, const std::string& folder) {
  if (!parameters.is_direct && !parameters.is_cold) return "";
  struct statfs system {};
  if (::fstatfs(fd, &system) == 0 &&
      (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC)) {
    return fmt::format(
        "{} is kept in memory (tmpfs): nothing there is {}; name another folder "
        "with --folder",
        folder, parameters.is_direct ? "read or written directly" : "cold");
  }
  if (!parameters.is_direct) return "";
  if (!Fd{::open(path_of(fd).c_str(), O_RDWR | O_DIRECT | O_CLOEXEC)}) {
    return fmt::format(
        "the file system of {} refuses O_DIRECT: {}; name another folder with "
        "--folder",
        folder, std::strerror(errno));
  }
  // Linux 6.1 and later say what they want (statx(2)); the mask is empty where they do not know.
  struct statx wants {};
  if (::statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &wants) != 0 ||
      (wants.stx_mask & STATX_DIOALIGN) == 0) {
    return "";
  }
  const std::uint64_t multiple = std::max(wants.stx_dio_offset_align, wants.stx_dio_mem_align);
  if (multiple == 0) {
    return fmt::format(
        "the file system of {} has no O_DIRECT for this file; name another folder "
        "with --folder",
        folder);
  }
  if (parameters.block_bytes % multiple != 0 || kBufferAlignment % multiple != 0) {
    return fmt::format("with O_DIRECT, {} takes blocks that are a multiple of {} bytes, not of {}",
                       folder, multiple, parameters.block_bytes);
  }
  return "";
}

}  // namespace

std::string file_objection(const FileParameters& parameters, const std::string& folder) {
  std::string objection = shape_objection(parameters);
  if (objection.empty()) objection = memory_objection(parameters);
  if (!objection.empty()) return objection;
  try {
    const Fd probe = make_nameless_file(folder);
    objection = length_objection(parameters, probe.get(), folder);
    return objection.empty() ? disk_objection(parameters, probe.get(), folder) : objection;
  } catch (const std::system_error& error) {
    return fmt::format("{}; name another folder with --folder", error.what());
  }
}

}  // namespace asyncbench::workloads
