#include "measure/cpu_group.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include "core/time.hpp"
#include "measure/control_group.hpp"
#include "measure/readings.hpp"

namespace asyncbench::measure {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "asyncbench-";

std::string name_of_group(pid_t process) { return std::string(kPrefix) + std::to_string(process); }

// The folder of the caller's group; empty where there is none.
fs::path own_group() {
  const auto group = own_control_group();
  return group ? group->folder : fs::path();
}

bool write_text(const fs::path& file, std::string_view text) {
  std::ofstream out(file);
  out << text << std::flush;
  return out.good();
}

// One that nobody has reaped has ended, too. In /proc/PID/stat the state follows the name, which
// stands in parentheses and may hold any character (proc(5)).
bool has_ended(pid_t process) {
  std::string reason;
  const auto stat = read_text("/proc/" + std::to_string(process) + "/stat", reason);
  if (!stat) return ::kill(process, 0) != 0 && errno == ESRCH;
  const std::size_t name_ends = stat->rfind(')');
  return name_ends + 2 < stat->size() && (*stat)[name_ends + 2] == 'Z';
}

// Ends whoever is still in the group (cgroups(7), since Linux 5.14), and removes it.
void remove_group(const fs::path& folder) {
  constexpr Duration kPatience = std::chrono::milliseconds(200);
  if (::rmdir(folder.c_str()) == 0 || errno != EBUSY) return;
  write_text(folder / "cgroup.kill", "1");
  for (const Time limit = now() + kPatience; now() < limit;) {
    if (::rmdir(folder.c_str()) == 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void remove_abandoned(const fs::path& parent) {
  std::error_code error;
  for (fs::directory_iterator entry(parent, error); !error && entry != fs::directory_iterator{};
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    pid_t process = 0;
    if (!name.starts_with(kPrefix)) continue;
    std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), process);
    if (process > 0 && has_ended(process)) remove_group(entry->path());
  }
}

}  // namespace

void remove_abandoned_groups() {
  const fs::path parent = own_group();
  if (!parent.empty()) remove_abandoned(parent);
}

CpuGroup::CpuGroup(pid_t process) {
  const fs::path parent = own_group();
  if (parent.empty()) return;
  fs::path folder = parent / name_of_group(process);
  std::error_code error;
  fs::create_directory(folder, error);  // it may exist, from an earlier process with this id
  if (error) return;
  // Only the CPU time is wanted, so the kernel need not account for stalls at this level, too.
  write_text(folder / "cgroup.pressure", "0");
  if (write_text(folder / "cgroup.procs", std::to_string(process))) {
    folder_ = std::move(folder);
  } else {
    ::rmdir(folder.c_str());
  }
}

CpuGroup::~CpuGroup() {
  if (!folder_.empty()) remove_group(folder_);
}

std::optional<CpuTime> group_cpu_time() {
  const fs::path group = own_group();
  if (group.filename() != name_of_group(::getpid())) return std::nullopt;
  std::string reason;
  const auto text = read_text(group / "cpu.stat", reason);
  if (!text) return std::nullopt;
  const Reading user_us = number_after(*text, "user_usec");
  const Reading system_us = number_after(*text, "system_usec");
  if (!user_us || !system_us) return std::nullopt;
  return CpuTime{.user_ns = *user_us * 1'000, .system_ns = *system_us * 1'000};
}

}  // namespace asyncbench::measure
