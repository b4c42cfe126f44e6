#include "report/profile_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "analyze/causes.hpp"
#include "analyze/profile.hpp"
#include "analyze/ratio.hpp"
#include "analyze/summary.hpp"
#include "report/causes_text.hpp"
#include "report/format.hpp"

namespace asyncbench::report {
namespace {

using analyze::Category;
using analyze::CellProfile;
using analyze::Group;
using analyze::kCategories;

constexpr std::size_t kNameWidth = 20;
constexpr std::size_t kLeastColumn = 15;
constexpr std::size_t kMostColumn = 20;

bool has_samples(const CellProfile& profile) { return profile.all.samples > 0; }

std::string signed_percent(double share) { return fmt::format("{:+.1f}%", share * 100); }

// "asio -0.4%, uring +1.2%"
std::string by_strategy(std::span<const CellProfile> profiles, auto&& text) {
  std::string list;
  for (const CellProfile& profile : profiles) {
    if (!has_samples(profile)) continue;
    const std::string said = text(profile);
    if (said.empty()) continue;
    list +=
        fmt::format("{}{} {}", list.empty() ? "" : ", ", printable(profile.cell->strategy), said);
  }
  return list;
}

class Writer {
 public:
  explicit Writer(std::size_t width) : width_(width) {}

  void group(const Group& group) {
    std::vector<CellProfile> profiles;
    for (const result::Cell* cell : group.cells) {
      if (std::ranges::any_of(cell->trials, [](const result::Trial& trial) {
            return trial.kind == result::TrialKind::profile;
          })) {
        profiles.push_back(analyze::profile_of(*cell));
      }
    }
    if (profiles.empty()) return;
    // The least CPU first; without samples last.
    std::ranges::stable_sort(profiles, {}, [](const CellProfile& profile) {
      return has_samples(profile) ? profile.all.ns : HUGE_VAL;
    });
    const auto bare = std::ranges::find_if_not(profiles, has_samples);
    const std::span<const CellProfile> sampled(profiles.begin(), bare);
    line(printable(group.name) + ": where a request's CPU goes");
    out_ += '\n';
    const std::size_t columns = std::max<std::size_t>(1, (width_ - kNameWidth) / kLeastColumn);
    column_ = std::clamp((width_ - kNameWidth) / std::max<std::size_t>(1, sampled.size()),
                         kLeastColumn, kMostColumn);
    for (std::size_t first = 0; first < sampled.size(); first += columns) {
      table(sampled.subspan(first, std::min(columns, sampled.size() - first)));
    }
    sentences(sampled);
    checks(group, sampled);
    lacks(profiles);
    causes(profiles);
  }

  std::string take() { return std::move(out_); }

 private:
  void line(const std::string& text, std::string_view first = "") {
    out_ += wrapped(text, first, width_);
  }

  void row(std::string_view name, std::span<const CellProfile> profiles, auto&& value) {
    std::string text = fmt::format("{:<{}}", name, kNameWidth);
    for (const CellProfile& profile : profiles) {
      text += fmt::format("{:>{}}", value(profile), column_);
    }
    text.resize(text.find_last_not_of(' ') + 1);
    out_ += text + '\n';
  }

  void table(std::span<const CellProfile> profiles) {
    row("ns per request", profiles, [this](const CellProfile& profile) {
      std::string name = printable(profile.cell->strategy);
      if (display_width(name) >= column_) name = name.substr(0, column_ - 3) + "..";
      return name;
    });
    for (std::size_t i = 0; i < kCategories; ++i) {
      const auto category = static_cast<Category>(i);
      const bool seen = std::ranges::any_of(
          profiles, [&](const CellProfile& profile) { return profile.of(category).samples > 0; });
      if (!seen) continue;
      row(analyze::info_of(category).title, profiles, [&](const CellProfile& profile) {
        const analyze::Share& share = profile.of(category);
        const double whole =
            profile.usage_ns && !profile.kernel ? *profile.usage_ns : profile.all.ns;
        return fmt::format("{:.0f} {:>4}", share.ns, format_percent(share.ns / whole));
      });
    }
    if (std::ranges::any_of(profiles,
                            [](const CellProfile& p) { return p.unseen_ns().has_value(); })) {
      row("kernel (not seen)", profiles, [](const CellProfile& profile) {
        const auto unseen = profile.unseen_ns();
        return unseen ? fmt::format("{:.0f} {:>4}", *unseen,
                                    format_percent(*unseen / *profile.usage_ns))
                      : std::string("-");
      });
    }
    row("all samples", profiles,
        [](const CellProfile& profile) { return fmt::format("{:.0f}     ", profile.all.ns); });
    row("CPU account", profiles, [](const CellProfile& profile) {
      return profile.usage_ns ? fmt::format("{:.0f}     ", *profile.usage_ns)
                              : std::string("-     ");
    });
    out_ += '\n';
  }

  void sentences(std::span<const CellProfile> profiles) {
    for (std::size_t i = 1; i < profiles.size(); ++i) {
      line(printable(analyze::difference_in_words(profiles[0], profiles[i])));
    }
    if (profiles.size() > 1) {
      line("Named are differences beyond 95 % intervals over all categories together.");
      out_ += '\n';
    }
  }

