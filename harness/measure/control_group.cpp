#include "measure/control_group.hpp"

#include <sstream>
#include <string>

#include "measure/readings.hpp"

namespace asyncbench::measure {
namespace {

namespace fs = std::filesystem;

bool has_item(std::string_view list, std::string_view item) {
  while (true) {
    const std::size_t comma = list.find(',');
    if (list.substr(0, comma) == item) return true;
    if (comma == list.npos) return false;
    list.remove_prefix(comma + 1);
  }
}

// The group's path in its hierarchy: a line "id:controllers:path" of /proc/self/cgroup. Version 2
// has no controllers there.
std::string path_in_hierarchy(const std::string& groups, std::string_view controller) {
  std::istringstream lines(groups);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == line.npos) continue;
    const std::string_view controllers =
        std::string_view(line).substr(first + 1, second - first - 1);
    if (has_item(controllers, controller)) return line.substr(second + 1);
  }
  return {};
}

// A line of proc(5)'s mountinfo: id, parent, device, root and mount point, then after " - " type,
// source and options.
struct Mount {
  explicit Mount(const std::string& line) {
    std::string skipped;
    std::istringstream fields(line);
    fields >> skipped >> skipped >> skipped >> root >> at;
    const std::size_t dash = line.find(" - ");
    if (dash == line.npos) return;
    std::istringstream rest(line.substr(dash + 3));
    rest >> type >> skipped >> options;
  }
  bool holds(std::string_view controller) const {
    return controller.empty() ? type == "cgroup2"
                              : type == "cgroup" && has_item(options, controller);
  }

  std::string root, at, type, options;
};

}  // namespace

std::optional<ControlGroup> own_control_group(std::string_view controller, const fs::path& root) {
  std::string reason;
  const auto groups = read_text(root / "proc/self/cgroup", reason);
  const auto mounts = read_text(root / "proc/self/mountinfo", reason);
  if (!groups || !mounts) return std::nullopt;
  const std::string path = path_in_hierarchy(*groups, controller);
  if (path.empty()) return std::nullopt;
  std::istringstream lines(*mounts);
  for (std::string line; std::getline(lines, line);) {
    const Mount mount(line);
    if (!mount.holds(controller)) continue;
    const fs::path top = root / fs::path(mount.at).relative_path();
    if (mount.root == "/") return ControlGroup{top, top / path.substr(1)};
    if (path == mount.root || path.starts_with(mount.root + '/')) {
      return ControlGroup{top, top / fs::path(path.substr(mount.root.size())).relative_path()};
    }
  }
  return std::nullopt;
}

}  // namespace asyncbench::measure
