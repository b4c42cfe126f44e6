// The checks: what the operations promise (core/op.hpp), one function a promise.
#pragma once

#include <span>

#include "core/strategy.hpp"

namespace asyncbench::conformance {

// A check drives the strategy and fails the running test where it breaks its promise. Descriptors
// and threads are compared around every check by the caller.
struct Check {
  const char* name;
  OpSet needs;
  void (*run)(Strategy& strategy);
};

inline const OpSet kStreamOps = {OpKind::begin, OpKind::connect, OpKind::receive, OpKind::send,
                                 OpKind::close, OpKind::sleep,   OpKind::finish};
inline const OpSet kServerOps = {OpKind::accept, OpKind::begin, OpKind::receive, OpKind::send,
                                 OpKind::close,  OpKind::sleep, OpKind::finish};

std::span<const Check> connect_checks();
std::span<const Check> receive_checks();
std::span<const Check> send_checks();
std::span<const Check> sleep_checks();
std::span<const Check> stop_checks();
std::span<const Check> accept_checks();
std::span<const Check> run_checks();

}  // namespace asyncbench::conformance
