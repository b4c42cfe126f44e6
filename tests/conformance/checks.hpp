// The checks: what the operations promise (core/op.hpp), one function a promise.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/strategy.hpp"

namespace asyncbench::conformance {

// How an operation can end, or be made to.
enum class Ending : std::uint8_t {
  success,
  partial,   // in pieces: a dribble, full buffers, a short read, a cut response
  end,       // of the stream or of the file
  error,     // refused, missing, not open
  reset,     // by the peer, or towards it
  deadline,  // passed
  stop,      // of the run
};

// A check drives the strategy and fails the running test where it breaks its promise. Descriptors
// and threads are compared around every check by the caller.
struct Check {
  const char* name;
  OpKind operation;  // what is checked
  Ending ending;
  OpSet needs;  // a strategy that lacks one of these is skipped, with its own reason
  void (*run)(Strategy& strategy);
};

// Checks pause, so every one of them needs Sleep, too.
inline constexpr OpSet kScriptOps = kTaskOps | OpSet{OpKind::sleep};
inline constexpr OpSet kStreamNeeds = kScriptOps | kStreamOps;
inline constexpr OpSet kServerNeeds =
    kScriptOps | OpSet{OpKind::accept, OpKind::receive, OpKind::send};
inline constexpr OpSet kFileNeeds = kScriptOps | kFileOps;
inline constexpr OpSet kGatherNeeds = kScriptOps | OpSet{OpKind::gather};
inline constexpr OpSet kGatherStreamNeeds = kGatherNeeds | kStreamOps;
inline constexpr OpSet kGatherServerNeeds = kGatherNeeds | kStreamOps | OpSet{OpKind::accept};
inline constexpr OpSet kExchangeNeeds = kScriptOps | OpSet{OpKind::exchange};

std::span<const Check> connect_checks();
std::span<const Check> receive_checks();
std::span<const Check> send_checks();
std::span<const Check> sleep_checks();
std::span<const Check> stop_checks();
std::span<const Check> accept_checks();
std::span<const Check> unix_checks();
std::span<const Check> file_checks();
std::span<const Check> file_load_checks();
std::span<const Check> gather_checks();
std::span<const Check> gather_stream_checks();
std::span<const Check> exchange_checks();
std::span<const Check> run_checks();

// All of the above, the one table that every strategy is held against.
std::vector<Check> all_checks();

// Operations and endings that can be, but that no check is about: "read: end".
std::vector<std::string> unchecked_endings();

}  // namespace asyncbench::conformance
