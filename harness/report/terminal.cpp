#include "report/terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace asyncbench::report {

std::string Terminal::paint(std::string_view text, Color as) const {
  // ECMA-48, section 8.3.117 (SGR).
  static constexpr std::array kCodes = {"", "1", "2", "32", "31", "33"};
  if (!color || as == Color::none || text.empty()) return std::string(text);
  return fmt::format("\033[{}m{}\033[0m", kCodes[static_cast<std::size_t>(as)], text);
}

Terminal terminal_of(int fd) {
  constexpr std::size_t kLeast = 60;
  Terminal terminal{.color = wants_color(fd)};
  winsize size{};
  if (::isatty(fd) == 1 && ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    terminal.width = std::max<std::size_t>(kLeast, size.ws_col);
  }
  return terminal;
}

bool wants_color(int fd) {
  const char* const no_color = std::getenv("NO_COLOR");
  const char* const term = std::getenv("TERM");
  return ::isatty(fd) == 1 && !(no_color && *no_color) &&
         !(term && std::string_view(term) == "dumb");
}

}  // namespace asyncbench::report
