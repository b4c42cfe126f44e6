#include "report/change_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "analyze/notes.hpp"
#include "analyze/ratio.hpp"
#include "report/change_verdict.hpp"
#include "report/contrast_text.hpp"
#include "report/figure_text.hpp"
#include "report/forest.hpp"
#include "report/format.hpp"

namespace asyncbench::report {
namespace {

using analyze::Contrast;
using analyze::Decision;
using analyze::GroupComparison;
using analyze::Standing;
using result::Cell;

class Writer {
 public:
  Writer(const Change& change, const Terminal& terminal) : change_(change), terminal_(terminal) {}

  std::string text() {
    for (const std::string& reason : change_.forced) {
      line("compared by --force although they differ in " + reason, "! ");
    }
    out_ += build_notes(change_.comparison, terminal_);
    sides();
    out_ += '\n';
    headline();
    out_ += '\n';
    tables();
    for (const std::string& cell : change_.comparison.missing) line(cell, "- ");
    return std::move(out_);
  }

 private:
  void line(std::string_view text, std::string_view first = "") {
    out_ += wrapped(printable(text), first, terminal_.width);
  }

  // "before 67ecaa5 05:45 before.json   after 67ecaa5 06:44 after.json   same machine"
  void sides() {
    const bool same_day =
        change_.before.run.started.substr(0, 10) == change_.after.run.started.substr(0, 10);
    const auto side = [&](const char* word, const result::Result& result, const std::string& name) {
      const std::string commit = result.environment.text_of("git_commit").substr(0, 7);
      const std::string& started = result.run.started;
      std::string text = word;
      if (!commit.empty()) text += ' ' + commit;
      if (started.size() >= 16) {
        text += ' ' + (same_day ? "" : started.substr(0, 10) + ' ') + started.substr(11, 5);
      }
      return text + ' ' + name;
    };
    line(fmt::format("{},  {}{}", side("before", change_.before, change_.before_name),
                     side("after", change_.after, change_.after_name),
                     change_.forced.empty() ? ",  same machine" : ""));
  }

  void headline() {
    const ChangeVerdict verdict = verdict_of(change_);
    const std::string text = verdict.text + (verdict.command.empty() ? "" : " To decide:");
    const std::string block =
        wrapped(printable(text), fmt::format("{:<9}", verdict.word), terminal_.width);
    out_ += terminal_.paint(verdict.word, verdict.color) + block.substr(verdict.word.size());
    if (!verdict.command.empty()) out_ += shell_lines(verdict.command);
  }

  // With the backslashes that let a shell take the lines as one.
  std::string shell_lines(const std::string& command) const {
    const std::string indent(9, ' ');
    std::string block = wrapped(printable(command), indent, terminal_.width - 2);
    for (std::size_t at = block.find('\n'); at + 1 < block.size(); at = block.find('\n', at + 3)) {
      block.insert(at, " \\");
    }
    return block;
  }

  // The cells of one work together.
  void tables() {
    const std::vector<GroupComparison>& groups = change_.comparison.groups;
    for (auto first = groups.begin(); first != groups.end();) {
      const std::string work = work_text(*standing_of(*first).cell);
      const auto last = std::find_if(first, groups.end(), [&](const GroupComparison& other) {
        return work_text(*standing_of(other).cell) != work;
      });
      table(work, {first, last});
      first = last;
    }
  }

  void table(const std::string& work, std::span<const GroupComparison> groups) {
    std::vector<const GroupComparison*> rows;
    std::vector<std::string> alike;
    std::vector<std::string> too_few;
    for (const GroupComparison& group : groups) {
      const Standing& standing = standing_of(group);
      const auto all = [&](auto&& holds) { return std::ranges::all_of(standing.contrasts, holds); };
      const std::string& name = standing.cell->strategy;
      if (standing.contrasts.empty() || all(has_too_few)) {
        too_few.push_back(fmt::format(
            "{}: {}", name, standing.contrasts.empty() ? "" : standing.contrasts.front().why));
      } else if (all([](const Contrast& one) { return one.decision() == Decision::alike; })) {
        alike.push_back(name);
      } else {
        rows.push_back(&group);
      }
    }
    draw(work, rows);
    if (rows.empty()) line(work);
    if (!alike.empty()) line(fmt::format("no change shown: {}", fmt::join(alike, ", ")), "  ");
    for (const std::string& text : too_few) line(text, "  ");
    for (const GroupComparison& group : groups) {
      for (const result::Note& note : group.notes) line(note.code + ": " + note.detail, "- ");
    }
    out_ += '\n';
  }

