#include "report/result_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "report/answer.hpp"
#include "report/contrast_text.hpp"
#include "report/figure_text.hpp"
#include "report/format.hpp"
#include "report/remarks.hpp"
#include "report/stage_table.hpp"
#include "report/strategy_table.hpp"

namespace asyncbench::report {
namespace {

using analyze::GroupComparison;
using analyze::Standing;

// More points than these would fill the screen with tables.
constexpr std::size_t kTablesMost = 2;

// The words in front of what is said.
constexpr std::size_t kLabelWidth = 8;

class Writer {
 public:
  Writer(const result::Result& result, const analyze::Comparison& comparison,
         const ResultTextOptions& options)
      : result_(result), comparison_(comparison), options_(options) {}

  std::string text() {
    const std::vector<Answer> answers = answers_of(comparison_);
    const bool has_tables = options_.tables || answers.size() <= kTablesMost;
    if (!has_tables) ratios_of();
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const GroupComparison& group = comparison_.groups[i];
      if (has_tables) {
        with_table(group, answers[i]);
      } else {
        in_tiers(group, answers[i]);
      }
      out_ += '\n';
    }
    if (has_tables && !answers.empty()) out_.pop_back();
    if (!has_tables) summary(answers);
    remarks();
    return std::move(out_);
  }

 private:
  void line(std::string_view text, std::string_view first = "") {
    out_ += wrapped(printable(text), first, options_.terminal.width);
  }

  // "ANSWER  Take ...", its label in bold.
  void say(std::string_view label, const std::string& text) {
    if (text.empty()) return;
    const std::string block = wrapped(printable(text), fmt::format("{:<{}}", label, kLabelWidth),
                                      options_.terminal.width);
    out_ += options_.terminal.paint(label, Color::bold) + block.substr(label.size());
  }

  static const result::Cell& work_of(const GroupComparison& group) {
    return *group.standings.front().cell;
  }

  static std::vector<const result::Cell*> cells_of(const GroupComparison& group) {
    std::vector<const result::Cell*> cells;
    for (const Standing& standing : group.standings) cells.push_back(standing.cell);
    return cells;
  }

  void with_table(const GroupComparison& group, const Answer& answer) {
    const std::string title =
        printable(fmt::format("{}; {}", work_text(work_of(group)), trials_text(cells_of(group))));
    const double margin = comparison_.rule.margin;
    out_ += options_.ratios ? ratio_table(group, margin, title, options_.terminal)
                            : strategy_table(group, margin, title, options_.terminal);
    out_ += '\n';
    out_ += stage_table(group, result_.plan);
    say("ANSWER", answer.take);
    say("BEHIND", answer.behind);
    say("BUT", losses(answer));
    say("NOISE", answer.noise);
    if (answer.kind == AnswerKind::alone) return;
    for (const result::Note& note : group.notes) {
      say(options_.notes ? note.code : "NOTE", note.detail);
    }
  }

  // "libuv's p99 is ...; and 3 more (--notes)."
  std::string losses(const Answer& answer) const {
    constexpr std::size_t kFew = 2;
    const std::size_t shown =
        options_.notes ? answer.losses.size() : std::min(kFew, answer.losses.size());
    if (shown == 0) return "";
    std::string text = fmt::format(
        "{}", fmt::join(answer.losses.begin(),
                        answer.losses.begin() + static_cast<std::ptrdiff_t>(shown), "; "));
    if (shown < answer.losses.size()) {
      text += fmt::format("; and {} more: --notes", answer.losses.size() - shown);
    }
    return text;
  }

  static std::string ratio_of(const GroupComparison& group) {
    return group.reference == nullptr
               ? ""
               : fmt::format("{}, times {}", gain_noun(group.figures.front()),
                             group.reference->strategy);
  }

  // What the ratios are, once where it is the same for all.
  void ratios_of() {
    common_ratio_ = ratio_of(comparison_.groups.front());
    for (const GroupComparison& group : comparison_.groups) {
      if (ratio_of(group) != common_ratio_) common_ratio_.clear();
    }
    if (!common_ratio_.empty()) line(common_ratio_ + ":");
  }

