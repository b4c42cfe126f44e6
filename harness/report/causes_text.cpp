#include "report/causes_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "report/format.hpp"

namespace asyncbench::report {
namespace {

using analyze::Causes;
using measure::Activity;

constexpr std::size_t kWidth = 80;
constexpr std::size_t kLabel = 22;
constexpr std::size_t kColumn = 19;
constexpr std::size_t kColumns = (kWidth - kLabel) / kColumn;

// Rows beyond those that matter most would bury them.
constexpr std::size_t kCallsShown = 16;

struct Row {
  std::string label;
  std::vector<std::string> cells;  // one a strategy
};

// "0.125"; what was not seen at all is a dash.
constexpr const char* kNone = "-";

std::string rate(double value) { return value > 0 ? format_number(value) : kNone; }

std::string microseconds(double ns) { return ns > 0 ? format_number(ns / 1000) : kNone; }

class Text {
 public:
  explicit Text(std::span<const Causes> causes) : causes_(causes) {}

  // Makes a row: `cell` says a strategy's.
  Row row(std::string label, const std::function<std::string(const Causes&)>& cell) const {
    Row made{.label = std::move(label)};
    for (const Causes& cause : causes_) made.cells.push_back(cell(cause));
    return made;
  }

  // A title with the strategies, and the rows below that some strategy beside has anything in; none
  // when there are no rows.
  void section(const std::string& title, const std::vector<Row>& rows) {
    if (rows.empty()) return;
    std::string text = title + '\n';
    for (std::size_t first = 0; first < causes_.size(); first += kColumns) {
      const std::size_t last = std::min(first + kColumns, causes_.size());
      Row names = row("", [](const Causes& cause) { return printable(cause.strategy); });
      line(names, first, last, text);
      for (const Row& shown : rows) {
        const auto occurs = [](const std::string& cell) { return cell != kNone; };
        if (std::any_of(shown.cells.begin() + static_cast<std::ptrdiff_t>(first),
                        shown.cells.begin() + static_cast<std::ptrdiff_t>(last), occurs)) {
          line(shown, first, last, text);
        }
      }
    }
    if (!text_.empty()) text_ += '\n';
    text_ += text;
  }

  void note(const std::string& note) { text_ += wrapped(note, "  ", kWidth); }

  std::string take() { return std::move(text_); }

 private:
  static void line(const Row& row, std::size_t first, std::size_t last, std::string& text) {
    std::string made = "  " + row.label;
    for (std::size_t i = first; i < last; ++i) {
      const std::size_t end = kLabel + (i - first + 1) * kColumn;
      const std::size_t used = made.size() + row.cells[i].size();
      made += std::string(end > used ? end - used : 1, ' ') + row.cells[i];
    }
    made.erase(made.find_last_not_of(' ') + 1);
    text += made + '\n';
  }

  std::span<const Causes> causes_;
  std::string text_;
};

// The reasons of all strategies, the most frequent anywhere first.
std::vector<std::string> call_names(std::span<const Causes> causes) {
  std::map<std::string, double> most;
  for (const Causes& cause : causes) {
    if (!cause.calls) continue;
    for (const auto& [name, count] : *cause.calls) most[name] = std::max(most[name], count);
  }
  std::vector<std::string> names;
  for (const auto& [name, count] : most) names.push_back(name);
  std::ranges::stable_sort(
      names, [&](const std::string& a, const std::string& b) { return most[a] > most[b]; });
  return names;
}

std::vector<Row> call_rows(std::span<const Causes> causes, const Text& text) {
  std::vector<std::string> names = call_names(causes);
  if (names.empty()) return {};
  const std::set<std::string> rest(
      names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), kCallsShown)),
      names.end());
  names.resize(std::min(names.size(), kCallsShown));
  const auto sum = [](const Causes& cause, const auto& counts_it) {
    if (!cause.calls) return std::string("?");
    double all = 0;
    for (const auto& [name, count] : *cause.calls) all += counts_it(name) ? count : 0;
    return rate(all);
  };
  std::vector<Row> rows;
  for (const std::string& name : names) {
    rows.push_back(text.row(name, [&](const Causes& cause) {
      return sum(cause, [&](const std::string& other) { return other == name; });
    }));
  }
  if (!rest.empty()) {
    rows.push_back(text.row(fmt::format("{} others", rest.size()), [&](const Causes& cause) {
      return sum(cause, [&](const std::string& name) { return rest.contains(name); });
    }));
  }
  rows.push_back(text.row("all", [&](const Causes& cause) {
    return sum(cause, [](const std::string&) { return true; });
  }));
  return rows;
}

std::vector<Row> event_rows(std::span<const Causes> causes, const Text& text) {
  std::set<std::string> names;
  for (const Causes& cause : causes) {
    for (const auto& [name, count] : cause.events) names.insert(name);
  }
  std::vector<Row> rows;
  for (const std::string& name : names) {
    rows.push_back(text.row(name, [&](const Causes& cause) {
      const auto found = cause.events.find(name);
      return found == cause.events.end() ? "?" : rate(found->second);
    }));
  }
  return rows;
}

