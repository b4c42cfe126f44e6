// One side of a cell, in a process of its own. docs/participant-protocol.md is the other half of
// this file: any program that speaks the same lines can take part.
#pragma once

#include "core/strategy.hpp"

namespace asyncbench::run {

// Descriptors that a participant is started with.
inline constexpr int kJobFd = 3;     // read: the job, then orders
inline constexpr int kRecordFd = 4;  // write: what became of them
// What a program of the user's gets beside: a file for its requests (measure/request_file.hpp).
inline constexpr int kRequestsFd = 5;

// Reads a job from kJobFd, runs it and writes its record to kRecordFd. Returns the exit code: 0
// when a record or a failure was delivered, 2 when the descriptors are not there (started by hand).
int participant_main(const Registry& registry);

}  // namespace asyncbench::run
