// What this host has left: memory, space for files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace asyncbench::workloads {

// "268435456 bytes (256 MiB)".
std::string size_text(std::uint64_t bytes);

// What can be used without swapping; nullopt where the kernel does not tell.
std::optional<std::uint64_t> available_memory();

// The words of a refusal.
struct SpaceWords {
  std::string_view who;  // and its verb: "the file needs"
  std::string_view folder;
  std::string_view remedy;
};

// Why so many bytes cannot be stored in the file system of `fd`; empty: they can.
std::string space_objection(std::uint64_t bytes, int fd, const SpaceWords& words);

// Why no file may be so long (RLIMIT_FSIZE: a longer one would end the process); empty: it may.
std::string file_limit_objection(std::uint64_t bytes);

}  // namespace asyncbench::workloads
