// What this host has left: memory and space for files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace asyncbench::workloads {

// Why this host's memory does not hold so many bytes for `purpose`, without swapping, with the
// remedy; empty where it does, or where the kernel does not tell.
std::string memory_objection(std::uint64_t bytes, std::string_view purpose,
                             std::string_view remedy);

// The words of a refusal.
struct SpaceWords {
  std::string_view who;  // with its verb: "the file needs"
  std::string_view folder;
  std::string_view remedy;
};

// Why the file system of `fd` cannot store so many bytes; empty: it can.
std::string space_objection(std::uint64_t bytes, int fd, const SpaceWords& words);

// Why no file may be so long (RLIMIT_FSIZE: to write a longer one would end the process); empty: it
// may.
std::string file_limit_objection(std::uint64_t bytes);

}  // namespace asyncbench::workloads
