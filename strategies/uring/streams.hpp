// What a loop keeps for each of its tasks, and how completions find it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

#include "core/assert.hpp"
#include "core/driven_task.hpp"
#include "memory.hpp"

namespace asyncbench::uring {

// A stream whose task does not ask for what has come may hold this many buffers; then receiving
// stops, and the socket's own window holds the peer back.
inline constexpr unsigned kQueuedBuffersMax = 4;

// Names one connection of one stream, which may be closed or gone when the name is looked up.
struct StreamId {
  static constexpr unsigned kGenerationBits = 24;
  static constexpr std::uint32_t kGenerationMask = (1U << kGenerationBits) - 1;

  std::uint32_t place = 0;       // in the table
  std::uint32_t generation = 0;  // kGenerationBits
};

// A task with its stream and its operation.
struct Stream final : DrivenTask {
  using DrivenTask::DrivenTask;

  // The pending Send: `bytes` are those that the kernel has not taken.
  op::Send& sending() { return *std::get_if<op::Send>(&wanted); }
  const op::Send& sending() const { return *std::get_if<op::Send>(&wanted); }

  StreamId id;
  unsigned in_flight = 0;    // submitted operations that will complete and name this stream
  int descriptor = -1;       // a slot of the ring's table, or a plain descriptor
  int setup_error = 0;       // of SOCKET or SETSOCKOPT in the chain that ends in CONNECT
  std::errc cancelled_as{};  // why a connect or send was cancelled; 0: it was not

  // Receiving. Buffers that came before they were wanted queue up, linked through
  // Loop::buffer_links_.
  bool receive_armed = false;
  bool receive_cancelled = false;  // a cancel is under way, to stop a peer that sends too much
  // A receive would find nothing: the connection is new and has asked for nothing, or the kernel
  // said so with what it received last.
  bool is_drained = false;
  bool at_end = false;
  bool is_starved = false;  // waits for a free buffer, in Loop::starved_
  int receive_error = 0;
  unsigned queued = 0;
  BufferId first_queued = 0;
  BufferId last_queued = 0;
  std::optional<BufferId> lent;             // delivered to the task, which may still use it
  std::unique_ptr<std::byte[]> own_buffer;  // without a buffer ring
  std::size_t own_received = 0;

  // Sending.
  bool send_completes = false;  // a completion will come; otherwise none means success
  std::uint64_t sent_in = 0;    // Ring::submissions() when the send was queued

  // Sending without copies.
  bool goes_without_copy = false;          // the pending send
  bool takes_copies_only = false;          // the socket cannot send otherwise
  std::optional<int> awaits_notification;  // how the send ended whose bytes are still in use

  // Files.
  bool is_transfer = false;  // a read or write is pending
  bool is_opening = false;
  int opening_slot = -1;  // without direct descriptors: -1
};

// Names one send of one stream, which may be over when the name is looked up.
struct SendId {
  explicit SendId(const Stream& sender) : stream(sender.id), sent_in(sender.sent_in) {}

  StreamId stream;
  std::uint64_t sent_in;  // Stream::sent_in
};

// The streams of a loop by their place. The task's state owns a stream; once the task is done with
// it, the table does until the last operation that names it has completed: until then, the kernel
// may use its memory. Then its place is another stream's.
class StreamTable {
 public:
  std::unique_ptr<Stream> make(Task& task) {
    auto stream = std::make_unique<Stream>(task);
    if (free_.empty()) {
      stream->id.place = static_cast<std::uint32_t>(entries_.size());
      entries_.push_back({});
    } else {
      stream->id.place = free_.back();
      free_.pop_back();
    }
    Entry& entry = entries_[stream->id.place];
    entry.stream = stream.get();
    stream->id.generation = entry.generation;
    return stream;
  }

  // Null: the connection is closed.
  Stream* find(StreamId id) const {
    Stream* const stream = entries_[id.place].stream;
    return stream != nullptr && stream->id.generation == id.generation ? stream : nullptr;
  }

  // Null: the send is over.
  Stream* find(const SendId& send) const {
    Stream* const stream = find(send.stream);
    const bool is_pending =
        stream != nullptr && stream->waits == Waits::send && stream->sent_in == send.sent_in;
    return is_pending ? stream : nullptr;
  }

  // The stream that a counted operation names, open or closed.
  Stream& at(StreamId id) const {
    Stream* const stream = entries_[id.place].stream;
    must_hold(stream != nullptr, "the stream of an operation in flight is there");
    return *stream;
  }

  void begin_in_flight(Stream& stream) {
    ++stream.in_flight;
    ++in_flight_;
  }

  // The stream may be gone on return.
  void end_in_flight(Stream& stream) {
    must_hold(stream.in_flight > 0, "an operation that completes was in flight");
    --stream.in_flight;
    --in_flight_;
    if (stream.in_flight == 0 && entries_[stream.id.place].retired) free(stream.id);
  }

  void retire(std::unique_ptr<Stream> stream) {
    const StreamId id = stream->id;
    const bool is_used = stream->in_flight > 0;
    entries_[id.place].retired = std::move(stream);
    if (!is_used) free(id);
  }

  std::size_t in_flight() const { return in_flight_; }  // the sum of Stream::in_flight

 private:
  struct Entry {
    Stream* stream = nullptr;
    std::unique_ptr<Stream> retired;
    std::uint32_t generation = 0;  // of the next stream
  };

  void free(StreamId id) {
    Entry& entry = entries_[id.place];
    entry.generation = id.generation;
    entry.stream = nullptr;
    entry.retired.reset();
    free_.push_back(id.place);
  }

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> free_;
  std::size_t in_flight_ = 0;
};

enum class Kind : std::uint8_t {
  ignored,
  socket_setup,
  connect,
  connect_cancel,
  receive,
  send,
  zerocopy_send,
  file,
  accept,
  timeout,
  wake
};

// What a completion is about, packed into its 64 bits of user data.
struct Tag {
  Kind kind = Kind::ignored;
  StreamId id;

  static Tag of(std::uint64_t bits) {
    return {static_cast<Kind>(bits >> 56U),
            {.place = static_cast<std::uint32_t>(bits),
             .generation = static_cast<std::uint32_t>(bits >> 32U) & StreamId::kGenerationMask}};
  }
  std::uint64_t bits() const {
    return static_cast<std::uint64_t>(kind) << 56U |
           static_cast<std::uint64_t>(id.generation) << 32U | id.place;
  }
};

inline std::uint64_t tag_of(const Stream& stream, Kind kind) { return Tag{kind, stream.id}.bits(); }

}  // namespace asyncbench::uring
