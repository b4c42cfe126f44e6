#include "report/search_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analyze/comparison.hpp"
#include "analyze/paired.hpp"
#include "analyze/price.hpp"
#include "analyze/ratio.hpp"
#include "report/figure_text.hpp"
#include "report/format.hpp"

namespace asyncbench::report {
namespace {

// Smaller differences between two strategies are not worth looking for their crossover.
constexpr double kAlike = 0.05;

using analyze::Better;
using analyze::Crossover;
using analyze::CrossoverKind;
using analyze::CrossoverPoint;

// What the better one is.
std::string praise(analyze::FigureName name) {
  const analyze::Figure figure = analyze::info_of(name);
  if (figure.unit == analyze::Unit::cpu_time) return "is cheaper";
  if (figure.unit == analyze::Unit::requests_per_s) return "is faster";
  for (const std::string_view percentile : {"p50", "p99"}) {
    if (figure.stem().ends_with(percentile)) return fmt::format("has the lower {}", percentile);
  }
  return "is better";
}

const std::string& name_of(Better better, const CrossoverWords& words) {
  return better == Better::a ? words.a : words.b;
}

std::string value_of(std::int64_t value, const CrossoverWords& words) {
  return words.value(static_cast<double>(value));
}

// The first number of it that is not below the estimate: at `low` itself the one is still better.
double first_above(const Crossover& found, const CrossoverWords& words) {
  if (!words.counts) return found.estimate;
  return std::max(std::ceil(found.estimate), static_cast<double>(found.low + 1));
}

// The figure of one strategy as a multiple of the other's.
std::optional<analyze::Ratio> ratio_at(const CrossoverPoint& point, const CrossoverWords& words,
                                       Better of) {
  std::vector<double> worse = point.log_ratios;
  if (of == Better::b) {
    for (double& log_ratio : worse) log_ratio = -log_ratio;
  }
  constexpr double kTail = 0.025;  // as better() has it
  return analyze::ratio_of(
      words.by, analyze::exp_of(analyze::median_with_sign_interval(worse, kTail)), worse.size());
}

// What sentence and table say of a value: one judgement.
std::string_view sureness_of(const CrossoverPoint& point) {
  if (point.better() == Better::unclear) return "open";
  return point.firm() ? "clear" : "likely";
}

// "uring is cheaper (likely: 0.80 [0.78, 0.82] times)"
std::string praise_at(const CrossoverPoint& point, const CrossoverWords& words) {
  return fmt::format("{} {} ({}: {} times)", name_of(point.better(), words), praise(words.by),
                     sureness_of(point), text_of(ratio_at(point, words, point.better())));
}

// "1, 32 or 1024", or what the values span.
std::string listed(std::span<const CrossoverPoint> points, const CrossoverWords& words) {
  constexpr std::size_t kFew = 4;
  if (points.size() > kFew) {
    return fmt::format("{} values from {} to {}", points.size(),
                       value_of(points.front().value, words), value_of(points.back().value, words));
  }
  std::string text;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (i > 0) text += i + 1 == points.size() ? " or " : ", ";
    text += value_of(points[i].value, words);
  }
  return text;
}

// Values at which nobody is better, of those that `of` takes: "; at 16 no difference could be
// told".
std::string exceptions(std::span<const CrossoverPoint> points, const CrossoverWords& words,
                       auto&& of) {
  std::vector<CrossoverPoint> open;
  for (const CrossoverPoint& point : points) {
    if (point.better() == Better::unclear && of(point.value)) open.push_back(point);
  }
  return open.empty() ? ""
                      : fmt::format("; at {} no difference could be told", listed(open, words));
}

// What it would take to tell at the value that needs the most pairs.
std::string price_text(std::span<const CrossoverPoint> points, const CrossoverWords& words) {
  const CrossoverPoint* dearest = nullptr;
  std::size_t most = 0;
  for (const CrossoverPoint& point : points) {
    const auto price = analyze::price_of(point.log_ratios, kAlike, 0);
    if (point.better() != Better::unclear || !price || price->blocks <= most) continue;
    most = price->blocks;
    dearest = &point;
  }
  if (dearest == nullptr) return "";
  return fmt::format("; to tell {:.0f} % takes about {} pairs at {}", 100 * kAlike, most,
                     value_of(dearest->value, words));
}

// Nothing is sure enough for an answer; what some values show all the same is said.
std::string unclear_text(std::span<const CrossoverPoint> points, const CrossoverWords& words) {
  if (points.empty()) return "no answer: nothing was measured";
  std::string shown;
  std::vector<CrossoverPoint> open;
  for (const CrossoverPoint& point : points) {
    if (point.better() == Better::unclear) {
      open.push_back(point);
    } else {
      shown += fmt::format("{}{} at {}", shown.empty() ? "" : ", ", praise_at(point, words),
                           place_text(value_of(point.value, words), words));
    }
  }
  if (shown.empty()) {
    return fmt::format("no difference between {} and {} could be told at {}{}", words.a, words.b,
                       place_text(listed(points, words), words), price_text(points, words));
  }
  return fmt::format("no crossover is shown: {}{}{}", shown,
                     exceptions(points, words, [](std::int64_t) { return true; }),
                     price_text(points, words));
}

std::string answer_text(const Crossover& found, std::span<const CrossoverPoint> points,
                        const CrossoverWords& words) {
  const std::string is_better = praise(words.by);
  switch (found.kind) {
    case CrossoverKind::crossing:
      return fmt::format(
          "{} {} below {}, {} above{}", name_of(found.below, words), is_better,
          place_text(fmt::format("{} [{}, {}]", words.value(first_above(found, words)),
                                 value_of(found.low, words), value_of(found.high, words)),
                     words),
          name_of(found.above, words), exceptions(points, words, [&](std::int64_t value) {
            return value < found.low || value > found.high;
          }));
    case CrossoverKind::edge: {
      const bool above = found.below == Better::unclear;
      return fmt::format("{} {} {} {}; {} {} no difference could be told{}",
                         name_of(above ? found.above : found.below, words), is_better,
                         above ? "from" : "up to",
                         place_text(value_of(above ? found.high : found.low, words), words),
                         above ? "up to" : "from", value_of(above ? found.low : found.high, words),
                         exceptions(points, words, [&](std::int64_t value) {
                           return above ? value > found.high : value < found.low;
                         }));
    }
    case CrossoverKind::none:
      return fmt::format("{} {} throughout: {} times at {} and {} times at {}{}",
                         name_of(found.below, words), is_better,
                         text_of(ratio_at(points.front(), words, found.below)),
                         value_of(points.front().value, words),
                         text_of(ratio_at(points.back(), words, found.below)),
                         place_text(value_of(points.back().value, words), words),
                         exceptions(points, words, [](std::int64_t) { return true; }));
    case CrossoverKind::several: {
      std::string text = "there is no one crossover";
      for (std::size_t i = 0; i < found.changes.size(); ++i) {
        text += fmt::format("{} {} {} at {}", i == 0 ? ":" : ",",
                            name_of(found.changes[i].second, words), is_better,
                            value_of(found.changes[i].first, words));
      }
      return text;
    }
    case CrossoverKind::failed:
      return fmt::format("no answer: nothing valid could be measured at {}",
                         place_text(value_of(found.low, words), words));
    case CrossoverKind::unclear:
      break;
  }
  return unclear_text(points, words);
}

// "48200": enough digits to set a rate by.
std::string rate_text(double per_s) {
  return per_s < 100 ? fmt::format("{:.3g}", per_s) : fmt::format("{:.0f}", per_s);
}

}  // namespace

