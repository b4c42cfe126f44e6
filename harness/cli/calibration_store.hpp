// The calibration of this machine, kept between runs of the program.
#pragma once

#include <filesystem>
#include <optional>

#include "analyze/calibration.hpp"

namespace asyncbench::cli {

// $XDG_STATE_HOME/asyncbench/calibration.json, by default ~/.local/state/asyncbench/... (XDG Base
// Directory Specification). Empty without a home.
std::filesystem::path calibration_path();

// What it holds; nullopt when there is none, it cannot be read, or it is of another kernel or CPU:
// its spread would be another machine's.
std::optional<analyze::Calibration> stored_calibration();

// The calibration as JSON, schema "asyncbench-calibration" 1.0.
std::string calibration_json(const analyze::Calibration& calibration);

}  // namespace asyncbench::cli
