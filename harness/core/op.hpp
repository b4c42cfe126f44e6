// The operations: everything that a task can want of a strategy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <system_error>
#include <variant>

#include "core/time.hpp"

namespace asyncbench {

class Endpoint;
class Task;

namespace http {
struct Request;
class ResponseSink;
}  // namespace http

// Whatever an operation points to stays valid, and unchanged, until the operation has ended.
// A deadline of kNever means none. Deadlines are never early, and at most 5 ms late on an idle
// core.
namespace op {

// A new unit of work (a request) starts here. Thread-per-request goes on in a fresh thread, a pool
// queues the task, event loops go straight on.
struct Begin {};

// Connects the task's stream, over TCP or a Unix socket as the endpoint says; a task has one stream
// at a time. TCP_NODELAY is on. After an error there is no stream, and no Close is due.
struct Connect {
  const Endpoint* to;
  Time deadline = kNever;
};

// Some bytes of the stream, or its end (Completion::data is empty). The strategy owns the buffer:
// `data` stays valid until the task returns anything but Begin or Send. A Receive that timed out
// lost nothing and can be repeated; one whose deadline has already passed takes what is there now.
struct Receive {
  Time deadline = kNever;
};

// Of a Send after which the task does not go on to receive.
inline constexpr Time kNoReply = Time::min();

// All of the bytes: ends when the kernel has taken the last one. After an error, how much was sent
// is unknown, and only Close makes sense.
struct Send {
  std::span<const std::byte> bytes;
  Time deadline = kNever;
  // Other than kNoReply: a promise that the next operation will be Receive with this deadline, and
  // that nothing received before is needed once the bytes are sent. A strategy may use it to wait
  // for the send and for the reply at once, or ignore it.
  Time reply_deadline = kNoReply;

  bool awaits_reply() const { return reply_deadline != kNoReply; }
};

// Closes the stream; cannot fail. `reset` sends RST instead of FIN.
struct Close {
  bool reset = false;
};

// Opens a file, with the O_* flags of open(2) (O_CREAT makes it with kNewFileMode,
// core/file_ops.hpp) and O_CLOEXEC. Completion::size is the file's index for the operations below,
// until its CloseFile. A task closes what it opened before it finishes; several tasks of a lane may
// use one file.
struct Open {
  const char* path;  // zero-terminated
  int flags;
};

// What one pread(2) does: Completion::size bytes have been read, perhaps fewer than asked for, 0 at
// the end of the file. Buffers lie in Job::io_memory.
struct Read {
  int file;
  std::uint64_t offset;
  std::span<std::byte> into;
};

// What one pwrite(2) does: Completion::size bytes have been written, perhaps fewer than asked for.
struct Write {
  int file;
  std::uint64_t offset;
  std::span<const std::byte> bytes;
};

// fdatasync(2).
struct Sync {
  int file;
};

// Cannot fail as far as the task is concerned: what must be durable has been synced before.
struct CloseFile {
  int file;
};

// Never ends early, except by a stop.
struct Sleep {
  Time until;
};

// One HTTP request and its response, for strategies that bring their own HTTP (libcurl).
// The outcome goes to the sink; Completion::error is set for a stop alone.
struct Exchange {
  const http::Request* request;
  http::ResponseSink* sink;
  Time deadline = kNever;
};

// Starts all children in this task's lane, at once, and goes on when each has finished. Each child
// is a task like any other, with a stream of its own that outlives its Finish: the next Gather may
// start the child again on its open connection. A child belongs to the task that gathered it first,
// dies after that task has finished, and its stream ends by Close or with that task's Finish, which
// comes only while no child runs. A stop reaches the children as any task; when they have finished,
// the Gather ends with operation_canceled. Children may gather in turn. No children: ends at once.
struct Gather {
  std::span<Task* const> children;
};

// The end of a run. Any stream is closed, but a gathered child's.
struct Finish {};

}  // namespace op

using Op = std::variant<op::Begin, op::Connect, op::Receive, op::Send, op::Close, op::Open,
                        op::Read, op::Write, op::Sync, op::CloseFile, op::Sleep, op::Exchange,
                        op::Gather, op::Finish>;

// Names the alternatives of Op, in their order.
enum class OpKind : std::uint8_t {
  begin,
  connect,
  receive,
  send,
  close,
  open,
  read,
  write,
  sync,
  close_file,
  sleep,
  exchange,
  gather,
  finish,
  accept,  // not an Op: servers need it, through Job::acceptor
};
inline constexpr std::size_t kOpKinds = static_cast<std::size_t>(OpKind::accept) + 1;
static_assert(std::variant_size_v<Op> + 1 == kOpKinds);

inline OpKind kind_of(const Op& op) { return static_cast<OpKind>(op.index()); }
const char* name_of(OpKind kind);

// Whether an operation is performed after a stop, too, instead of ending with operation_canceled.
inline constexpr bool outlives_stop(OpKind kind) {
  return kind == OpKind::close || kind == OpKind::close_file || kind == OpKind::finish;
}

// A set of operation kinds: what a workload needs, what a strategy offers.
class OpSet {
 public:
  constexpr OpSet() = default;
  constexpr OpSet(std::initializer_list<OpKind> kinds) {
    for (const OpKind kind : kinds) bits_ |= bit_of(kind);
  }

  constexpr bool contains(OpKind kind) const { return (bits_ & bit_of(kind)) != 0; }
  constexpr bool is_empty() const { return bits_ == 0; }

  friend constexpr OpSet operator|(OpSet a, OpSet b) { return OpSet(a.bits_ | b.bits_); }
  friend constexpr OpSet operator&(OpSet a, OpSet b) { return OpSet(a.bits_ & b.bits_); }
  friend constexpr OpSet operator-(OpSet a, OpSet b) { return OpSet(a.bits_ & ~b.bits_); }

 private:
  constexpr explicit OpSet(std::uint32_t bits) : bits_(bits) {}
  static constexpr std::uint32_t bit_of(OpKind kind) {
    return std::uint32_t{1} << static_cast<unsigned>(kind);
  }

  std::uint32_t bits_ = 0;
};

// Every strategy has these. They wait for nothing.
inline constexpr OpSet kTaskOps{OpKind::begin, OpKind::close, OpKind::finish};
inline constexpr OpSet kStreamOps{OpKind::connect, OpKind::receive, OpKind::send};
inline constexpr OpSet kFileOps{OpKind::open, OpKind::read, OpKind::write, OpKind::sync,
                                OpKind::close_file};
// What most strategies offer: everything but HTTP of their own.
inline constexpr OpSet kAllButExchange =
    kTaskOps | kStreamOps | kFileOps | OpSet{OpKind::accept, OpKind::sleep, OpKind::gather};

// How an operation ended. `error` is std::errc::timed_out past the deadline,
// std::errc::operation_canceled on a stop, std::errc::operation_not_supported for an operation that
// the strategy said it lacks, else the kernel's errno in std::system_category() (compare with
// errc).
struct Completion {
  std::error_code error;
  std::span<const std::byte> data;  // Receive: empty at the end of the stream
  std::size_t size = 0;             // Read, Write: bytes moved; Open: the file's index
};

inline Completion failed(std::errc error) { return {.error = std::make_error_code(error)}; }

// From a positive errno.
inline Completion failed(int error) { return {.error = {error, std::system_category()}}; }

// For std::visit with one lambda an operation.
template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace asyncbench