std::string place_text(const std::string& value, const CrossoverWords& words) {
  return words.counts ? fmt::format("{} {}", value, words.parameter)
                      : fmt::format("{} {}", words.parameter, value);
}

std::string crossover_sentence(const Crossover& found, std::span<const CrossoverPoint> points,
                               const CrossoverWords& words) {
  return answer_text(found, points, words) +
         (found.exhausted ? " (the --budget of trials ended the search; more may tell more)" : "");
}

std::string point_text(const CrossoverPoint& point, const CrossoverWords& words) {
  if (point.log_ratios.empty()) return "nothing valid";
  if (point.better() != Better::unclear) return praise_at(point, words);
  return fmt::format("open: {} has {} times the {} of {}", words.a,
                     text_of(ratio_at(point, words, Better::a)), analyze::info_of(words.by).title(),
                     words.b);
}

std::string crossover_table(std::span<const CrossoverPoint> points,
                            std::span<const PointCosts> costs, const CrossoverWords& words) {
  // Names are too long for columns.
  std::string text = wrapped(
      fmt::format("A: {}, B: {}, by {}", words.a, words.b, analyze::info_of(words.by).title()), "",
      80);
  text += fmt::format("{:>13} {:>5}  {:>8} {:>8}  {:<19} better\n", words.parameter.substr(0, 13),
                      "pairs", "A", "B", "A / B");
  for (std::size_t i = 0; i < points.size(); ++i) {
    const CrossoverPoint& point = points[i];
    const auto cost = [&](const std::optional<double>& value) {
      return value ? figure_text(analyze::info_of(words.by).unit, *value) : "-";
    };
    const Better better = point.better();
    text += fmt::format("{:>13} {:>5}  {:>8} {:>8}  {:<19} {}{}\n", value_of(point.value, words),
                        point.log_ratios.size(), cost(costs[i].a), cost(costs[i].b),
                        text_of(ratio_at(point, words, Better::a)),
                        better == Better::a   ? "A, "
                        : better == Better::b ? "B, "
                                              : "",
                        sureness_of(point));
  }
  return text;
}

std::string rate_sentence(std::string_view strategy, const analyze::RateAnswer& answer,
                          std::string_view objective, std::string_view reason) {
  if (!answer.highest_met_per_s) {
    return fmt::format("{}: {} ({}){}{}", strategy, answer.why, objective,
                       reason.empty() ? "" : ": ", reason);
  }
  const std::string found = rate_text(*answer.highest_met_per_s);
  if (!answer.lowest_unmet_per_s) {
    return fmt::format("{} sustains at least {} requests/s, the most that was asked, with {}",
                       strategy, found, objective);
  }
  return fmt::format("{} sustains {} requests/s with {}; {} is too many{}{}", strategy, found,
                     objective, rate_text(*answer.lowest_unmet_per_s), reason.empty() ? "" : ": ",
                     reason);
}

std::string sweep_sentence(std::string_view strategy, const std::optional<analyze::UslFit>& fit,
                           std::string_view parameter) {
  if (!fit) {
    return fmt::format("{}: no fit; it takes {} values of {} that were measured", strategy,
                       analyze::kFewestUslPoints, parameter);
  }
  const std::string peak = fit->peak_n
                               ? fmt::format("throughput peaks at {:.0f} {}, {}/s", *fit->peak_n,
                                             parameter, format_count(fit->at(*fit->peak_n)))
                               : fmt::format("no peak up to {:.0f} {}", fit->valid_to, parameter);
  const std::string knee =
      fit->knee_n ? fmt::format("; beyond {:.0f} more of them mostly wait", *fit->knee_n) : "";
  return fmt::format("{}: {}{} (contention {:.3g}, coherency {:.2g}, R2 {:.3f})", strategy, peak,
                     knee, fit->sigma, fit->kappa, fit->r_squared);
}

}  // namespace asyncbench::report
