// File operations. What the page cache serves ends within the submission; the rest is in the hands
// of the disk, or of worker threads of the kernel where a file system can only block.
#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "core/file_ops.hpp"
#include "loop.hpp"

namespace asyncbench::uring {

namespace {

// What read(2) moves at most; an entry's length has 32 bits.
constexpr std::size_t kMovedBytesMax = 0x7ffff000;

unsigned length_of(std::span<const std::byte> bytes) {
  return static_cast<unsigned>(std::min(bytes.size(), kMovedBytesMax));
}

}  // namespace

Loop::Attempt Loop::file(Stream& stream, const Op& wanted) {
  switch (kind_of(wanted)) {
    case OpKind::open:
      return open(stream, *std::get_if<op::Open>(&wanted));
    case OpKind::read:
      return read(stream, *std::get_if<op::Read>(&wanted));
    case OpKind::write:
      return write(stream, *std::get_if<op::Write>(&wanted));
    case OpKind::sync:
      return sync(stream, *std::get_if<op::Sync>(&wanted));
    default:
      close_descriptor(std::get_if<op::CloseFile>(&wanted)->file);
      return Completion{};
  }
}

Loop::Attempt Loop::open(Stream& stream, const op::Open& wanted) {
  io_uring_sqe* sqe = nullptr;
  if (ring_.features().direct_descriptors) {
    const std::optional<int> slot = slots_.take();
    if (!slot) return failed(EMFILE);
    stream.opening_slot = *slot;
    sqe = ring_.entry();
    // No program that this one may execute inherits a slot, so the kernel refuses O_CLOEXEC here.
    io_uring_prep_openat_direct(sqe, AT_FDCWD, wanted.path, wanted.flags & ~O_CLOEXEC, kNewFileMode,
                                static_cast<unsigned>(*slot));
  } else {
    sqe = ring_.entry();
    io_uring_prep_openat(sqe, AT_FDCWD, wanted.path, wanted.flags | O_CLOEXEC, kNewFileMode);
  }
  stream.is_opening = true;
  return queue_file_op(stream, sqe);
}

Loop::Attempt Loop::read(Stream& stream, const op::Read& wanted) {
  io_uring_sqe* const sqe = ring_.entry();
  const auto buffer = registered_ ? registered_->index_of(wanted.into) : std::nullopt;
  if (buffer) {
    io_uring_prep_read_fixed(sqe, wanted.file, wanted.into.data(), length_of(wanted.into),
                             wanted.offset, *buffer);
  } else {
    io_uring_prep_read(sqe, wanted.file, wanted.into.data(), length_of(wanted.into), wanted.offset);
  }
  if (ring_.features().direct_descriptors) sqe->flags |= IOSQE_FIXED_FILE;
  return queue_transfer(stream, sqe);
}

Loop::Attempt Loop::write(Stream& stream, const op::Write& wanted) {
  io_uring_sqe* const sqe = ring_.entry();
  const auto buffer = registered_ ? registered_->index_of(wanted.bytes) : std::nullopt;
  if (buffer) {
    io_uring_prep_write_fixed(sqe, wanted.file, wanted.bytes.data(), length_of(wanted.bytes),
                              wanted.offset, *buffer);
  } else {
    io_uring_prep_write(sqe, wanted.file, wanted.bytes.data(), length_of(wanted.bytes),
                        wanted.offset);
  }
  if (ring_.features().direct_descriptors) sqe->flags |= IOSQE_FIXED_FILE;
  return queue_transfer(stream, sqe);
}

Loop::Attempt Loop::sync(Stream& stream, const op::Sync& wanted) {
  io_uring_sqe* const sqe = ring_.entry();
  io_uring_prep_fsync(sqe, wanted.file, IORING_FSYNC_DATASYNC);
  if (ring_.features().direct_descriptors) sqe->flags |= IOSQE_FIXED_FILE;
  return queue_file_op(stream, sqe);
}

Loop::Attempt Loop::queue_transfer(Stream& stream, io_uring_sqe* sqe) {
  ++transfers_in_flight_;
  stream.is_transfer = true;
  return queue_file_op(stream, sqe);
}

Loop::Attempt Loop::queue_file_op(Stream& stream, io_uring_sqe* sqe) {
  sqe->user_data = tag_of(stream, Kind::file);
  streams_.begin_in_flight(stream);
  park(stream, Waits::file, kNever);
  return std::nullopt;
}

void Loop::file_op_ended(Stream& stream, int result) {
  streams_.end_in_flight(stream);
  if (std::exchange(stream.is_transfer, false)) --transfers_in_flight_;
  const int slot = std::exchange(stream.opening_slot, -1);
  if (std::exchange(stream.is_opening, false)) {
    if (result < 0) {
      if (slot >= 0) slots_.give_back(slot);
    } else {
      if (slot >= 0) result = slot;
      if (is_stopping()) close_descriptor(result);  // the task will not hear of it
    }
  }
  if (is_stopping()) {
    complete(stream, failed(std::errc::operation_canceled));
  } else if (result < 0) {
    complete(stream, failed(-result));
  } else {
    complete(stream, {.size = static_cast<std::size_t>(result)});
  }
}

}  // namespace asyncbench::uring
