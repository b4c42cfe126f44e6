// What a loop keeps for each of its tasks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <system_error>

#include "buffer_ring.hpp"
#include "core/task.hpp"
#include "core/timer_queue.hpp"

namespace asyncbench::uring {

// A stream whose task does not ask for what has come may hold this many buffers; then receiving
// stops, and the socket's own window holds the peer back.
inline constexpr unsigned kQueuedBuffersMax = 4;

// A task with its stream and its operation. Streams are reused by later tasks of the loop and freed
// with it.
struct Stream : Timer {
  enum class Waits : std::uint8_t {
    nothing,
    connect,
    receive,
    send,
    file,      // its opening or its way to the disk
    transfer,  // to or from a file
    sleep,
  };

  Task* task = nullptr;
  std::unique_ptr<Task> owned;   // an accepted task
  std::uint32_t index = 0;       // in Loop::streams_
  std::uint32_t generation = 0;  // of the connection; completions of an earlier one are stale
  unsigned in_flight = 0;        // submitted operations that will complete and name this stream
  bool is_finished = false;
  Waits waits = Waits::nothing;

  int descriptor = -1;       // a slot of the ring's table, or a plain descriptor
  int setup_error = 0;       // of SOCKET or SETSOCKOPT in the chain that ends in CONNECT
  std::errc cancelled_as{};  // why a connect or send was cancelled; 0: it was not

  // Receiving. Buffers that came before they were wanted queue up, linked through
  // Loop::buffer_links_.
  bool receive_armed = false;
  bool receive_cancelled = false;  // a cancel is under way, to stop a peer that sends too much
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
  std::span<const std::byte> unsent;
  Time send_deadline = kNever;
  bool send_completes = false;  // a completion will come; otherwise none means success
  bool awaits_reply = false;
  std::uint64_t sent_in = 0;  // Ring::submissions() when the send was queued

  // Sending without copies.
  bool takes_copies_only = false;          // the socket cannot send otherwise
  std::optional<int> awaits_notification;  // how the send ended whose bytes are still in use

  // An Open under way.
  bool is_opening = false;
  int opening_slot = -1;  // without direct descriptors: -1

  // Gathering. A child's stream is released with that of the task that gathered it first.
  Stream* gatherer = nullptr;  // of a child that runs: who waits for its Finish
  std::size_t running_children = 0;
  Stream* first_child = nullptr;
  Stream* next_child = nullptr;
};

}  // namespace asyncbench::uring
