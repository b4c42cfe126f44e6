// Pipes between processes, and the lines over them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/fd.hpp"

namespace asyncbench::run {

// Both ends are closed on exec, and above the descriptors that a child gets: dup2(2) must not
// overwrite an end that is still needed.
struct Pipe {
  Fd read;
  Fd write;
};

// Throws std::system_error.
Pipe make_pipe();

void set_nonblocking(const Fd& fd);

// Appends what is there; closes the descriptor at its end. It does not block.
void read_available(Fd& fd, std::string& text);

// Writes the line and its end, SIGPIPE being ignored or blocked. Whoever does not read any more is
// seen by its end, not here.
void write_line(int fd, std::string_view line);

// What has been read so far, handed out by whole lines.
class LineBuffer {
 public:
  std::string& text() { return text_; }

  // The next line, without its end; nullopt when there is no whole one yet.
  std::optional<std::string> take();

 private:
  std::string text_;
};

}  // namespace asyncbench::run
