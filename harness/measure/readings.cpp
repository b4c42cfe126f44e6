#include "measure/readings.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "core/fd.hpp"

namespace asyncbench::measure {

std::string errno_text(std::string_view what) {
  const int error = errno;
  return std::string(what) + ": " + std::system_category().message(error);
}

std::optional<std::string> read_text(const std::string& path, std::string& reason) {
  const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) {
    reason = errno_text("open " + path);
    return std::nullopt;
  }
  std::string text;
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) {
      reason = errno_text("read " + path);
      return std::nullopt;
    }
    if (size == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

Reading leading_number(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data() + start, text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  return number;
}

Reading number_after(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  return leading_number(text.substr(at + name.size()));
}

Reading difference(const Reading& before, const Reading& after) {
  if (!before || !after || *after < *before) return std::nullopt;
  return *after - *before;
}

}  // namespace asyncbench::measure
