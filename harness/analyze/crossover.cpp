#include "analyze/crossover.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>

#include "analyze/paired.hpp"
#include "analyze/statistics.hpp"

namespace asyncbench::analyze {

std::vector<std::int64_t> search_values(std::int64_t least, std::int64_t most) {
  assert(least >= 0 && least < most);
  constexpr double kStep = 1.03;
  constexpr double kFewest = 10'000;
  std::vector<std::int64_t> values;
  double value = static_cast<double>(least);
  if (least == 0) {
    values.push_back(0);
    value = std::max(1.0, static_cast<double>(most) / kFewest);
  }
  for (; value < static_cast<double>(most); value = std::max(value + 1, value * kStep)) {
    values.push_back(std::llround(value));
  }
  if (values.back() != most) values.push_back(most);
  return values;
}

result::Estimate CrossoverPoint::estimate() const { return analyze::estimate(log_ratios); }

Better CrossoverPoint::better() const {
  if (log_ratios.empty()) return Better::unclear;
  const result::Estimate seen = estimate();
  if (seen.interval != result::IntervalKind::sign_95) return Better::unclear;
  if (seen.high < 0) return Better::a;
  return seen.low > 0 ? Better::b : Better::unclear;
}

bool CrossoverPoint::firm() const {
  return better() != Better::unclear && sign_test_p(log_ratios) <= 0.01;
}

// Where the answer lies: between a clear point and the next clear point of the other side, or the
// unclear end of the range. The points between them, if any, are unclear.
struct CrossoverSearch::Bracket {
  Points::const_iterator left;
  Points::const_iterator right;
};

CrossoverSearch::CrossoverSearch(CrossoverOptions options) : options_(std::move(options)) {
  assert(options_.values.size() >= 2 && std::ranges::is_sorted(options_.values));
  assert(!options_.looks.empty() && std::ranges::is_sorted(options_.looks));
}

std::optional<CrossoverSearch::Ask> CrossoverSearch::next() const {
  std::optional<Ask> ask = wanted();
  if (!ask) return std::nullopt;
  const unsigned left = options_.most_pairs - std::min(options_.most_pairs, pairs_asked());
  // Fewer than asked for would be too few to tell anything by.
  if (ask->pairs > left) return std::nullopt;
  return ask;
}

void CrossoverSearch::take(std::span<const double> log_ratios) {
  const std::optional<Ask> ask = next();
  assert(ask && log_ratios.size() <= ask->pairs);
  auto point = std::ranges::lower_bound(points_, ask->value, {}, &CrossoverPoint::value);
  if (point == points_.end() || point->value != ask->value) {
    point = points_.insert(point, CrossoverPoint{.value = ask->value});
  }
  point->asked += ask->pairs;
  point->log_ratios.insert(point->log_ratios.end(), log_ratios.begin(), log_ratios.end());
}

void CrossoverSearch::retake(std::int64_t value, std::vector<double> log_ratios) {
  const auto point = std::ranges::find(points_, value, &CrossoverPoint::value);
  assert(point != points_.end());
  point->log_ratios = std::move(log_ratios);
}

unsigned CrossoverSearch::pairs_asked() const {
  unsigned sum = 0;
  for (const CrossoverPoint& point : points_) sum += point.asked;
  return sum;
}

std::optional<CrossoverSearch::Ask> CrossoverSearch::wanted() const {
  if (failed_point() != nullptr) return std::nullopt;
  if (const auto ask = first_points()) return ask;
  // An end that stays unclear for want of pairs would hide that the better one changes back there.
  for (const CrossoverPoint* end : {&points_.front(), &points_.back()}) {
    if (end->better() != Better::unclear) continue;
    if (const auto ask = more_at(*end)) return ask;
  }
  // Contradictions first: with more pairs at the points that contradict each other, one that was
  // clear by chance will not stay so.
  if (const auto contradictory = changes(); contradictory.size() > 2) {
    return weakest_of(contradictory);
  }
  const auto open = bracket();
  if (!open) {
    // Nobody is better anywhere, or the same at both ends: the first points must be sure of it.
    std::vector<const CrossoverPoint*> unclear;
    for (const CrossoverPoint& point : points_) {
      if (point.better() == Better::unclear) unclear.push_back(&point);
    }
    return weakest_of(unclear);
  }
  const bool one_sided =
      open->left->better() == Better::unclear || open->right->better() == Better::unclear;
  return one_sided ? at_edge(*open) : within(*open);
}

// Both ends and the middle.
std::optional<CrossoverSearch::Ask> CrossoverSearch::first_points() const {
  const std::int64_t low = options_.values.front();
  const std::int64_t high = options_.values.back();
  for (const std::int64_t value : {low, high, middle(low, high)}) {
    if (std::ranges::find(points_, value, &CrossoverPoint::value) == points_.end()) {
      return Ask{value, options_.looks.front()};
    }
  }
  return std::nullopt;
}

// Up to the next look.
std::optional<CrossoverSearch::Ask> CrossoverSearch::more_at(const CrossoverPoint& point) const {
  const auto look = std::ranges::upper_bound(options_.looks, point.asked);
  if (look == options_.looks.end()) return std::nullopt;
  return Ask{point.value, *look - point.asked};
}

// More at the point that has the fewest pairs.
std::optional<CrossoverSearch::Ask> CrossoverSearch::weakest_of(
    std::span<const CrossoverPoint* const> points) const {
  const auto weakest = std::ranges::min_element(points, {}, &CrossoverPoint::asked);
  if (weakest == points.end()) return std::nullopt;
  return more_at(**weakest);
}

// First few pairs at ever nearer values, then more pairs where it decides on an end of the
// interval: pairs spent on a value before that are lost once the bracket has left it behind.
std::optional<CrossoverSearch::Ask> CrossoverSearch::within(const Bracket& bracket) const {
  const auto after_left = std::next(bracket.left);
  const auto before_right = std::prev(bracket.right);
  const CrossoverPoint& left = *bracket.left;
  const CrossoverPoint& right = *bracket.right;
  const auto gap = [this](const CrossoverPoint& from, const CrossoverPoint& to) {
    return place(static_cast<double>(to.value)) - place(static_cast<double>(from.value));
  };
  const auto near_left = between(left, *after_left);
  const auto near_right = between(*before_right, right);
  if (near_left && (!near_right || gap(left, *after_left) >= gap(*before_right, right))) {
    return near_left;
  }
  if (near_right) return near_right;
  std::vector<const CrossoverPoint*> unclear;
  if (after_left != bracket.right) unclear = {&*after_left, &*before_right};
  return weakest_of(unclear);
}

std::optional<CrossoverSearch::Ask> CrossoverSearch::at_edge(const Bracket& bracket) const {
  const bool clear_above = bracket.left->better() == Better::unclear;
  const std::vector<const CrossoverPoint*> clear = clear_points();
  if (std::ranges::none_of(clear, &CrossoverPoint::firm)) return weakest_of(clear);
  const auto before = clear_above ? std::prev(bracket.right) : bracket.left;
  const auto after = std::next(before);
  if (const auto ask = between(*before, *after)) return ask;
  return more_at(clear_above ? *before : *after);
}

std::optional<CrossoverSearch::Ask> CrossoverSearch::between(const CrossoverPoint& left,
                                                             const CrossoverPoint& right) const {
  if (is_close(left.value, right.value)) return std::nullopt;
  return Ask{middle(left.value, right.value), options_.looks.front()};
}

std::optional<CrossoverSearch::Bracket> CrossoverSearch::bracket() const {
  const auto clear = [](const CrossoverPoint& point) { return point.better() != Better::unclear; };
  const auto first = std::ranges::find_if(points_, clear);
  if (first == points_.end()) return std::nullopt;
  auto last = first;
  for (auto point = first; point != points_.end(); ++point) {
    if (!clear(*point)) continue;
    if (point->better() != last->better()) return Bracket{last, point};
    last = point;
  }
  // One of them alone is clear: the answer is where that ends, if it ends at one side only.
  const bool open_below = first != points_.begin();
  const bool open_above = last != std::prev(points_.end());
  if (open_below == open_above) return std::nullopt;
  if (open_below) return Bracket{points_.begin(), first};
  return Bracket{last, std::prev(points_.end())};
}

std::vector<const CrossoverPoint*> CrossoverSearch::clear_points() const {
  std::vector<const CrossoverPoint*> clear;
  for (const CrossoverPoint& point : points_) {
    if (point.better() != Better::unclear) clear.push_back(&point);
  }
  return clear;
}

// The last clear point before each change and the first after it, in ascending order.
std::vector<const CrossoverPoint*> CrossoverSearch::changes() const {
  std::vector<const CrossoverPoint*> found;
  const CrossoverPoint* last = nullptr;
  for (const CrossoverPoint* point : clear_points()) {
    if (last != nullptr && last->better() != point->better()) {
      if (found.empty() || found.back() != last) found.push_back(last);
      found.push_back(point);
    }
    last = point;
  }
  return found;
}

const CrossoverPoint* CrossoverSearch::failed_point() const {
  const auto failed = std::ranges::find_if(
      points_, [](const CrossoverPoint& point) { return point.log_ratios.empty(); });
  return failed == points_.end() ? nullptr : &*failed;
}

// Values are compared by their logarithms, shifted where 0 is among them.
double CrossoverSearch::place(double value) const {
  const std::int64_t least = options_.values.front();
  return std::log(value + static_cast<double>(least > 0 ? 0 : options_.values[1]));
}

std::int64_t CrossoverSearch::middle(std::int64_t low, std::int64_t high) const {
  const double wanted = (place(static_cast<double>(low)) + place(static_cast<double>(high))) / 2;
  const auto above = std::ranges::lower_bound(
      options_.values, wanted, {}, [&](std::int64_t v) { return place(static_cast<double>(v)); });
  const auto first = std::next(std::ranges::lower_bound(options_.values, low));
  return *std::max(first,
                   std::min(above, std::prev(std::ranges::lower_bound(options_.values, high))));
}

bool CrossoverSearch::is_close(std::int64_t low, std::int64_t high) const {
  const auto next = std::ranges::upper_bound(options_.values, low);
  return next == options_.values.end() || *next >= high ||
         place(static_cast<double>(high)) - place(static_cast<double>(low)) <=
             std::log1p(options_.precision);
}

// Where the medians change sign, interpolated between the two points on either side. Where they do
// so several times, which unclear points may by chance: where the line through all of the bracket
// is 0, by least squares, each point weighted with its pairs. Values by their place. Kept within
// the bracket.
double CrossoverSearch::interpolated(const Bracket& bracket) const {
  struct Weighted {
    double x;
    double y;
    double pairs;
  };
  std::vector<Weighted> line;
  std::vector<std::size_t> turns;
  for (auto point = bracket.left; point <= bracket.right; ++point) {
    line.push_back({place(static_cast<double>(point->value)), point->estimate().median,
                    static_cast<double>(point->log_ratios.size())});
    if (line.size() > 1 && (line.back().y > 0) != (line[line.size() - 2].y > 0)) {
      turns.push_back(line.size() - 2);
    }
  }
  // The ends differ in sign, so there is a turn.
  if (turns.size() == 1) line = {line[turns[0]], line[turns[0] + 1]};

  double n = 0;
  double mean_x = 0;
  double mean_y = 0;
  for (const Weighted& point : line) {
    n += point.pairs;
    mean_x += point.pairs * point.x;
    mean_y += point.pairs * point.y;
  }
  mean_x /= n;
  mean_y /= n;
  double xx = 0;
  double xy = 0;
  for (const Weighted& point : line) {
    xx += point.pairs * (point.x - mean_x) * (point.x - mean_x);
    xy += point.pairs * (point.x - mean_x) * (point.y - mean_y);
  }
  const auto low = static_cast<double>(bracket.left->value);
  const auto high = static_cast<double>(bracket.right->value);
  const double shift = std::exp(place(low)) - low;
  // A line that does not rise or fall as the ends do is noise.
  if (xy * bracket.right->estimate().median <= 0) {
    return std::exp((place(low) + place(high)) / 2) - shift;
  }
  return std::clamp(std::exp(mean_x - mean_y * xx / xy) - shift, low, high);
}

Crossover CrossoverSearch::answer() const {
  Crossover answer{.exhausted = wanted() && !next()};
  if (const CrossoverPoint* failed = failed_point()) {
    answer.kind = CrossoverKind::failed;
    answer.low = answer.high = failed->value;
    return answer;
  }
  // Before the first points are complete nothing is known about the range.
  if (first_points()) return answer;
  if (const auto found = changes(); found.size() > 2) {
    answer.kind = CrossoverKind::several;
    for (const CrossoverPoint* point : found) {
      answer.changes.emplace_back(point->value, point->better());
    }
    return answer;
  }
  if (const auto open = bracket()) {
    answer.below = open->left->better();
    answer.above = open->right->better();
    answer.low = open->left->value;
    answer.high = open->right->value;
    if (answer.below != Better::unclear && answer.above != Better::unclear) {
      answer.kind = CrossoverKind::crossing;
      answer.estimate = interpolated(*open);
      return answer;
    }
    if (std::ranges::none_of(clear_points(), &CrossoverPoint::firm))
      return {.exhausted = answer.exhausted};
    answer.kind = CrossoverKind::edge;
    if (answer.below == Better::unclear) {
      answer.low = std::prev(open->right)->value;
    } else {
      answer.high = std::next(open->left)->value;
    }
    return answer;
  }
  const Better lowest = points_.front().better();
  if (lowest != Better::unclear && lowest == points_.back().better()) {
    answer.kind = CrossoverKind::none;
    answer.below = answer.above = lowest;
  }
  return answer;
}

}  // namespace asyncbench::analyze
