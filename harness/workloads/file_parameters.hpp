// What the workloads `file-read` and `file-write` can be asked.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "workloads/parameters.hpp"

namespace asyncbench::workloads {

std::span<const ParameterInfo> file_read_parameter_infos();
std::span<const ParameterInfo> file_write_parameter_infos();

// The parameters of either, as values.
struct FileParameters {
  static FileParameters from(const Parameters& parameters);

  std::uint64_t file_bytes = 0;
  std::uint64_t block_bytes = 0;
  unsigned in_flight = 1;
  bool writes = false;
  bool is_sequential = false;
  bool is_direct = false;
  bool is_cold = false;  // reads: what has been read leaves the page cache again
  Sync sync;             // writes

  std::uint64_t blocks() const { return file_bytes / block_bytes; }
  std::uint64_t buffer_bytes() const { return in_flight * block_bytes; }
  // What open(2) gets from the tasks.
  int open_flags() const;
};

}  // namespace asyncbench::workloads
