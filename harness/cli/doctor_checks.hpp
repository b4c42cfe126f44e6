// What on a machine disturbs measurements: a table of checks, each with its remedy.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace asyncbench::cli {

// The machine, as its files tell. Tests give it a directory of their own.
class Host {
 public:
  explicit Host(std::filesystem::path root = "/") : root_(std::move(root)) {}

  // The file's text without the last line end; nullopt when it cannot be read.
  std::optional<std::string> read(const std::string& path) const;
  // The first number of the file.
  std::optional<std::int64_t> read_number(const std::string& path) const;
  std::filesystem::path at(const std::string& path) const { return root_ / path; }

 private:
  std::filesystem::path root_;
};

enum class Severity : std::uint8_t {
  ok,
  warning,  // measurements work, but are noisier or less complete than they could be
  problem,  // figures will mislead, or something will not run
};
std::string_view name_of(Severity severity);

struct Finding {
  Severity severity = Severity::ok;
  std::string found;   // one line
  std::string remedy;  // one line; empty when ok
};

struct Check {
  std::string_view name;
  Finding (*look)(const Host& host);
};

// All of them, in the order in which `doctor` prints them. Each is quick, changes nothing, and says
// so when it cannot know ("not readable").
std::span<const Check> doctor_checks();

// The parts of that list: one file each.
std::span<const Check> processor_checks();  // doctor_processor.cpp
std::span<const Check> kernel_checks();     // doctor_kernel.cpp: limits, network, interfaces
std::span<const Check> gate_checks();       // doctor_gate.cpp: what a gate can find here
}  // namespace asyncbench::cli
