#include "cli/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "analyze/statistics.hpp"
#include "cli/command.hpp"
#include "report/format.hpp"

namespace asyncbench::cli {
namespace {

// Where nobody watches, a line at least so often.
constexpr Duration kLogInterval = std::chrono::minutes(1);

// "165k/s": the median so far; "" before the first valid trial.
std::string median_text(const result::Cell& cell) {
  std::vector<double> rates;
  for (const result::Trial* trial : cell.valid_trials()) rates.push_back(trial->throughput_per_s);
  return rates.empty() ? "" : report::format_count(analyze::median(rates)) + "/s";
}

std::string title_of(const run::PlannedCell& cell, result::TrialKind kind) {
  switch (kind) {
    case result::TrialKind::count:
      return cell.id + " (counting syscalls)";
    case result::TrialKind::trace:
      return cell.id + " (tracing)";
    case result::TrialKind::profile:
      return cell.id + " (profiling)";
    case result::TrialKind::twin:
      return cell.id + " (twin)";
    case result::TrialKind::timed:
      break;
  }
  return cell.id;
}

// "165k/s, p50 247us, p99 560us, 3 errors; in 0.45s of turns".
std::string second_text(const run::report::Progress& second) {
  const double seconds = std::chrono::duration<double>(second.active).count();
  std::string text = report::format_count(static_cast<double>(second.ok) / seconds) + "/s";
  for (const auto& [name, value] :
       {std::pair("p50", second.p50_ns), std::pair("p99", second.p99_ns)}) {
    if (value) {
      text += fmt::format(", {} {}", name, report::format_duration_ns(static_cast<double>(*value)));
    }
  }
  text += fmt::format(", {} error{}", second.failed, second.failed == 1 ? "" : "s");
  // Another cell had its turns in the rest of the second.
  const bool is_whole = second.active > run::kLiveEvery / 10 * 9;
  return is_whole ? text : fmt::format("{}; in {:.2f}s of turns", text, seconds);
}

}  // namespace

std::string clock_text(Duration time) {
  const std::int64_t seconds = std::chrono::ceil<std::chrono::seconds>(time).count();
  if (seconds < 3600) return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string amount_text(const run::Plan& plan) {
  const auto counted = [](std::size_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
  };
  return fmt::format("{}, {}, about {}", counted(plan.cells.size(), "cell"),
                     counted(plan.trials.size(), "trial"), clock_text(plan.expected_time()));
}

// One column stays free: some terminals wrap when the last one is written.
std::string ProgressLine::line_of(const run::Step& step, std::string what,
                                  const std::string& tail) const {
  const std::string head = fmt::format("[{}/{}] ", step.index + 1, step.total);
  const std::size_t width = std::min(kColumns, terminal_.width) - 1;
  const std::size_t used = head.size() + tail.size();
  const std::size_t room = std::max<std::size_t>(width > used ? width - used : 0, 2);
  if (what.size() > room) what = what.substr(0, room - 2) + "..";
  return head + what + tail;
}

std::string ProgressLine::describe(const run::Step& step) const {
  const std::string median = median_text(step.so_far);
  std::string what = title_of(step.cell, step.trial.kind);
  return line_of(
      step, std::move(what),
      fmt::format("  {}{}{} left", median, median.empty() ? "" : "  ", clock_text(step.remaining)));
}

void ProgressLine::run_begins(const run::Plan& plan, std::size_t done) {
  std::string text = amount_text(plan);
  if (done > 0) text += fmt::format("; {} trials are done already", done);
  note(text);
}

void ProgressLine::trial_begins(const run::Step& step) {
  if (terminal_.overwrites) {
    print_line(describe(step));
  } else if (step.index == 0 || step.elapsed - last_printed_ >= kLogInterval) {
    last_printed_ = step.elapsed;
    note(describe(step));
  }
}

void ProgressLine::trial_ends(const run::Step& step, const result::Trial& trial) {
  if (!trial.valid && trial.status != result::TrialStatus::cancelled) {
    note(fmt::format("{}, block {}: {}", step.cell.id, trial.block,
                     trial.reason.empty() ? "invalid" : trial.reason));
  }
  const std::string median = median_text(step.so_far);
  if (terminal_.overwrites || !step.cell_done || median.empty()) return;
  last_printed_ = step.elapsed;
  note(line_of(step, step.cell.id,
               fmt::format(": {}, {} left", median, clock_text(step.remaining))));
}

void ProgressLine::second_passes(const run::PlannedCell& cell, result::TrialKind kind,
                                 const run::report::Progress& second) {
  note(fmt::format("{}: {}", title_of(cell, kind), second_text(second)));
  std::fflush(stream_);
  if (terminal_.overwrites && !shown_.empty()) print_line(shown_);
}

void ProgressLine::note(std::string_view line) {
  clear();
  std::fputs((report::message_text(line) + '\n').c_str(), stream_);
}

void ProgressLine::clear() {
  if (!line_shown_) return;
  std::fputs("\r\033[K", stream_);  // ECMA-48: erase to the end of the line
  std::fflush(stream_);
  line_shown_ = false;
}

void ProgressLine::print_line(const std::string& text) {
  std::fputs(("\r\033[K" + report::printable(text)).c_str(), stream_);
  std::fflush(stream_);
  line_shown_ = true;
  shown_ = text;
}

}  // namespace asyncbench::cli
