#include "report/history_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "report/escape.hpp"
#include "report/history_text.hpp"

namespace asyncbench::report {
namespace {

using analyze::History;
using analyze::HistoryChange;
using analyze::HistoryLine;
using analyze::HistoryPoint;

std::vector<const HistoryChange*> changes_of(const History& history, std::size_t line) {
  std::vector<const HistoryChange*> changes;
  for (const HistoryChange& change : history.changes) {
    if (change.line == line) changes.push_back(&change);
  }
  return changes;
}

bool continues(const History& history, const HistoryPoint& a, const HistoryPoint& b) {
  return history.runs[a.run].footing == history.runs[b.run].footing;
}

// A logarithmic scale of ratios onto [top, bottom], in pixels.
class Scale {
 public:
  Scale(const History& history, const HistoryLine& line, double top, double bottom)
      : top_(top), bottom_(bottom) {
    low_ = high_ = line.points.front().log_ratio.estimate;
    for (const HistoryPoint& point : line.points) {
      low_ = std::min(low_, point.log_ratio.estimate);
      high_ = std::max(high_, point.log_ratio.estimate);
    }
    // What is below the margin shall not look like a change, and the estimates shall be told apart
    // where the intervals are much wider than they differ: then those are cut off at the edges.
    const double spread = std::max(high_ - low_, 4 * std::log1p(history.margin));
    const double middle = (low_ + high_) / 2;
    double below = middle - spread / 2;
    double above = middle + spread / 2;
    for (const HistoryPoint& point : line.points) {
      const analyze::Location& ratio = point.log_ratio;
      if (std::isinf(ratio.low)) continue;
      below = std::min(below, std::max(ratio.low, middle - spread));
      above = std::max(above, std::min(ratio.high, middle + spread));
    }
    low_ = below - 0.05 * (above - below);
    high_ = above + 0.05 * (above - below);
  }

  double y(double log_ratio) const {
    const double place = (std::clamp(log_ratio, low_, high_) - low_) / (high_ - low_);
    return bottom_ - place * (bottom_ - top_);
  }

  // Three to six round ratios.
  std::vector<double> ticks() const {
    const double low = std::exp(low_);
    const double high = std::exp(high_);
    const double power = std::pow(10, std::floor(std::log10((high - low) / 3)));
    double step = power;
    for (const double factor : {2.0, 5.0}) {
      if ((high - low) / (factor * power) >= 3) step = factor * power;
    }
    constexpr int kMostTicks = 10;
    const double first = std::ceil(low / step);
    std::vector<double> ticks;
    for (int i = 0; i < kMostTicks && (first + i) * step <= high; ++i) {
      ticks.push_back((first + i) * step);
    }
    return ticks;
  }

 private:
  double top_;
  double bottom_;
  double low_ = 0;
  double high_ = 0;
};

class Chart {
 public:
  Chart(const History& history, std::size_t line)
      : history_(history),
        line_(history.lines[line]),
        changes_(changes_of(history, line)),
        scale_(history, line_, kTop, kBottom) {}

  std::string draw() {
    svg_ = fmt::format(
        "<svg class=\"plot\" width=\"100%\" height=\"{}\" role=\"img\" aria-label=\"{}\">\n",
        kHeight,
        xml_text(fmt::format("{} of {} as ratio to {}, by result",
                             analyze::info_of(line_.figure).title(), line_.strategy,
                             line_.reference)));
    grid();
    breaks();
    for (const HistoryChange* change : changes_) levels(*change);
    connections();
    for (const HistoryPoint& point : line_.points) dot(point);
    commits();
    return svg_ + "</svg>\n";
  }

 private:
  static constexpr int kHeight = 190;
  static constexpr double kTop = 12;
  static constexpr double kBottom = 158;
  static constexpr double kLeft = 13;  // percent of the width
  static constexpr double kRight = 99;

  // In percent of the width; every run of the history has its place, for lines to be compared.
  double x(double run) const {
    return kLeft + (kRight - kLeft) * (run + 0.5) / static_cast<double>(history_.runs.size());
  }
  double x(std::size_t run) const { return x(static_cast<double>(run)); }

  void segment(std::string_view classes, double x1, double y1, double x2, double y2) {
    svg_ += fmt::format(
        "<line class=\"{}\" x1=\"{:.2f}%\" y1=\"{:.1f}\" x2=\"{:.2f}%\" y2=\"{:.1f}\"/>\n", classes,
        x1, y1, x2, y2);
  }

  void label(std::string_view classes, double x, double y, std::string_view anchor,
             std::string_view text) {
    svg_ +=
        fmt::format("<text class=\"{}\" x=\"{:.2f}%\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n",
                    classes, x, y, anchor, xml_text(text));
  }

  void grid() {
    for (const double tick : scale_.ticks()) {
      const double y = scale_.y(std::log(tick));
      segment("grid-line", kLeft, y, kRight, y);
      label("axis", kLeft - 1, y + 4, "end", ratio_number(tick));
    }
  }

  void breaks() {
    for (std::size_t i = 1; i < line_.points.size(); ++i) {
      const HistoryPoint& before = line_.points[i - 1];
      const HistoryPoint& point = line_.points[i];
      if (continues(history_, before, point)) continue;
      const double between = static_cast<double>(before.run + point.run) / 2;
      segment("break", x(between), kTop - 8, x(between), kBottom);
    }
  }

