// File operations as system calls, for strategies whose library has none of its own.
#pragma once

#include <optional>

#include "core/op.hpp"

namespace asyncbench {

// Permissions of files that Open makes.
inline constexpr unsigned kNewFileMode = 0600;

// Performs a file operation, blocking for as long as it takes. Indexes are descriptors.
Completion perform_file_op(const Op& op);

// What became of trying a file operation without waiting.
struct FileTry {
  // How it ended; empty: it would block, or part of it, and nothing of it counts.
  std::optional<Completion> ended;
  // The file's file system refuses all such reads, or all such writes, cached or not (EOPNOTSUPP):
  // ext4 so refuses buffered writes.
  bool is_always_refused = false;
};

// Performs a file operation if that needs no waiting: CloseFile, a Read or Write that the page
// cache serves whole (RWF_NOWAIT, preadv2(2)), and an Open that makes and cuts nothing and finds
// all of its path in the cache of directory entries (RESOLVE_CACHED, openat2(2)). Not for reads and
// writes of files of which waits_for_disk() is true.
FileTry try_file_op(const Op& op);

// Whether reading or writing a file opened so waits for the disk whatever RWF_NOWAIT says: a direct
// transfer is waited for (iomap_dio_rw() in fs/iomap/direct-io.c), and so is the flush after a
// synchronous write (generic_write_sync() in include/linux/fs.h).
bool waits_for_disk(const op::Open& opened);

// What a file operation reports when a stop came while it was performed: operation_canceled, unless
// it outlives a stop. A file just opened is closed, for its task will never know of it.
Completion cancel_file_op(const Op& op, const Completion& ended);

}  // namespace asyncbench
