// Where along a parameter the better of two strategies changes. It measures nothing: it says at
// which value more pairs of trials are wanted, and takes what came of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "result/result.hpp"

namespace asyncbench::analyze {

// Values between two bounds for a search: every integer where they are few, else spread evenly over
// orders of magnitude, each at most 3 % above the one before. A lower bound of 0 is a value of its
// own, followed by those from a ten-thousandth of the upper one. 0 <= least < most.
std::vector<std::int64_t> search_values(std::int64_t least, std::int64_t most);

struct CrossoverOptions {
  std::vector<std::int64_t> values;  // that may be measured, ascending, at least two
  // A value is measured with so many pairs first, and with more where the first leave it open who
  // is better. Six are the least that the sign test needs.
  std::vector<unsigned> looks = {6, 12, 20};
  double precision = 0.1;     // the interval need not be narrower than this share of its lower end
  unsigned most_pairs = 150;  // in all
};

// Who is better, as far as the pairs tell: A, B, or nobody knows.
enum class Better : std::int8_t { a = -1, unclear = 0, b = 1 };

// What was measured at one value.
struct CrossoverPoint {
  std::int64_t value = 0;
  std::vector<double> log_ratios;  // ln(cost of A / cost of B), one a pair
  unsigned asked = 0;              // pairs, those that did not become valid included

  result::Estimate estimate() const;  // of the log ratios; not of none
  // Whether the sign test's interval leaves out 0.
  Better better() const;
  // Clear with 99 % confidence: what stands alone, without a clear point of the other side, needs
  // that much. Two equal strategies otherwise seem different somewhere in 15 % of all searches,
  // with it in 3 % (simulated).
  bool firm() const;
};

enum class CrossoverKind : std::uint8_t {
  crossing,  // one is better below the interval, the other above
  edge,      // one is better on one side; on the other nobody can tell the two apart
  none,      // the same is better at both ends, and nowhere the other
  unclear,   // too little difference, or too much noise, to tell anywhere
  several,   // A, B, A: there is no one crossover
  failed,    // at some value no pair was valid
};

struct Crossover {
  CrossoverKind kind = CrossoverKind::unclear;
  Better below = Better::unclear;  // crossing, edge: who is better below the interval; none: who is
  Better above = Better::unclear;  // crossing, edge: who is above it
  // crossing: the largest value at which the one is clearly better, and the smallest at which the
  // other is. edge: the last value that is clear, and the next that is not. failed: that value.
  std::int64_t low = 0;
  std::int64_t high = 0;
  double estimate = 0;  // crossing: within [low, high]
  // several: the clear values in ascending order, one for each change, with who is better there.
  std::vector<std::pair<std::int64_t, Better>> changes;
  bool exhausted = false;  // the budget ended the search: more pairs could narrow the interval
};

class CrossoverSearch {
 public:
  explicit CrossoverSearch(CrossoverOptions options);

  struct Ask {
    std::int64_t value = 0;
    unsigned pairs = 0;
  };
  // What to measure next; empty: the search has ended.
  std::optional<Ask> next() const;

  // The log ratios of the pairs that next() asked for, as far as they became valid.
  void take(std::span<const double> log_ratios);

  // Replaces what was taken at a value: the same pairs, judged by another figure.
  void retake(std::int64_t value, std::vector<double> log_ratios);

  // By value.
  const std::vector<CrossoverPoint>& points() const { return points_; }

  // As far as it is known; final once next() is empty.
  Crossover answer() const;

  unsigned pairs_asked() const;

 private:
  using Points = std::vector<CrossoverPoint>;
  struct Bracket;

  std::optional<Ask> wanted() const;
  std::optional<Ask> first_points() const;
  std::optional<Ask> more_at(const CrossoverPoint& point) const;
  std::optional<Ask> weakest_of(std::span<const CrossoverPoint* const> points) const;
  std::optional<Ask> within(const Bracket& bracket) const;
  std::optional<Ask> at_edge(const Bracket& bracket) const;
  std::optional<Ask> between(const CrossoverPoint& left, const CrossoverPoint& right) const;
  std::optional<Bracket> bracket() const;
  std::vector<const CrossoverPoint*> changes() const;
  std::vector<const CrossoverPoint*> clear_points() const;
  const CrossoverPoint* failed_point() const;
  double place(double value) const;
  double interpolated(const Bracket& bracket) const;
  std::int64_t middle(std::int64_t low, std::int64_t high) const;
  bool is_close(std::int64_t low, std::int64_t high) const;

  CrossoverOptions options_;
  Points points_;
};

}  // namespace asyncbench::analyze
