// Where the control groups of this process are (cgroups(7)).
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace asyncbench::measure {

struct ControlGroup {
  std::filesystem::path top;     // the highest group of the hierarchy that is visible
  std::filesystem::path folder;  // that of the process: `top`, or below it
};

// The hierarchy of version 2, or, where `controller` is given, that of version 1 which has it.
// nullopt where there is none, or it is not visible. `root` is where /proc and the mount points
// are; tests give one of their own.
std::optional<ControlGroup> own_control_group(std::string_view controller = {},
                                              const std::filesystem::path& root = "/");

}  // namespace asyncbench::measure
