#include "run/pipe.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace asyncbench::run {
namespace {

void check(bool done, const char* operation) {
  if (!done) throw std::system_error(errno, std::system_category(), operation);
}

Fd moved_up(int fd) {
  const Fd low{fd};
  const int high = ::fcntl(fd, F_DUPFD_CLOEXEC, 10);
  check(high >= 0, "fcntl F_DUPFD_CLOEXEC");
  return Fd{high};
}

}  // namespace

Pipe make_pipe() {
  std::array<int, 2> ends{};
  check(::pipe2(ends.data(), O_CLOEXEC) == 0, "pipe2");
  Pipe pipe{.read = moved_up(ends[0]), .write = moved_up(ends[1])};
  return pipe;
}

void set_nonblocking(const Fd& fd) { ::fcntl(fd.get(), F_SETFL, O_NONBLOCK); }

void read_available(Fd& fd, std::string& text) {
  std::array<char, 64 * 1024> buffer;
  while (fd) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got > 0) {
      text.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (got < 0 && errno == EINTR) {
      continue;
    } else if (got < 0 && errno == EAGAIN) {
      return;
    } else {
      fd.reset();
    }
  }
}

void write_line(int fd, std::string_view line) {
  const std::string text = std::string(line) + '\n';
  std::size_t sent = 0;
  while (sent < text.size()) {
    const ssize_t wrote = ::write(fd, text.data() + sent, text.size() - sent);
    if (wrote < 0 && errno != EINTR) return;
    if (wrote > 0) sent += static_cast<std::size_t>(wrote);
  }
}

std::optional<std::string> LineBuffer::take() {
  const std::size_t end = text_.find('\n');
  if (end == std::string::npos) return std::nullopt;
  std::string line = text_.substr(0, end);
  text_.erase(0, end + 1);
  return line;
}

}  // namespace asyncbench::run