  // From the run after the change before to the one before the next.
  void levels(const HistoryChange& change) {
    std::size_t first = 0;
    std::size_t last = history_.runs.size() - 1;
    for (const HistoryChange* other : changes_) {
      if (other->to < change.to) first = std::max(first, other->to);
      if (other->to > change.to) last = std::min(last, other->from);
    }
    const auto on_footing = [&](std::size_t run) {
      return history_.runs[run].footing == history_.runs[change.to].footing;
    };
    while (!on_footing(first)) ++first;
    while (!on_footing(last)) --last;
    const double before = scale_.y(std::log(change.before));
    const double since = scale_.y(std::log(change.since));
    const double at = x(static_cast<double>(change.from + change.to) / 2);
    const std::string color(mark_of(history_, change));
    segment("level", x(static_cast<double>(first) - 0.4), before, at, before);
    segment("level " + color, at, since, x(static_cast<double>(last) + 0.4), since);
    segment("step " + color + (change.is_sure() ? "" : " perhaps"), at, kTop - 8, at, kBottom);
  }

  void connections() {
    for (std::size_t i = 1; i < line_.points.size(); ++i) {
      const HistoryPoint& before = line_.points[i - 1];
      const HistoryPoint& point = line_.points[i];
      if (!continues(history_, before, point)) continue;
      segment("thread", x(before.run), scale_.y(before.log_ratio.estimate), x(point.run),
              scale_.y(point.log_ratio.estimate));
    }
  }

  void dot(const HistoryPoint& point) {
    const analyze::Location& ratio = point.log_ratio;
    if (!std::isinf(ratio.low)) {
      segment("interval", x(point.run), scale_.y(ratio.low), x(point.run), scale_.y(ratio.high));
    }
    const analyze::HistoryRun& run = history_.runs[point.run];
    const std::string says =
        fmt::format("{}, {}: {}", short_commit(run), short_time(run), ratio_text(point));
    svg_ += fmt::format(
        "<circle class=\"dot\" cx=\"{:.2f}%\" cy=\"{:.1f}\" r=\"3\"><title>{}"
        "</title></circle>\n",
        x(point.run), scale_.y(ratio.estimate), xml_text(says));
  }

  // Below: the first and the last run, and where a change begins, as far as there is room.
  void commits() {
    constexpr double kRoom = 22;
    std::vector<double> taken;
    const auto put = [&](std::size_t run, bool marked) {
      const double at = x(run);
      if (std::ranges::any_of(taken, [&](double other) { return std::abs(at - other) < kRoom; })) {
        return;
      }
      taken.push_back(at);
      const bool is_left = at < kLeft + 8;
      const bool is_right = at > kRight - 8;
      const std::string_view anchor = is_left ? "start" : is_right ? "end" : "middle";
      const analyze::HistoryRun& of = history_.runs[run];
      const double place = is_left ? kLeft : is_right ? kRight : at;
      label(marked ? "axis name" : "axis", place, kBottom + 16, anchor, short_commit(of));
      label("axis", place, kBottom + 30, anchor, short_time(of).substr(0, 10));
    };
    for (const HistoryChange* change : changes_) put(change->to, true);
    put(0, false);
    put(history_.runs.size() - 1, false);
  }

  const History& history_;
  const HistoryLine& line_;
  std::vector<const HistoryChange*> changes_;
  Scale scale_;
  std::string svg_;
};

}  // namespace

std::string_view mark_of(const History& history, const HistoryChange& change) {
  const std::string_view direction = direction_of(history, change);
  return direction == "worse" ? "bad" : direction == "better" ? "good" : "plain";
}

std::string history_chart(const History& history, std::size_t line) {
  return Chart(history, line).draw();
}

std::string history_strip(const History& history, std::size_t index) {
  constexpr double kWidth = 300;
  constexpr double kHeight = 30;
  const HistoryLine& line = history.lines[index];
  const Scale scale(history, line, 2, kHeight - 2);
  const auto x = [&](double run) {
    return kWidth * (run + 0.5) / static_cast<double>(history.runs.size());
  };
  std::string path;
  std::string band;
  for (std::size_t i = 0; i < line.points.size(); ++i) {
    const HistoryPoint& point = line.points[i];
    const analyze::Location& ratio = point.log_ratio;
    const double at = x(static_cast<double>(point.run));
    const bool joined = i > 0 && continues(history, line.points[i - 1], point);
    const bool joins = i + 1 < line.points.size() && continues(history, point, line.points[i + 1]);
    // A point without neighbours would be a path without length, which has no dot.
    path += fmt::format("{}{:.1f} {:.1f}{}", joined ? "L" : "M", at, scale.y(ratio.estimate),
                        joined || joins ? "" : "h2");
    if (!std::isinf(ratio.low)) {
      band += fmt::format("M{:.1f} {:.1f}V{:.1f}", at, scale.y(ratio.low), scale.y(ratio.high));
    }
  }
  std::string svg = fmt::format(
      "<svg class=\"strip\" viewBox=\"0 0 {} {}\" preserveAspectRatio=\"none\" "
      "aria-hidden=\"true\"><path class=\"interval\" d=\"{}\"/><path class=\"thread\" d=\"{}\"/>",
      kWidth, kHeight, band, path);
  for (const HistoryChange* change : changes_of(history, index)) {
    const double at = x(static_cast<double>(change->from + change->to) / 2);
    svg += fmt::format("<path class=\"step {}{}\" d=\"M{:.1f} 0V{}\"/>", mark_of(history, *change),
                       change->is_sure() ? "" : " perhaps", at, kHeight);
  }
  return svg + "</svg>";
}

}  // namespace asyncbench::report
