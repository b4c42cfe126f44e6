// Values that the machine may refuse to tell: either a value is there, or the reason why not.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace asyncbench::measure {

// Field name -> why it is nullopt, in one line: "open /proc/...: Permission denied".
using Unreadable = std::map<std::string, std::string>;

using Reading = std::optional<std::int64_t>;

// A small text file (/proc, /sys) as a whole, without the newline at its end. On failure nullopt,
// and `reason` names path and error.
std::optional<std::string> read_text(const std::string& path, std::string& reason);

// "open /dev/x: Permission denied", from errno.
std::string errno_text(std::string_view what);

// The number at the start of a text, after blanks; nullopt when there is none.
Reading leading_number(std::string_view text);

// The number that follows the first `name` in a text ("VmHWM:   12 kB", "total=12").
Reading number_after(std::string_view text, std::string_view name);

// after - before; nullopt when either of them is, or the count went backwards, as some of the
// kernel's do: then there is no telling.
Reading difference(const Reading& before, const Reading& after);

}  // namespace asyncbench::measure
