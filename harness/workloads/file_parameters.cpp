#include "workloads/file_parameters.hpp"

#include <fcntl.h>

#include <array>

namespace asyncbench::workloads {
namespace {

constexpr ParameterInfo kFileBytes{.name = "file_bytes",
                                   .kind = ValueKind::size,
                                   .otherwise = "256m",
                                   .description = "size of the file",
                                   .least = 4096,
                                   .most = std::uint64_t{1} << 50,
                                   .always_shown = true};
constexpr ParameterInfo kBlockBytes{.name = "block_bytes",
                                    .kind = ValueKind::size,
                                    .otherwise = "4k",
                                    .description = "read or written by one request",
                                    .least = 512,
                                    .most = std::uint64_t{1} << 26,
                                    .always_shown = true};
constexpr ParameterInfo kPattern{.name = "pattern",
                                 .kind = ValueKind::choice,
                                 .otherwise = "random",
                                 .description = "order of the blocks",
                                 .choices = "random|sequential",
                                 .always_shown = true};
constexpr ParameterInfo kInFlight{.name = "in_flight",
                                  .kind = ValueKind::count,
                                  .otherwise = "32",
                                  .description = "requests at once, each a task",
                                  .least = 1,
                                  .most = 4096,
                                  .always_shown = true};
constexpr ParameterInfo kDirect{.name = "direct",
                                .kind = ValueKind::on_off,
                                .otherwise = "off",
                                .description = "on: O_DIRECT, past the page cache"};
constexpr ParameterInfo kCache{.name = "cache",
                               .kind = ValueKind::choice,
                               .otherwise = "hot",
                               .description = "hot: all in the page cache; cold: kept out of it",
                               .choices = "hot|cold",
                               .always_shown = true,
                               .not_with = "direct"};
constexpr ParameterInfo kSync{.name = "sync",
                              .kind = ValueKind::sync,
                              .otherwise = "none",
                              .description = "fdatasync: none, end, or every:N writes of a task",
                              .always_shown = true};

constexpr std::array kReadInfos = {kFileBytes, kBlockBytes, kPattern, kInFlight, kDirect, kCache};
constexpr std::array kWriteInfos = {kFileBytes, kBlockBytes, kPattern, kInFlight, kDirect, kSync};

}  // namespace

std::span<const ParameterInfo> file_read_parameter_infos() { return kReadInfos; }
std::span<const ParameterInfo> file_write_parameter_infos() { return kWriteInfos; }

FileParameters FileParameters::from(const Parameters& parameters) {
  FileParameters made{.file_bytes = parameters.number("file_bytes"),
                      .block_bytes = parameters.number("block_bytes"),
                      .in_flight = static_cast<unsigned>(parameters.number("in_flight")),
                      .writes = parameters.has("sync"),
                      .is_sequential = parameters.text("pattern") == "sequential",
                      .is_direct = parameters.is_on("direct")};
  if (made.writes) {
    made.sync = parameters.sync("sync");
  } else {
    made.is_cold = parameters.text("cache") == "cold";
  }
  return made;
}

int FileParameters::open_flags() const {
  return (writes ? O_WRONLY : O_RDONLY) | (is_direct ? O_DIRECT : 0);
}

}  // namespace asyncbench::workloads
