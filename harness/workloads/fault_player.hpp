// Plays fault scripts on a server's connection: instead of a reply, the operations that a script
// says.
#pragma once

#include <cstddef>
#include <optional>

#include "core/op.hpp"
#include "http/faults.hpp"

namespace asyncbench::workloads {

// Used by one connection's task, which passes on the operations.
class FaultPlayer {
 public:
  explicit FaultPlayer(Duration write_timeout) : write_timeout_(write_timeout) {}

  // Returns the first operation of the script, which outlives the player; nullopt: see resume().
  std::optional<Op> begin(const http::FaultScript& script);

  // The operation has ended: returns the next one. A Close ends the connection. nullopt: the script
  // is over and the connection goes on.
  std::optional<Op> resume(const Completion& ended);

 private:
  std::optional<Op> next() const;

  Duration write_timeout_;
  const http::FaultScript* script_ = nullptr;
  std::size_t step_ = 0;
  std::size_t dripped_ = 0;  // two operations a byte: Send and Sleep
};

}  // namespace asyncbench::workloads
