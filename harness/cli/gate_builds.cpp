#include "cli/gate_builds.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "cli/command.hpp"
#include "cli/output.hpp"
#include "cli/revisions.hpp"
#include "cli/tool.hpp"
#include "core/private_folder.hpp"
#include "core/temporary_folder.hpp"
#include "report/format.hpp"

namespace asyncbench::cli {
namespace fs = std::filesystem;

std::string program_at(const std::string& path, const std::string& option) {
  std::error_code error;
  const fs::path absolute = fs::canonical(path, error);
  if (error) throw usage_error(fmt::format("{} {}: {}", option, path, error.message()), "");
  if (!fs::is_regular_file(absolute) || ::access(absolute.c_str(), X_OK) != 0) {
    throw usage_error(fmt::format("{} {}: not a program that can be started", option, path),
                      "give the path of an asyncbench binary");
  }
  return absolute;
}

std::string build_revision(const std::string& name) {
  const Revision revision =
      find_revision(".", name, "start the gate in asyncbench's, or use --base and --candidate");
  const fs::path folder = revision.top / "build-gate";
  const fs::path program = folder / revision.commit / "asyncbench";
  const WorkLock lock(folder);
  if (fs::exists(program)) return program;

  const fs::path source = folder / "source";
  const fs::path build = folder / "build";
  const fs::path log = folder / (revision.commit + ".log");
  const Must must = must_succeed(log, name);
  check_out_at(source, revision, must);
  print_error("building {} ({}), log in {}\n", report::printable(name),
              revision.commit.substr(0, 12), report::printable(log.string()));
  must({"cmake", "-S", source, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
        "-DASYNCBENCH_TESTS=OFF", "-DASYNCBENCH_BENCH=OFF", "-DASYNCBENCH_CONFORMANCE=OFF"},
       "configuring");
  must({"cmake", "--build", build, "--target", "asyncbench"}, "building");
  fs::create_directories(program.parent_path());
  // By another name first: a copy that was interrupted must not pass for the program.
  const fs::path copy = program.parent_path() / "asyncbench.new";
  fs::copy_file(build / "asyncbench", copy, fs::copy_options::overwrite_existing);
  fs::rename(copy, program);
  return program;
}

analyze::Ingredients ingredients_of_program(const std::string& program) {
  constexpr Duration kLimit = std::chrono::seconds(10);
  const PrivateFolder scratch(temporary_folder());
  const fs::path answer = fs::path(scratch.path()) / "answer";
  if (!succeeds({program, "--version"}, answer, kLimit)) return {};
  return analyze::ingredients_of(std::string_view(text_of_file(answer)));
}

}  // namespace asyncbench::cli
