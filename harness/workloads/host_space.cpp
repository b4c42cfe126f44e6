#include "workloads/host_space.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

#include <fstream>
#include <limits>
#include <optional>

namespace asyncbench::workloads {
namespace {

std::string size_text(std::uint64_t bytes) {
  return fmt::format("{} bytes ({} MiB)", bytes, bytes >> 20U);
}

std::optional<std::uint64_t> available_memory() {
  std::ifstream meminfo("/proc/meminfo");
  for (std::string name; meminfo >> name;) {
    std::uint64_t kib = 0;
    if (name == "MemAvailable:" && meminfo >> kib) return kib * 1024;
    meminfo.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return std::nullopt;
}

}  // namespace

std::string memory_objection(std::uint64_t bytes, std::string_view purpose,
                             std::string_view remedy) {
  const std::optional<std::uint64_t> available = available_memory();
  if (!available || bytes <= *available) return "";
  return fmt::format("{} of memory are needed for {}, {} are available; {}", size_text(bytes),
                     purpose, size_text(*available), remedy);
}

std::string space_objection(std::uint64_t bytes, int fd, const SpaceWords& words) {
  struct statvfs space {};
  if (::fstatvfs(fd, &space) != 0) return "";
  const std::uint64_t free = std::uint64_t{space.f_bavail} * space.f_frsize;
  if (bytes <= free) return "";
  return fmt::format("{} {}, {} are free in {}; {}", words.who, size_text(bytes), size_text(free),
                     words.folder, words.remedy);
}

std::string file_limit_objection(std::uint64_t bytes) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || bytes <= limit.rlim_cur) return "";
  return fmt::format("the file needs {}, files are limited to {}; ulimit -f unlimited lifts that",
                     size_text(bytes), size_text(limit.rlim_cur));
}

}  // namespace asyncbench::workloads
