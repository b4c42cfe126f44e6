#include "core/file_ops.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

namespace asyncbench {

namespace {

// What a system call returned, as a completion.
Completion moved(ssize_t result) {
  if (result < 0) return failed(errno);
  return {.size = static_cast<std::size_t>(result)};
}

template <class Call>
Completion uninterrupted(Call call) {
  for (;;) {
    const ssize_t result = call();
    if (result >= 0 || errno != EINTR) return moved(result);
  }
}

// The kernel refuses to make or cut a file without waiting, so it is not asked to
// (build_open_flags() in fs/open.c). O_NONBLOCK keeps a pipe without a writer from blocking, and
// means nothing to a file (open(2)). An error is left to the call that may wait.
std::optional<Completion> open_cached(const op::Open& open) {
  if ((open.flags & (O_CREAT | O_TRUNC)) != 0 || (open.flags & O_TMPFILE) == O_TMPFILE) return {};
  open_how how{};
  how.flags = static_cast<unsigned>(open.flags | O_CLOEXEC | O_NONBLOCK);
  how.resolve = RESOLVE_CACHED;
  const long file = ::syscall(SYS_openat2, AT_FDCWD, open.path, &how, sizeof how);
  if (file < 0) return {};
  return moved(file);
}

}  // namespace

Completion perform_file_op(const Op& op) {
  return std::visit(Overloaded{
                        [](const op::Open& open) {
                          return uninterrupted([&] {
                            return ::open(open.path, open.flags | O_CLOEXEC, kNewFileMode);
                          });
                        },
                        [](const op::Read& read) {
                          return uninterrupted([&] {
                            return ::pread(read.file, read.into.data(), read.into.size(),
                                           static_cast<off_t>(read.offset));
                          });
                        },
                        [](const op::Write& write) {
                          return uninterrupted([&] {
                            return ::pwrite(write.file, write.bytes.data(), write.bytes.size(),
                                            static_cast<off_t>(write.offset));
                          });
                        },
                        [](const op::Sync& sync) {
                          return uninterrupted([&] { return ::fdatasync(sync.file); });
                        },
                        [](const op::CloseFile& close) {
                          ::close(close.file);
                          return Completion{};
                        },
                        [](const auto&) { return failed(std::errc::operation_not_supported); },
                    },
                    op);
}

FileTry try_file_op(const Op& op) {
  if (std::holds_alternative<op::CloseFile>(op)) return {.ended = perform_file_op(op)};
  if (const auto* open = std::get_if<op::Open>(&op)) return {.ended = open_cached(*open)};
  iovec part{};
  if (const auto* read = std::get_if<op::Read>(&op)) {
    part = {.iov_base = read->into.data(), .iov_len = read->into.size()};
    const ssize_t result =
        ::preadv2(read->file, &part, 1, static_cast<off_t>(read->offset), RWF_NOWAIT);
    // A part of it may be cached while the rest is on the disk; a short read at the end of the file
    // looks alike, and is found out by the blocking call.
    if (result >= 0 && static_cast<std::size_t>(result) == part.iov_len) {
      return {.ended = moved(result)};
    }
    return {.is_always_refused = result < 0 && errno == EOPNOTSUPP};
  }
  if (const auto* write = std::get_if<op::Write>(&op)) {
    part = {.iov_base = const_cast<std::byte*>(write->bytes.data()),
            .iov_len = write->bytes.size()};
    const ssize_t result =
        ::pwritev2(write->file, &part, 1, static_cast<off_t>(write->offset), RWF_NOWAIT);
    if (result > 0) return {.ended = moved(result)};  // Write may be short
    return {.is_always_refused = result < 0 && errno == EOPNOTSUPP};
  }
  return {};
}

bool waits_for_disk(const op::Open& opened) { return (opened.flags & (O_DIRECT | O_DSYNC)) != 0; }

Completion cancel_file_op(const Op& op, const Completion& ended) {
  if (outlives_stop(kind_of(op))) return ended;
  if (std::holds_alternative<op::Open>(op) && !ended.error) ::close(static_cast<int>(ended.size));
  return failed(std::errc::operation_canceled);
}

}  // namespace asyncbench
