#include "report/terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace asyncbench::report {

namespace {

bool is_dumb() {
  const char* const term = std::getenv("TERM");
  return term != nullptr && std::string_view(term) == "dumb";
}

}  // namespace

std::string Terminal::paint(std::string_view text, Color as) const {
  // ECMA-48, section 8.3.117 (SGR).
  static constexpr std::array kCodes = {"", "1", "2", "32", "31", "33"};
  if (!color || as == Color::none || text.empty()) return std::string(text);
  return fmt::format("\033[{}m{}\033[0m", kCodes[static_cast<std::size_t>(as)], text);
}

Terminal terminal_of(int fd) {
  constexpr std::size_t kLeast = 40;
  const bool is_terminal = ::isatty(fd) == 1;
  Terminal terminal{.color = wants_color(fd), .overwrites = is_terminal && !is_dumb()};
  winsize size{};
  if (is_terminal && ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    terminal.width = std::max<std::size_t>(kLeast, size.ws_col);
  }
  return terminal;
}

bool wants_color(int fd) {
  const char* const no_color = std::getenv("NO_COLOR");
  return ::isatty(fd) == 1 && !(no_color && *no_color) && !is_dumb();
}

}  // namespace asyncbench::report
