// What a terminal can show: its width, and colours.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace asyncbench::report {

enum class Color : std::uint8_t { none, bold, dim, good, bad, doubtful };

struct Terminal {
  bool color = false;
  bool overwrites = false;  // a line can be written over, as progress does
  std::size_t width = 80;   // columns

  // The text in that colour, or as it is. Paint what has its final width: the codes have none.
  std::string paint(std::string_view text, Color as) const;
};

// Of what is written to this descriptor. A terminal's own width, at least 40 columns; 80 where
// nobody says. Coloured where wants_color(). A dumb terminal knows no control codes.
Terminal terminal_of(int fd);

// Whether to color what is written to this descriptor: a terminal, and neither NO_COLOR
// (https://no-color.org) nor TERM=dumb is set.
bool wants_color(int fd);

}  // namespace asyncbench::report