// A distribution's rows; none when no strategy has it.
std::vector<Row> size_rows(std::span<const Causes> causes, const Text& text,
                           std::optional<analyze::Batches> Causes::*sizes) {
  if (std::ranges::none_of(causes, [&](const Causes& c) { return (c.*sizes).has_value(); })) {
    return {};
  }
  const auto cell = [sizes](auto figure) {
    return [sizes, figure](const Causes& cause) {
      return cause.*sizes ? figure(*(cause.*sizes)) : std::string(kNone);
    };
  };
  using analyze::Batches;
  return {text.row("median", cell([](const Batches& b) { return fmt::to_string(b.median); })),
          text.row("p99", cell([](const Batches& b) { return fmt::to_string(b.p99); })),
          text.row("mean", cell([](const Batches& b) { return format_number(b.mean); }))};
}

std::vector<Row> wait_rows(std::span<const Causes> causes, const Text& text) {
  std::map<std::string, double> longest;
  for (const Causes& cause : causes) {
    if (!cause.waits) continue;
    for (const auto& wait : cause.waits->reasons) {
      longest[wait.reason] = std::max(longest[wait.reason], wait.ns);
    }
    longest.try_emplace("", 0);  // there is something to show
  }
  if (longest.empty()) return {};
  longest.erase("");
  std::vector<std::string> names;
  for (const auto& [name, ns] : longest) names.push_back(name);
  std::ranges::stable_sort(
      names, [&](const std::string& a, const std::string& b) { return longest[a] > longest[b]; });
  std::vector<Row> rows;
  for (const std::string& name : names) {
    rows.push_back(text.row(name, [&](const Causes& cause) -> std::string {
      if (!cause.waits) return "?";
      for (const auto& wait : cause.waits->reasons) {
        if (wait.reason != name) continue;
        return fmt::format("{} ({}x)", microseconds(wait.ns), format_number(wait.times));
      }
      return kNone;
    }));
  }
  if (names.size() > 1) {
    rows.push_back(text.row("all of these", [](const Causes& cause) -> std::string {
      if (!cause.waits) return "?";
      double ns = 0;
      double times = 0;
      for (const auto& wait : cause.waits->reasons) {
        ns += wait.ns;
        times += wait.times;
      }
      return fmt::format("{} ({}x)", microseconds(ns), format_number(times));
    }));
  }
  rows.push_back(text.row("for a CPU", [](const Causes& cause) {
    return cause.waits ? microseconds(cause.waits->run_queue_ns) : "?";
  }));
  return rows;
}

constexpr std::array<const char*, measure::kActivities> kActivityLabels = {
    "own task's code",  "other tasks' code",  "loop and kernel",     "waiting for a CPU",
    "waiting for peer", "waiting for thread", "waiting for storage", "loop or waiting"};

std::vector<Row> tail_rows(std::span<const Causes> causes, const Text& text) {
  if (std::ranges::none_of(causes, [](const Causes& c) { return c.tail.has_value(); })) return {};
  const auto cell = [](auto figure) {
    return [figure](const Causes& cause) {
      return cause.tail ? figure(*cause.tail) : std::string(kNone);
    };
  };
  using analyze::TailCauses;
  std::vector<Row> rows = {text.row("p99.9", cell([](const TailCauses& t) {
                                      return format_duration_ns(static_cast<double>(t.p99_9_ns));
                                    })),
                           text.row("requests beyond it", cell([](const TailCauses& t) {
                                      return fmt::format(
                                          "{} of {}", t.slow,
                                          format_count(static_cast<double>(t.requests)));
                                    })),
                           text.row("mean (typical)", cell([](const TailCauses& t) {
                                      return fmt::format("{} ({})", microseconds(t.slow_latency_ns),
                                                         microseconds(t.typical_latency_ns));
                                    }))};
  for (std::size_t i = 0; i < measure::kActivities; ++i) {
    const bool occurs = std::ranges::any_of(
        causes, [i](const Causes& c) { return c.tail && c.tail->slow_times[i] > 0; });
    if (!occurs) continue;
    rows.push_back(text.row(kActivityLabels[i], cell([i](const TailCauses& t) {
                              return fmt::format(
                                  "{} ({}) {:>4}", microseconds(t.slow_times[i]),
                                  microseconds(t.typical_times[i]),
                                  format_percent(t.share_of_excess(static_cast<Activity>(i))));
                            })));
  }
  return rows;
}

}  // namespace

std::string causes_text(std::span<const Causes> causes) {
  Text text(causes);
  text.section("System calls per request", call_rows(causes, text));
  text.section("Events per request", event_rows(causes, text));
  text.section("Operations ended per wake-up", size_rows(causes, text, &Causes::batches));
  text.section("Requests in flight", size_rows(causes, text, &Causes::in_flight));
  text.section("Waits of all threads, us per request (times per request)", wait_rows(causes, text));
  const std::vector<Row> tail = tail_rows(causes, text);
  text.section("The slowest 0.1 % of requests: where their time goes, in us", tail);
  if (!tail.empty()) {
    text.note(
        "in parentheses that of typical requests; the percentage is the share of what the slowest "
        "take beyond these");
  }
  std::set<std::string> missing;
  for (const Causes& cause : causes) missing.insert(cause.missing.begin(), cause.missing.end());
  for (const std::string& line : missing) text.note("not measured: " + printable(line));
  for (const Causes& cause : causes) {
    if (cause.waits && cause.waits->lost > 0) {
      text.note(fmt::format("{}: {} records of switches were lost: the waits are too few",
                            printable(cause.strategy), cause.waits->lost));
    }
  }
  return text.take();
}

}  // namespace asyncbench::report
