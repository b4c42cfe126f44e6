#include "workloads/host_space.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

#include <fstream>
#include <limits>

namespace asyncbench::workloads {

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
