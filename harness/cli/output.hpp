// The one way in which commands print. What standard output refuses is known at the end of the
// program (exit 6); standard error never gets in the way of what is being done.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "run/options.hpp"

namespace asyncbench::cli {

// To standard output, as it is.
void put(std::string_view text);

// The same for text that was written for kColumns: on a narrower terminal, each line that is too
// wide goes on below its own indent.
void put_wrapped(std::string_view text);

// To standard error. What cannot be written there is lost.
void put_error(std::string_view text);

template <class... Values>
void print_out(fmt::format_string<Values...> format, Values&&... values) {
  put(fmt::format(format, std::forward<Values>(values)...));
}

template <class... Values>
void print_error(fmt::format_string<Values...> format, Values&&... values) {
  put_error(fmt::format(format, std::forward<Values>(values)...));
}

// "asyncbench: MESSAGE" on standard error. The message may quote foreign text: see
// report::message_text().
void complain(std::string_view message);

// The width of what is wrapped for standard output: kColumns, or those of a narrower terminal.
std::size_t columns();

// Where a result is, and the commands that show it, to be pasted. With `again`, `show` tells more
// than was printed.
void print_result(const std::string& path, bool again = false);

// Writes what is buffered for standard output: before others write there, and before what belongs
// below it goes to standard error.
void flush_out();

// The program's exit code: `code`, or ExitCode::not_stored and a line on standard error when some
// of the output was not written. An interruption keeps its own code. A reader that has left, as
// `head` does, needs no line.
run::ExitCode close_out(run::ExitCode code);

}  // namespace asyncbench::cli
