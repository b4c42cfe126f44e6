// What a reader should know beside the figures: notes in words, and what they were measured on.
#pragma once

#include <string>
#include <vector>

#include "core/strategy.hpp"
#include "result/result.hpp"

namespace asyncbench::report {

// One kind of note: what it means with advice, and what was seen in which cell, where that says
// more. Holds foreign text as it is.
struct Remark {
  std::string name;  // in a few words: "disturbed (4/12)": 4 of 12 cells
  std::string text;
  std::vector<std::string> details;
};

// What performs the files of these strategies, and which share that: "Files are performed by the
// shared pool under epoll, asio; by io_uring under uring." Empty where none of them has files.
std::string files_text(const std::vector<const StrategyInfo*>& strategies);

// The run's own notes, one for each code that some cell has, in the order of the result, and what
// performs the files.
std::vector<Remark> remarks_of(const result::Result& result);

// How these were measured: "6 trials of 1s", "6 to 8 blocks of turns of 50ms".
std::string trials_text(const std::vector<const result::Cell*>& cells);

// "6 trials of 1s after 300ms of warm-up on AMD EPYC, 2 cpus; 2026-11-20T22:05:00Z.", foreign text
// as it is.
// "6 blocks of fresh processes that took turns of 50ms", "6 trials of 3.00s after 1.00s of
// warm-up".
std::string how_measured(const result::Result& result);

std::string machine_text(const result::Result& result);

}  // namespace asyncbench::report
