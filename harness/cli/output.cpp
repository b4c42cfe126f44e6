#include "cli/output.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cli/command.hpp"
#include "core/shell_quoted.hpp"
#include "report/format.hpp"
#include "report/terminal.hpp"

namespace asyncbench::cli {
namespace {

int out_error = 0;  // errno of the first write that standard output refused

void note_error() {
  if (out_error == 0) out_error = errno == 0 ? EIO : errno;
}

}  // namespace

void put(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) note_error();
}

void put_wrapped(std::string_view text) {
  const std::size_t width = columns();
  if (width == kColumns) return put(text);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const std::size_t indent = std::min(line.find_first_not_of(' '), width / 2);
    put(report::display_width(line) <= width
            ? fmt::format("{}\n", line)
            : report::wrapped(line.substr(indent), line.substr(0, indent), width));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
}

void put_error(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

void complain(std::string_view message) {
  print_error("asyncbench: {}\n", report::message_text(message));
}

std::size_t columns() { return std::min(kColumns, report::terminal_of(STDOUT_FILENO).width); }

void print_result(const std::string& path, bool again) {
  const std::string pasted = report::printable(shell_quoted(path));
  print_out("Result: {}\n", report::printable(path));
  if (again) print_out("Again:  asyncbench show {}\n", pasted);
  print_out("Page:   asyncbench report {}\n", pasted);
}

void flush_out() {
  if (std::fflush(stdout) != 0) note_error();
}

run::ExitCode close_out(run::ExitCode code) {
  using run::ExitCode;
  flush_out();
  if (out_error == 0) return code;
  if (out_error != EPIPE) {
    print_error(
        "asyncbench: standard output: {} ({}); the output is not whole: write it to "
        "another place, or free space there\n",
        strerrorname_np(out_error), std::strerror(out_error));
  }
  return run::is_interruption(code) ? code : ExitCode::not_stored;
}

}  // namespace asyncbench::cli
