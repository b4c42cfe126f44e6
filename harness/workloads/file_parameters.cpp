#include "workloads/file_parameters.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "workloads/file_content.hpp"
#include "workloads/host_space.hpp"
#include "workloads/prepared_file.hpp"

namespace asyncbench::workloads {
namespace {

constexpr ParameterInfo kFileBytes{.name = "file_bytes",
                                   .kind = ValueKind::size,
                                   .otherwise = "256m",
                                   .description = "size of the file",
                                   .least = 4096,
                                   .most = std::uint64_t{1} << 50,
                                   .always_shown = true};
constexpr ParameterInfo kBlockBytes{.name = "block_bytes",
                                    .kind = ValueKind::size,
                                    .otherwise = "4k",
                                    .description = "read or written by one request",
                                    .least = 512,
                                    .most = std::uint64_t{1} << 26,
                                    .always_shown = true};
constexpr ParameterInfo kPattern{.name = "pattern",
                                 .kind = ValueKind::choice,
                                 .otherwise = "random",
                                 .description = "order of the blocks",
                                 .choices = "random|sequential",
                                 .always_shown = true};
constexpr ParameterInfo kInFlight{.name = "in_flight",
                                  .kind = ValueKind::count,
                                  .otherwise = "32",
                                  .description = "requests at once, each a task",
                                  .least = 1,
                                  .most = 4096,
                                  .always_shown = true};
constexpr ParameterInfo kDirect{.name = "direct",
                                .kind = ValueKind::on_off,
                                .otherwise = "off",
                                .description = "on: O_DIRECT, past the page cache"};
constexpr ParameterInfo kCache{.name = "cache",
                               .kind = ValueKind::choice,
                               .otherwise = "hot",
                               .description = "hot: all in the page cache; cold: kept out of it",
                               .choices = "hot|cold",
                               .always_shown = true,
                               .not_with = "direct"};
constexpr ParameterInfo kSync{.name = "sync",
                              .kind = ValueKind::sync,
                              .otherwise = "none",
                              .description = "fdatasync: none, end, or every:N writes of a task",
                              .always_shown = true};

constexpr std::array kReadInfos = {kFileBytes, kBlockBytes, kPattern, kInFlight, kDirect, kCache};
constexpr std::array kWriteInfos = {kFileBytes, kBlockBytes, kPattern, kInFlight, kDirect, kSync};

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

std::string buffers_objection(const FileParameters& parameters) {
  const bool is_cached = !parameters.writes && !parameters.is_direct && !parameters.is_cold;
  if (!is_cached) return memory_objection(parameters.buffer_bytes(), "buffers", "ask for less");
  return memory_objection(parameters.buffer_bytes() + parameters.file_bytes,
                          "buffers and page cache",
                          "ask for less, for --cache cold or --direct on");
}

std::string length_objection(const FileParameters& parameters, int fd, const std::string& folder) {
  const std::string objection =
      space_objection(parameters.file_bytes, fd,
                      {.who = "the file needs", .folder = folder, .remedy = kLessOrElsewhere});
  return objection.empty() ? file_limit_objection(parameters.file_bytes) : objection;
}

// Direct and cold need a disk; direct also needs blocks that are aligned as the disk asks.
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
  // Linux 6.1 and later say which alignment they want (statx(2)); where a file system does not
  // know, the mask is empty.
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

std::span<const ParameterInfo> file_read_parameter_infos() { return kReadInfos; }
std::span<const ParameterInfo> file_write_parameter_infos() { return kWriteInfos; }

FileParameters FileParameters::from(const Parameters& parameters) {
  FileParameters made{.file_bytes = parameters.number("file_bytes"),
                      .block_bytes = parameters.number("block_bytes"),
                      .in_flight = static_cast<unsigned>(parameters.number("in_flight")),
                      .writes = parameters.has("sync"),
                      .is_sequential = parameters.text("pattern") == "sequential",
                      .is_direct = parameters.is_on("direct")};
  if (made.writes) {
    made.sync = parameters.sync("sync");
  } else {
    made.is_cold = parameters.text("cache") == "cold";
  }
  return made;
}

int FileParameters::open_flags() const {
  return (writes ? O_WRONLY : O_RDONLY) | (is_direct ? O_DIRECT : 0);
}

std::string file_objection(const FileParameters& parameters, const std::string& folder) {
  std::string objection = shape_objection(parameters);
  if (objection.empty()) objection = buffers_objection(parameters);
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