  void checks(const Group& group, std::span<const CellProfile> profiles) {
    if (profiles.empty()) return;
    const CellProfile& first = profiles.front();
    line(fmt::format("{} at {} Hz; samples: {}", first.event, first.frequency_hz,
                     by_strategy(profiles,
                                 [](const CellProfile& profile) {
                                   return fmt::format("{} of {} trials", profile.all.samples,
                                                      profile.trials);
                                 })),
         "sampled    ");
    sum(profiles);
    nameless(profiles);
    lost(profiles);
    cost(group);
  }

  void sum(std::span<const CellProfile> profiles) {
    bool within = true;
    bool within_noise = true;
    const std::string list = by_strategy(profiles, [&](const CellProfile& profile) {
      const auto deviation = profile.deviation();
      if (!deviation) return std::string();
      const double noise = profile.deviation_noise;
      within &= std::abs(*deviation) <= analyze::kMostDeviation;
      within_noise &= std::abs(*deviation) <= analyze::kMostDeviation + noise;
      return signed_percent(*deviation) + (noise > 0.005 ? " \u00b1" + format_percent(noise) : "");
    });
    if (list.empty()) return;
    const char* const verdict = within         ? "within 3 %"
                                : within_noise ? "within 3 % and noise"
                                               : "NOT within 3 %";
    line(fmt::format("{}: the samples' sum against the account: {}", verdict, list), "sum        ");
  }

  void nameless(std::span<const CellProfile> profiles) {
    bool within = true;
    const std::string list = by_strategy(profiles, [&](const CellProfile& profile) {
      const auto all = static_cast<double>(profile.all.samples);
      const double own =
          static_cast<double>(profile.nameless.program + profile.nameless.kernel) / all;
      within &= own <= analyze::kMostNameless;
      return fmt::format("{} (libraries {})", format_percent(own),
                         format_percent(static_cast<double>(profile.nameless.elsewhere) / all));
    });
    line(fmt::format("{}: samples that no symbol names, in the program and the kernel: {}",
                     within ? "within 5 %" : "NOT within 5 %", list),
         "no name    ");
  }

  void lost(std::span<const CellProfile> profiles) {
    const std::string list = by_strategy(profiles, [](const CellProfile& profile) {
      return profile.lost == 0
                 ? ""
                 : fmt::format("{} of {}", profile.lost, profile.lost + profile.all.samples);
    });
    line(list.empty() ? "none"
                      : list +
                            ": the ring was full, or the kernel throttled the event; lower "
                            "--frequency",
         "lost       ");
  }

  void cost(const Group& group) {
    const analyze::SamplingCost cost = analyze::sampling_cost(group.cells);
    if (cost.pairs == 0) return;
    const analyze::Location ratio = analyze::exp_of(cost.log_ratio);
    const auto times = ratio_of(analyze::kCpu, ratio, cost.pairs);
    const std::string text = fmt::format(
        "a request takes {} times the {} with it{}", text_of(times), cost.by_cpu ? "CPU" : "time",
        times->low ? fmt::format(", {} pairs of trials in blocks", cost.pairs) : "");
    const char* const verdict = ratio.high <= 1 + analyze::kMostCost ? "within 2 %"
                                : ratio.low > 1 + analyze::kMostCost
                                    ? "NOT within 2 %"
                                    : "too noisy to tell whether within 2 %";
    line(fmt::format("{}: {}", verdict, text), "its cost   ");
  }

  void lacks(std::span<const CellProfile> profiles) {
    std::vector<std::string> said;
    for (const CellProfile& profile : profiles) {
      std::vector<std::string> reasons = profile.lacks;
      if (reasons.empty() && !has_samples(profile)) {
        reasons.emplace_back(profile.trials > 0 ? "no sample was taken" : "no valid profile trial");
      }
      for (const std::string& reason : reasons) {
        const std::string text =
            has_samples(profile) ? reason : fmt::format("{}: {}", profile.cell->strategy, reason);
        if (std::ranges::find(said, text) != said.end()) continue;
        said.push_back(text);
        line(printable(text), "missing    ");
      }
    }
    out_ += '\n';
  }

  void causes(std::span<const CellProfile> profiles) {
    std::vector<analyze::Causes> causes;
    for (const CellProfile& profile : profiles) causes.push_back(analyze::causes_of(*profile.cell));
    const std::string text = causes_text(causes);
    if (!text.empty()) out_ += text + '\n';
  }

  std::size_t width_;
  std::size_t column_ = kLeastColumn;
  std::string out_;
};

}  // namespace

bool has_profile(const result::Result& result) {
  return std::ranges::any_of(result.cells, [](const result::Cell& cell) {
    return std::ranges::any_of(cell.trials, [](const result::Trial& trial) {
      return trial.kind == result::TrialKind::profile;
    });
  });
}

std::string profile_text(const result::Result& result, std::size_t width) {
  Writer writer(width);
  for (const Group& group : analyze::groups_of(result)) writer.group(group);
  return writer.take();
}

}  // namespace asyncbench::report