  // A line for each tier, the answer below.
  void in_tiers(const GroupComparison& group, const Answer& answer) {
    const std::string ratio = ratio_of(group);
    line(work_text(work_of(group)) +
         (ratio == common_ratio_ || ratio.empty() ? "" : fmt::format(" ({})", ratio)));
    std::map<std::size_t, std::vector<const Standing*>> tiers;
    for (const Standing& standing : group.standings) {
      if (standing.tier) tiers[*standing.tier].push_back(&standing);
    }
    for (const auto& [tier, standings] : tiers) {
      std::vector<const analyze::Contrast*> contrasts;
      std::vector<std::string> names;
      for (const Standing* standing : standings) {
        names.push_back(standing->cell->strategy);
        contrasts.push_back(standing->contrasts.empty() ? nullptr : &standing->contrasts.front());
      }
      const std::string range = gain_range(contrasts);
      line(fmt::format("{}", fmt::join(names, ", ")), fmt::format("  {:<11} ", range));
    }
    say("  =>", answer.take);
    if (!answer.losses.empty()) say("  but", losses(answer));
    say("  but", answer.peers);
  }

  // Of many points: where to take what.
  void summary(const std::vector<Answer>& answers) {
    std::vector<std::pair<std::string, std::vector<std::string>>> advice;  // for which works
    std::vector<std::string> works;                                        // of all points
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const std::string& workload = work_of(comparison_.groups[i]).workload;
      works.push_back(workload);
      const std::string text =
          answers[i].choice.empty() ? std::string(name_of(answers[i].kind)) : answers[i].choice;
      auto known = std::ranges::find(advice, text, [](const auto& pair) { return pair.first; });
      if (known == advice.end()) known = advice.insert(known, {text, {}});
      known->second.push_back(workload);
    }
    // What is open comes last.
    std::stable_partition(advice.begin(), advice.end(), [&](const auto& pair) {
      return std::ranges::find(answers, pair.first, &Answer::choice) != answers.end();
    });
    std::vector<std::string> parts;
    for (const auto& [text, workloads] : advice) {
      std::vector<std::string> names;
      for (const std::string& name : workloads) {
        const auto count = std::ranges::count(workloads, name);
        const auto all = std::ranges::count(works, name);
        std::string part = all == 1 ? name : fmt::format("{} ({} of {})", name, count, all);
        if (std::ranges::find(names, part) == names.end()) names.push_back(std::move(part));
      }
      parts.push_back(fmt::format("{}: {}", text, fmt::join(names, ", ")));
    }
    say("ANSWER", fmt::format("{}", fmt::join(parts, "; ")));
    std::string noise;
    for (const GroupComparison& group : comparison_.groups) {
      if (!group.noise || group.noise->contrasts.empty()) continue;
      const analyze::Contrast& contrast = group.noise->contrasts.front();
      noise += fmt::format("{}{} {}", noise.empty() ? "" : ", ", work_of(group).workload,
                           text_of(gain_ratio(contrast)));
    }
    say("NOISE",
        noise.empty() ? "No twin took part." : "The references against themselves: " + noise + ".");
  }

  void remarks() {
    const std::vector<Remark> remarks = remarks_of(result_);
    if (!options_.notes) {
      std::vector<std::string> names;
      for (const Remark& remark : remarks) names.push_back(remark.name);
      if (!names.empty()) say("NOTES", fmt::format("{}: --notes", fmt::join(names, ", ")));
      return;
    }
    out_ += '\n';
    for (const Remark& remark : remarks) {
      line(remark.text, "- ");
      for (const std::string& detail : remark.details) line(detail, "    ");
    }
    line(legend());
    line(machine_text(result_));
  }

  std::string legend() const {
    std::string text =
        "Figures are medians of the trials. Ratios are of pairs in blocks, with their interval. "
        "CPU us, ctx sw and syscall are per request, of the side under test; total us is the CPU "
        "of both.";
    const auto any = [&](bool result::Estimate::*flag) {
      return std::ranges::any_of(result_.cells, [&](const result::Cell& cell) {
        return cell.summary && std::ranges::any_of(cell.summary->figures, [&](const auto& figure) {
                 return figure.second.*flag;
               });
      });
    };
    if (any(&result::Estimate::unresolved)) {
      text += " ?: unresolved, too few requests in a trial for this percentile.";
    }
    if (any(&result::Estimate::at_least)) text += " >=: at least; the true value may be higher.";
    return text;
  }

  const result::Result& result_;
  const analyze::Comparison& comparison_;
  const ResultTextOptions& options_;
  std::string common_ratio_;  // of all points, where it is the same
  std::string out_;
};

}  // namespace

std::string result_text(const result::Result& result, const analyze::Comparison& comparison,
                        const ResultTextOptions& options) {
  return Writer(result, comparison, options).text();
}

}  // namespace asyncbench::report
