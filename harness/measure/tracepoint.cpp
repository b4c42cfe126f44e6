#include "measure/tracepoint.hpp"

#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>

#include "measure/readings.hpp"

namespace asyncbench::measure {

namespace {

constexpr auto kTraceFs = "/sys/kernel/tracing";
constexpr auto kDebugFs = "/sys/kernel/debug/tracing";

std::optional<Tracepoint> read_tracepoint(const std::string& folder, std::string& reason) {
  const auto id = read_text(folder + "/id", reason);
  const Reading number = id ? leading_number(*id) : std::nullopt;
  const auto format = number ? read_text(folder + "/format", reason) : std::nullopt;
  if (!format) return std::nullopt;
  return Tracepoint{.id = static_cast<std::uint64_t>(*number), .format = *format};
}

}  // namespace

// The format has lines such as "	field:pid_t pid;	offset:24;	size:4;	signed:1;"
std::optional<std::size_t> Tracepoint::offset_of(std::string_view field) const {
  const std::size_t at = format.find(" " + std::string(field) + ";");
  if (at == std::string::npos) return std::nullopt;
  const Reading offset = number_after(std::string_view(format).substr(at), "offset:");
  if (!offset) return std::nullopt;
  return static_cast<std::size_t>(*offset);
}

std::optional<Tracepoint> find_tracepoint(const std::string& system, const std::string& name,
                                          std::string& reason) {
  const std::string path = "/events/" + system + "/" + name;
  for (const char* root : {kTraceFs, kDebugFs}) {
    if (auto found = read_tracepoint(root + path, reason)) return found;
  }
  if (::access((kTraceFs + path).c_str(), F_OK) != 0 && errno == EACCES) {
    reason = errno_text(kTraceFs + path) + "; run as root";
    return std::nullopt;
  }
  if (::mount("tracefs", kTraceFs, "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) {
    reason = errno_text("mount tracefs") + "; as root: mount -t tracefs tracefs " + kTraceFs;
    return std::nullopt;
  }
  return read_tracepoint(kTraceFs + path, reason);
}

}  // namespace asyncbench::measure
