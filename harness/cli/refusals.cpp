#include "cli/refusals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>

namespace asyncbench::cli {
namespace {

using run::ExitCode;

struct Remedy {
  int error;
  ExitCode exit_code;
  std::string_view text;
};

constexpr std::array kRemedies = {
    Remedy{ENOSPC, ExitCode::not_stored,
           "free space there, or set TMPDIR or --out to another place"},
    Remedy{EDQUOT, ExitCode::not_stored,
           "free space there, or set TMPDIR or --out to another place"},
    Remedy{EFBIG, ExitCode::not_stored, "raise the file size limit (ulimit -f)"},
    Remedy{EROFS, ExitCode::not_stored, "set TMPDIR or --out to a place that can be written"},
    Remedy{EACCES, ExitCode::not_stored, "make it accessible, or name another place"},
    Remedy{ENOENT, ExitCode::not_stored, "create it, or name another place (TMPDIR, --out)"},
    Remedy{ENOTDIR, ExitCode::not_stored, "name a folder (TMPDIR, --out)"},
    Remedy{EPERM, ExitCode::usage, "run with the permission, or without what needs it"},
    Remedy{EMFILE, ExitCode::usage, "raise the descriptor limit (ulimit -n)"},
    Remedy{ENFILE, ExitCode::usage, "raise the system's limit of open files (fs.file-max)"},
    Remedy{EAGAIN, ExitCode::usage,
           "raise the limit of processes and threads (ulimit -u, pids.max), or ask for fewer"},
    Remedy{ENOMEM, ExitCode::usage,
           "ask for less, or raise the limit (ulimit -v, ulimit -l, memory.max)"},
};

const Remedy* remedy_for(int error) {
  const auto found = std::ranges::find(kRemedies, error, &Remedy::error);
  return found == kRemedies.end() ? nullptr : &*found;
}

}  // namespace

ExitCode exit_code_for(const std::system_error& error) {
  const Remedy* const remedy = remedy_for(error.code().value());
  if (remedy != nullptr) return remedy->exit_code;
  const bool of_files = dynamic_cast<const std::filesystem::filesystem_error*>(&error) != nullptr;
  return of_files ? ExitCode::not_stored : ExitCode::usage;
}

// The libraries' texts end with ": " and the system's own words, which are not wanted twice.
std::string refusal_text(const std::system_error& error) {
  const int number = error.code().value();
  std::string what = error.what();
  const std::string words = error.code().message();
  if (const auto* const of_files = dynamic_cast<const std::filesystem::filesystem_error*>(&error)) {
    what = fmt::format("{}{}{}", of_files->path1().string(), of_files->path2().empty() ? "" : ", ",
                       of_files->path2().string());
  } else if (what.ends_with(words)) {
    what.resize(what.size() - words.size());
    while (what.ends_with(' ') || what.ends_with(':')) what.pop_back();
  }
  const char* const name = strerrorname_np(number);
  const Remedy* const remedy = remedy_for(number);
  return fmt::format("{}: {} ({}); {}", what.empty() ? "the system refuses" : what,
                     name == nullptr ? "errno" : name, words,
                     remedy == nullptr ? "see asyncbench doctor" : remedy->text);
}

}  // namespace asyncbench::cli