  // What changed or is open.
  static std::vector<const Contrast*> rows_of(const GroupComparison& group) {
    std::vector<const Contrast*> rows = contrasts_of(group);
    std::erase_if(rows, [](const Contrast* one) { return one->decision() == Decision::alike; });
    return rows;
  }

  void draw(const std::string& work, const std::vector<const GroupComparison*>& groups) {
    if (groups.empty()) return;
    std::size_t names = 0;
    std::vector<analyze::Location> drawn;
    for (const GroupComparison* group : groups) {
      names = std::max(names, display_width(printable(group->reference->strategy)));
      for (const Contrast* contrast : rows_of(*group)) {
        if (!has_too_few(*contrast)) drawn.push_back(contrast->judgement.ratio);
      }
    }
    constexpr std::size_t kFigures = 59;  // the columns of a row without name and forest
    // A long name has a line of its own where the forest would have no room beside it.
    const bool inline_names = names + kFigures + kForest <= terminal_.width;
    const std::size_t indent = inline_names ? names : 1;
    const bool has_forest = indent + kFigures + kForest <= terminal_.width;
    const Forest forest(drawn, kForest);
    heading(work, fmt::format("{:<{}} {:<11} {:>7} {:>7}  {:<20} {}", "", indent, "", "before",
                              "after", "after / before", has_forest ? forest.title() : ""));
    for (const GroupComparison* group : groups) {
      std::string name = printable(group->reference->strategy);
      if (!inline_names) {
        out_ += name + '\n';
        name.clear();
      }
      for (const Contrast* contrast : rows_of(*group)) {
        row(*group, *contrast, fmt::format("{:<{}}", name, indent), has_forest ? &forest : nullptr);
        name.clear();
      }
    }
  }

  // The work, over the columns where it does not reach into them.
  void heading(const std::string& work, std::string head) {
    const std::string name = printable(work);
    const std::size_t free = head.find_first_not_of(' ');
    head.erase(head.find_last_not_of(' ') + 1);
    if (display_width(name) + 1 >= free) {
      out_ += wrapped(name, "", terminal_.width) + head + '\n';
    } else {
      out_ += name + head.substr(display_width(name)) + '\n';
    }
  }

  void row(const GroupComparison& group, const Contrast& contrast, const std::string& name,
           const Forest* forest) {
    const analyze::Figure figure = analyze::info_of(contrast.figure);
    const auto median = [&](const Cell* cell) {
      const result::Estimate* const estimate = cell->find(figure.name);
      return estimate == nullptr ? "-" : figure_text(figure.unit, estimate->median);
    };
    const auto ratio =
        ratio_of(contrast.figure, contrast.judgement.ratio, contrast.judgement.blocks);
    out_ += fmt::format("{} {:<11} {:>7} {:>7}  {:<20} ", name, figure.short_title(),
                        median(group.reference), median(standing_of(group).cell), text_of(ratio));
    if (forest != nullptr) {
      out_ += (contrast.judgement.blocks == 0 ? std::string(kForest, ' ')
                                              : forest->row(contrast.judgement.ratio)) +
              ' ';
    }
    const Color color = !is_told(contrast)   ? Color::none
                        : is_worse(contrast) ? Color::bad
                                             : Color::good;
    out_ += terminal_.paint(sureness_of(contrast.decision(), true), color) + '\n';
  }

  static constexpr std::size_t kForest = 12;

  const Change& change_;
  Terminal terminal_;
  std::string out_;
};

}  // namespace

std::string build_notes(const analyze::Comparison& comparison, const Terminal& terminal) {
  std::string text;
  for (const result::Note& note : comparison.notes) {
    if (note.code == analyze::kBuilds) {
      text += wrapped(printable(note.detail), "! ", terminal.width);
    }
  }
  return text;
}

std::string change_text(const Change& change, const Terminal& terminal) {
  return Writer(change, terminal).text();
}

}  // namespace asyncbench::report
