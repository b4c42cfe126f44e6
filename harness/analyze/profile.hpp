// Where a request's CPU goes: the profiles of a cell's trials, per request, and what differs
// between two strategies.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyze/paired.hpp"
#include "analyze/profile_categories.hpp"
#include "analyze/ratio.hpp"
#include "result/result.hpp"

namespace asyncbench::analyze {

// CPU time of one kind per request.
struct Share {
  std::uint64_t samples = 0;
  double ns = 0;
  // The error of `ns`: that of counting (Poisson), widened by how much more the trials differ among
  // themselves than counting explains (the dispersion of a quasi-Poisson model).
  double standard_error = 0;
};

// All valid profile trials of a cell together.
struct CellProfile {
  const result::Cell* cell = nullptr;
  std::size_t trials = 0;  // that have samples
  std::uint64_t requests = 0;
  std::int64_t window_ns = 0;  // of all trials together
  std::string program;         // the module that is the program itself
  std::string event;
  std::int64_t frequency_hz = 0;
  double sample_ns = 0;  // CPU time of a sample
  // Samples were made into time by what the participant used: the event counts no time itself.
  bool scaled = false;
  bool kernel = false;  // the kernel's code was sampled, too
  std::uint64_t lost = 0;
  Share all;
  std::array<Share, kCategories> by_category{};
  std::optional<double> usage_ns;  // CPU per request of the same trials by the process's account
  Nameless nameless;
  // Reasons for what is missing, one line each.
  std::vector<std::string> lacks;

  const Share& of(Category category) const {
    return by_category[static_cast<std::size_t>(category)];
  }
  // The sum of the samples against the account, as a share: 0.01 is 1 % too much. Empty where only
  // a part was sampled, or scaled.
  std::optional<double> deviation() const;
  // The margin of the deviation at 95 %: where the CPU is used for a share p of the time, how many
  // of its ticks meet that share is chance, with a relative variance of (1 - p) / samples.
  double deviation_noise = 0;
  // CPU per request that was not permitted to be sampled: the kernel's.
  std::optional<double> unseen_ns() const;
};

// Empty when no valid trial has samples; the reasons are in `lacks` then.
CellProfile profile_of(const result::Cell& cell);

// The stacks of all valid profile trials of a cell together, weighted by samples.
measure::CallTree stacks_of(const result::Cell& cell);

// The most by which samples and account may differ, and nameless samples of our own code and the
// kernel's be.
inline constexpr double kMostDeviation = 0.03;
inline constexpr double kMostNameless = 0.05;
// What sampling may cost.
inline constexpr double kMostCost = 0.02;

struct Difference {
  Category category = Category::other;
  double ns = 0;  // b - a
  // Half of the 95 % interval over all categories together (Bonferroni).
  double margin = 0;

  bool beyond_noise() const { return ns > margin || ns < -margin; }
};

// The difference in each category, in their order. Both must have samples.
std::vector<Difference> differences(const CellProfile& a, const CellProfile& b);
// The CPU of `a` in all categories together as a multiple of that of `b`, with its 95 % interval
// (the delta method on the logarithm). Both must have samples.
Ratio ratio_of_all(const CellProfile& a, const CellProfile& b);

// "uring spends 5.31us of CPU per request, 0.82 [0.79, 0.84] times asio's 6.51us: it saves 0.92us
// in epoll and 0.61us in TCP receive, and pays 0.33us in io_uring."
std::string difference_in_words(const CellProfile& a, const CellProfile& b);

// What sampling costs: logarithms of throughput without over with it, of the pairs of trials in the
// blocks of these cells; in open loop of CPU per request with it over without.
struct SamplingCost {
  Location log_ratio;  // at 95 %
  std::size_t pairs = 0;
  bool by_cpu = false;
};
SamplingCost sampling_cost(const std::vector<const result::Cell*>& cells);

}  // namespace asyncbench::analyze
