#include "measure/cpu_quota.hpp"

#include <string>

#include "measure/control_group.hpp"

namespace asyncbench::measure {
namespace {

namespace fs = std::filesystem;

// "50000 100000", or "max 100000" where there is no limit.
std::optional<double> cpus_of_version_2(const fs::path& group) {
  std::string reason;
  const auto text = read_text(group / "cpu.max", reason);
  if (!text) return std::nullopt;
  const Reading quota_us = leading_number(*text);
  const Reading period_us = leading_number(text->substr(std::min(text->find(' '), text->size())));
  if (!quota_us || !period_us || *period_us <= 0) return std::nullopt;
  return static_cast<double>(*quota_us) / static_cast<double>(*period_us);
}

// A quota of -1 is none.
std::optional<double> cpus_of_version_1(const fs::path& group) {
  std::string reason;
  const auto quota = read_text(group / "cpu.cfs_quota_us", reason);
  const auto period = read_text(group / "cpu.cfs_period_us", reason);
  if (!quota || !period) return std::nullopt;
  const Reading quota_us = leading_number(*quota);
  const Reading period_us = leading_number(*period);
  if (!quota_us || *quota_us <= 0 || !period_us || *period_us <= 0) return std::nullopt;
  return static_cast<double>(*quota_us) / static_cast<double>(*period_us);
}

}  // namespace

std::optional<CpuQuota> cpu_quota(const fs::path& root) {
  std::optional<CpuQuota> tightest;
  for (const bool version_1 : {false, true}) {
    const auto own = own_control_group(version_1 ? "cpu" : "", root);
    if (!own) continue;
    for (fs::path group = own->folder;; group = group.parent_path()) {
      const auto cpus = version_1 ? cpus_of_version_1(group) : cpus_of_version_2(group);
      if (cpus && (!tightest || *cpus < tightest->cpus)) tightest = CpuQuota{*cpus, group};
      if (group == own->top || !group.has_relative_path()) break;
    }
  }
  return tightest;
}

Reading throttled_ns(const CpuQuota& quota) {
  std::string reason;
  const auto text = read_text(quota.group / "cpu.stat", reason);
  if (!text) return std::nullopt;
  if (const Reading us = number_after(*text, "throttled_usec ")) return *us * 1'000;
  return number_after(*text, "throttled_time ");
}

}  // namespace asyncbench::measure
