#include "cli/gate_programs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "cli/command.hpp"
#include "cli/output.hpp"
#include "cli/program_options.hpp"
#include "cli/revisions.hpp"
#include "programs/program_build.hpp"
#include "report/format.hpp"

namespace asyncbench::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTwoFiles = "give two files: --base-program and --candidate-program";

// Whether the program differs from one revision to the other: something of it is built, or stands
// beside its file.
bool is_of_its_folder(const programs::ProgramFile& file) {
  if (!file.build.empty()) return true;
  const auto folders = programs::values_of(file);
  return std::ranges::any_of(
      file.command.empty() ? file.participant : file.command, [&](const std::string& word) {
        const fs::path path = file.folder / programs::filled_in(word, folders);
        const fs::path inside = path.lexically_normal().lexically_relative(file.folder);
        std::error_code error;
        return !inside.empty() && *inside.begin() != ".." && fs::exists(path, error) &&
               inside != ".";
      });
}

// The program's file in a worktree of its revision.
fs::path file_at(const fs::path& file, const std::string& name) {
  const Revision revision = find_revision(file.parent_path(), name, kTwoFiles);
  const fs::path folder = programs::cache_folder() / "revisions" /
                          fmt::format("{:016x}", std::hash<std::string>{}(revision.top.string())) /
                          revision.commit;
  const WorkLock lock(folder);
  const fs::path source = folder / "source";
  print_error("checking out {} ({}) in {}\n", report::printable(name),
              revision.commit.substr(0, 12), report::printable(source.string()));
  check_out_at(source, revision, must_succeed(folder / "log", name));
  const fs::path there = source / fs::relative(file, revision.top);
  if (!fs::exists(there)) {
    // The file is newer than the program that it starts.
    fs::create_directories(there.parent_path());
    fs::copy_file(file, there);
  }
  return there;
}

programs::ProgramSpec at_revision(const std::string& given, const std::string& name) {
  if (!is_program_file(given)) {
    throw usage_error(fmt::format("{}: a command has no revisions", given),
                      "write a program file (docs/programs.md), or " + std::string(kTwoFiles));
  }
  std::error_code error;
  const fs::path file = fs::canonical(given, error);
  if (error) throw usage_error(fmt::format("{}: {}", given, error.message()), "");
  const programs::ProgramFile read = programs::read_program(file);
  if (!is_of_its_folder(read)) {
    throw usage_error(
        fmt::format("{}: `{}` is the same at every revision: nothing of it is in the repository, "
                    "and nothing is built",
                    given, fmt::join(read.command, " ")),
        "name what builds it with build = in the file, or " + std::string(kTwoFiles));
  }
  return program_spec(file_at(file, name), "");
}

}  // namespace

GatedSpecs gated_programs(const GatedPrograms& typed) {
  GatedSpecs specs;
  if (typed.base_revision.empty()) {
    if (typed.base.empty() || typed.candidate.empty()) {
      throw usage_error(typed.base.empty() ? "--candidate-program without --base-program"
                                           : "--base-program without --candidate-program",
                        "a gate compares two builds: give both, or --base-rev");
    }
    specs = {.base = program_spec(typed.base, typed.target),
             .candidate = program_spec(typed.candidate, typed.target)};
  } else {
    const std::string& candidate = typed.candidate.empty() ? typed.base : typed.candidate;
    const std::string& base = typed.base.empty() ? typed.candidate : typed.base;
    specs = {.base = at_revision(base, typed.base_revision),
             .candidate = at_revision(candidate, typed.candidate_revision)};
    note_uncommitted(fs::absolute(candidate).parent_path(), typed.candidate_revision);
  }
  // They are one strategy, of which there are two builds.
  const std::string base = programs::Program(specs.base).info().name;
  const std::string candidate = programs::Program(specs.candidate).info().name;
  specs.base.name = base == candidate ? base : "program";
  specs.candidate.name = specs.base.name;
  return specs;
}

}  // namespace asyncbench::cli
