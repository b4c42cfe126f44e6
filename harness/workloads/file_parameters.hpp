// What the workloads `file-read` and `file-write` can be asked, and whether this host can give it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "workloads/parameters.hpp"

namespace asyncbench::workloads {

// Buffers of direct reads and writes begin at multiples of it; no file system asks for more.
inline constexpr std::size_t kBufferAlignment = 4096;

std::span<const ParameterInfo> file_read_parameter_infos();
std::span<const ParameterInfo> file_write_parameter_infos();

// The parameters of either workload, as values.
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

// Why the parameters make no sense together, or the folder or the memory cannot hold what they ask
// for: one line, with the remedy. Empty: they can be had.
std::string file_objection(const FileParameters& parameters, const std::string& folder);

}  // namespace asyncbench::workloads
