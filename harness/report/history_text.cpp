#include "report/history_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <vector>

#include "analyze/statistics.hpp"
#include "report/format.hpp"

namespace asyncbench::report {
namespace {

using analyze::History;
using analyze::HistoryChange;
using analyze::HistoryLine;
using analyze::HistoryPoint;
using analyze::HistoryRun;

constexpr std::size_t kName = 21;  // "thread_per_connection"

std::string counted(std::size_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

// The line as a row of at most `width` characters, one a result or, where they are more, one for
// the median of several; "|" where the next stands on another footing.
std::string sparkline(const History& history, const HistoryLine& line, std::size_t width,
                      bool utf8) {
  static constexpr std::array<std::string_view, 8> kBlocks = {"▁", "▂", "▃", "▄",
                                                              "▅", "▆", "▇", "█"};
  static constexpr std::array<std::string_view, 8> kDigits = {"1", "2", "3", "4",
                                                              "5", "6", "7", "8"};
  // Footings between which no level is compared.
  std::vector<std::vector<double>> parts;
  std::size_t footing = 0;
  for (const HistoryPoint& point : line.points) {
    const std::size_t own = history.runs[point.run].footing;
    if (parts.empty() || own != footing) parts.emplace_back();
    footing = own;
    parts.back().push_back(point.log_ratio.estimate);
  }
  std::size_t together = 1;
  const auto width_with = [&](std::size_t each) {
    std::size_t glyphs = parts.size() - 1;
    for (const auto& part : parts) glyphs += (part.size() + each - 1) / each;
    return glyphs;
  };
  while (width_with(together) > width && together < line.points.size()) ++together;

  double low = line.points.front().log_ratio.estimate;
  double high = low;
  for (const HistoryPoint& point : line.points) {
    low = std::min(low, point.log_ratio.estimate);
    high = std::max(high, point.log_ratio.estimate);
  }
  // What is below the margin shall not look like a change.
  const double least = 4 * std::log1p(history.margin);
  if (high - low < least) {
    low -= (least - (high - low)) / 2;
    high = low + least;
  }
  std::string text;
  for (const std::vector<double>& part : parts) {
    if (!text.empty()) text += '|';
    for (std::size_t i = 0; i < part.size(); i += together) {
      const double value =
          analyze::median(std::span(part).subspan(i, std::min(together, part.size() - i)));
      const auto level =
          static_cast<std::size_t>(std::clamp(8 * (value - low) / (high - low), 0.0, 7.0));
      text += (utf8 ? kBlocks : kDigits)[level];
    }
  }
  return text;
}

class Writer {
 public:
  Writer(const History& history, const HistoryText& options)
      : history_(history), options_(options) {}

  std::string write() {
    paragraph(extent_of(history_) + ".");
    if (!history_.lines.empty()) {
      paragraph(fmt::format("Figures are ratios to {} in the same run.", references_of(history_)));
    }
    if (history_.runs.size() < 2) {
      paragraph(
          "There is nothing yet to compare it with: keep the result of each commit, and give "
          "them all.");
    }
    changes("CHANGED", "the newest first", true);
    changes("PERHAPS", "in one line of many by chance, or in one result alone", false);
    steady();
    if (options_.all) all_lines();
    breaks();
    left_out();
    if (!history_.changes.empty()) paragraph("\n" + history_method(history_));
    return std::move(out_);
  }

 private:
  void paragraph(std::string_view text) {
    if (text.starts_with('\n')) {
      out_ += '\n';
      text.remove_prefix(1);
    }
    out_ += wrapped(printable(text), "", options_.width);
  }
  void item(std::string_view text, std::string_view first) {
    out_ += wrapped(printable(text), first, options_.width);
  }
  void heading(std::string_view title, std::string_view text) {
    out_ += fmt::format("\n{}  {}\n", title, text);
  }

  void changes(std::string_view title, std::string_view text, bool sure) {
    constexpr std::size_t kMost = 40;
    const HistoryChange* last = nullptr;
    std::size_t shown = 0;
    std::size_t more = 0;
    for (const HistoryChange& change : history_.changes) {
      if (change.is_sure() != sure) continue;
      if (shown == kMost && !options_.all) {
        ++more;
        continue;
      }
      ++shown;
      if (last == nullptr) heading(title, text);
      if (last == nullptr || last->to != change.to) commit(change);
      row(change, last != nullptr && last->to == change.to ? last : nullptr);
      last = &change;
    }
    if (more > 0)
      out_ += fmt::format("  and {} before; --all prints them\n", counted(more, "change"));
  }

  // What the changes of one run have in common.
  void commit(const HistoryChange& change) {
    const HistoryRun& run = history_.runs[change.to];
    item(fmt::format("{} {}, after {}; {} before, {} since", short_commit(run), short_time(run),
                     short_commit(history_.runs[change.from]),
                     counted(change.runs_before, "result"), change.runs_since),
         "");
    if (!change.also.empty()) {
      item(fmt::format("{}", fmt::join(change.also, ", ")), "  also differs in ");
    }
  }

  void row(const HistoryChange& change, const HistoryChange* above) {
    const HistoryLine& line = history_.lines[change.line];
    const HistoryLine* const other = above == nullptr ? nullptr : &history_.lines[above->line];
    if (other == nullptr || other->figure != line.figure || other->group != line.group) {
      title_of(line);
      if (change.reference_moved) {
        item(fmt::format("nearly every strategy moved alike: {} itself may have changed",
                         line.reference),
             "    ");
      }
    }
    std::string text =
        fmt::format("    {} {:>16} {:>18} {:<6}", name_of(line),
                    ratio_number(change.before) + " -> " + ratio_number(change.since),
                    change_text(change), direction_of(history_, change));
    spark(line, text);
  }

  void title_of(const HistoryLine& line) {
    item(fmt::format("{}, {}", analyze::info_of(line.figure).title(), line.group), "  ");
  }

  // At least kName columns, the rest of the row follows.
  static std::string name_of(const HistoryLine& line) {
    const std::string name = printable(line.strategy);
    const std::size_t width = display_width(name);
    return name + std::string(width < kName ? kName - width : 0, ' ');
  }

  void spark(const HistoryLine& line, std::string text) {
    const std::size_t used = display_width(text) + 1;
    constexpr std::size_t kFewest = 4;
    if (used + kFewest <= options_.width) {
      text += ' ' + sparkline(history_, line, options_.width - used, options_.utf8);
    }
    while (text.ends_with(' ')) text.pop_back();
    out_ += text + '\n';
  }

  void steady() {
    if (history_.runs.size() < 2 || history_.lines.empty()) return;
    std::set<std::size_t> moved;
    for (const HistoryChange& change : history_.changes) moved.insert(change.line);
    out_ += '\n';
    item(fmt::format("{} of {}: no change of {} or more is shown{}",
                     history_.lines.size() - moved.size(), counted(history_.lines.size(), "line"),
                     margin_text(history_), options_.all ? "" : "; --all prints every line"),
         "STEADY  ");
  }

  void all_lines() {
    heading("LINES", "the newest ratio [95% interval in its run], and every result");
    const HistoryLine* above = nullptr;
    for (const HistoryLine& line : history_.lines) {
      if (above == nullptr || above->figure != line.figure || above->group != line.group) {
        title_of(line);
      }
      spark(line, fmt::format("    {} {:<22}", name_of(line), ratio_text(line.points.back())));
      above = &line;
    }
  }

  void breaks() {
    std::set<std::size_t> seen = {0};
    for (const HistoryRun& run : history_.runs) {
      if (!seen.insert(run.footing).second) continue;
      if (seen.size() == 2)
        heading("BREAKS", "where lines begin anew: other runs cannot be compared");
      item(fmt::format("{}", fmt::join(run.differs, "; ")),
           printable(fmt::format("{} {}  ", short_commit(run), short_time(run))));
    }
  }

  void left_out() {
    constexpr std::size_t kMost = 6;
    const std::vector<std::string>& all = history_.left_out;
    if (all.empty()) return;
    heading("LEFT OUT", "");
    while (out_.ends_with(" \n")) out_.erase(out_.size() - 2, 1);
    for (std::size_t i = 0; i < std::min(kMost, all.size()); ++i) item(all[i], "- ");
    if (all.size() > kMost) out_ += fmt::format("- and {} more\n", all.size() - kMost);
  }

  const History& history_;
  const HistoryText& options_;
  std::string out_;
};

}  // namespace

std::string ratio_number(double ratio) {
  constexpr double kSmall = 0.0995;  // below, format_number() has fewer digits
  return ratio < kSmall ? fmt::format("{:.3g}", ratio) : format_number(ratio);
}

std::string ratio_text(const HistoryPoint& point) {
  const analyze::Location& ratio = point.log_ratio;
  const std::string estimate = ratio_number(std::exp(ratio.estimate));
  if (std::isinf(ratio.low)) return estimate;
  return fmt::format("{} [{}, {}]", estimate, ratio_number(std::exp(ratio.low)),
                     ratio_number(std::exp(ratio.high)));
}

std::string margin_text(const History& history) {
  return fmt::format("{:.3g}%", 100 * history.margin);
}

std::string short_commit(const HistoryRun& run) {
  if (run.commit.empty()) return "no commit";
  constexpr std::string_view kDirty = "-dirty";
  return run.commit.substr(0, 7) + (run.commit.ends_with(kDirty) ? std::string(kDirty) : "");
}

std::string short_time(const HistoryRun& run) {
  std::string time = run.started.substr(0, 16);
  std::ranges::replace(time, 'T', ' ');
  return time;
}

std::string extent_of(const History& history) {
  std::set<std::string> commits;
  for (const HistoryRun& run : history.runs) commits.insert(run.commit);
  const HistoryRun& first = history.runs.front();
  const HistoryRun& last = history.runs.back();
  const std::string text = fmt::format("{} of {}, {}", counted(history.runs.size(), "result"),
                                       counted(commits.size(), "commit"), short_time(first));
  return history.runs.size() < 2 ? text : fmt::format("{} to {}", text, short_time(last));
}

std::string references_of(const History& history) {
  std::vector<std::string> names;
  for (const HistoryLine& line : history.lines) {
    if (std::ranges::find(names, line.reference) == names.end()) names.push_back(line.reference);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string percent_text(double factor) {
  const double percent = (factor - 1) * 100;
  return std::abs(percent) < 9.95 ? fmt::format("{:+.1f}", percent)
                                  : fmt::format("{:+.0f}", percent);
}

std::string change_text(const HistoryChange& change) {
  const analyze::Location& factor = change.factor;
  const std::string text = percent_text(factor.estimate) + '%';
  // What is counted exactly has no interval to speak of.
  if (std::isinf(factor.high) || factor.degenerate) return text;
  return fmt::format("{} [{}, {}]", text, percent_text(factor.low), percent_text(factor.high));
}

std::string_view direction_of(const History& history, const HistoryChange& change) {
  const auto higher_is_better =
      analyze::info_of(history.lines[change.line].figure).higher_is_better;
  if (!higher_is_better) return "moved";
  return (change.factor.estimate > 1) == *higher_is_better ? "better" : "worse";
}

std::string history_method(const History& history) {
  return fmt::format(
      "A line has changed where its ratio moved by {} or more to another level and stayed there: "
      "more than random orders of its results do in one of a hundred cases, and also when all "
      "lines are counted (Benjamini-Hochberg, 0.05). That takes about 4 results since. Two or "
      "three count where they lie farther off than the spread of the results before predicts. "
      "What would be found in one line alone, or from the newest result alone, is said apart: "
      "measure again, or decide with asyncbench gate.",
      margin_text(history));
}

std::string history_text(const History& history, const HistoryText& options) {
  return Writer(history, options).write();
}

}  // namespace asyncbench::report
