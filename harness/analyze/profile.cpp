#include "analyze/profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <map>
#include <numeric>

#include "analyze/figures.hpp"
#include "analyze/paired.hpp"

namespace asyncbench::analyze {
namespace {

using result::Cell;
using result::Trial;
using result::TrialKind;

constexpr double kTail = 0.025;  // 95 %, two-sided

// One trial's samples.
struct Counted {
  double requests = 0;
  std::vector<std::uint64_t> samples;  // by category
};

double sum_of(const std::vector<std::uint64_t>& samples) {
  return static_cast<double>(std::accumulate(samples.begin(), samples.end(), std::uint64_t{0}));
}

// `count(trial)`: its samples of one kind.
Share share_of(const std::vector<Counted>& trials, double sample_ns, auto&& count) {
  double samples = 0;
  double requests = 0;
  for (const Counted& trial : trials) {
    samples += count(trial);
    requests += trial.requests;
  }
  Share share{.samples = static_cast<std::uint64_t>(samples)};
  if (requests == 0) return share;
  const double rate = samples / requests;
  // McCullagh and Nelder, Generalized Linear Models, section 6.2.3: Pearson's chi-square over its
  // degrees of freedom. Less than counting noise is chance.
  double dispersion = 1;
  if (trials.size() > 1 && rate > 0) {
    double chi_square = 0;
    for (const Counted& trial : trials) {
      const double expected = rate * trial.requests;
      chi_square += (count(trial) - expected) * (count(trial) - expected) / expected;
    }
    dispersion = std::max(1.0, chi_square / static_cast<double>(trials.size() - 1));
  }
  share.ns = rate * sample_ns;
  // Nothing found does not mean that nothing is there: at least the noise of one sample.
  share.standard_error = sample_ns * std::sqrt(dispersion * std::max(samples, 1.0)) / requests;
  return share;
}

// Of Student's t for the trials of two cells; of the normal distribution where these are two.
double quantile_of(std::size_t trials, double tail) {
  return trials > 2
             ? boost::math::quantile(boost::math::complement(
                   boost::math::students_t_distribution<double>(static_cast<double>(trials - 2)),
                   tail))
             : boost::math::quantile(boost::math::complement(boost::math::normal{}, tail));
}

double margin_of(const Share& a, const Share& b, std::size_t trials, double tail) {
  return quantile_of(trials, tail) * std::hypot(a.standard_error, b.standard_error);
}

std::string microseconds(double ns) { return fmt::format("{:.2f}us", ns / 1e3); }

// "0.92us in epoll and 0.41us in TCP receive"
std::string listed(const std::vector<Difference>& list) {
  std::string text;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) text += i + 1 == list.size() ? " and " : ", ";
    text += fmt::format("{} in {}", microseconds(std::abs(list[i].ns)),
                        info_of(list[i].category).title);
  }
  return text;
}

// The last valid trial of each block.
std::map<std::int64_t, const Trial*> by_block(const Cell& cell, TrialKind kind) {
  std::map<std::int64_t, const Trial*> trials;
  for (const Trial* trial : cell.valid_trials(kind)) trials[trial->block] = trial;
  return trials;
}

}  // namespace

std::optional<double> CellProfile::deviation() const {
  if (scaled || !kernel || !usage_ns || *usage_ns == 0) return std::nullopt;
  return all.ns / *usage_ns - 1;
}

std::optional<double> CellProfile::unseen_ns() const {
  if (scaled || kernel || !usage_ns) return std::nullopt;
  return std::max(0.0, *usage_ns - all.ns);
}

CellProfile profile_of(const Cell& cell) {
  CellProfile profile{.cell = &cell};
  std::vector<Counted> counted;
  double cpu_ns = 0;
  bool cpu_known = true;
  double period_ns = 0;
  double offered_ns = 0;  // CPU time that there was
  const auto lacks = [&](const std::string& reason) {
    if (std::ranges::find(profile.lacks, reason) == profile.lacks.end()) {
      profile.lacks.push_back(reason);
    }
  };
  for (const Trial& trial : cell.trials) {
    if (trial.kind != TrialKind::profile || !trial.valid || !trial.profile) continue;
    for (const auto& [part, reason] : trial.profile->unreadable) lacks(part + ": " + reason);
    if (!trial.profile->on_cpu || trial.ended() == 0) continue;
    const measure::OnCpu& on_cpu = *trial.profile->on_cpu;
    counted.push_back(
        {.requests = static_cast<double>(trial.ended()), .samples = samples_by_category(on_cpu)});
    profile.requests += trial.ended();
    profile.window_ns += trial.window_ns;
    profile.program = on_cpu.program;
    profile.event = on_cpu.event;
    profile.frequency_hz = on_cpu.frequency_hz;
    profile.kernel = on_cpu.kernel;
    profile.lost += on_cpu.lost;
    profile.scaled = !on_cpu.period_ns;
    period_ns = static_cast<double>(on_cpu.period_ns.value_or(0));
    const Nameless nameless = nameless_samples(on_cpu);
    profile.nameless.program += nameless.program;
    profile.nameless.kernel += nameless.kernel;
    profile.nameless.elsewhere += nameless.elsewhere;
    offered_ns +=
        static_cast<double>(trial.window_ns) * static_cast<double>(trial.subject.usable());
    if (const auto used = trial.subject.cpu_ns()) {
      cpu_ns += static_cast<double>(*used);
    } else {
      cpu_known = false;
    }
  }
  profile.trials = counted.size();
  if (counted.empty()) return profile;
  if (cpu_known) profile.usage_ns = cpu_ns / static_cast<double>(profile.requests);
  double samples = 0;
  for (const Counted& trial : counted) samples += sum_of(trial.samples);
  if (samples > 0 && offered_ns > 0) {
    const double idle = std::max(0.0, 1 - cpu_ns / offered_ns);
    profile.deviation_noise =
        boost::math::quantile(boost::math::normal{}, 1 - kTail) * std::sqrt(idle / samples);
  }
  profile.sample_ns = profile.scaled ? (samples > 0 ? cpu_ns / samples : 0) : period_ns;
  profile.all = share_of(counted, profile.sample_ns,
                         [](const Counted& trial) { return sum_of(trial.samples); });
  for (std::size_t i = 0; i < kCategories; ++i) {
    profile.by_category[i] = share_of(counted, profile.sample_ns, [i](const Counted& trial) {
      return static_cast<double>(trial.samples[i]);
    });
  }
  return profile;
}

measure::CallTree stacks_of(const Cell& cell) {
  measure::CallTreeBuilder together;
  std::vector<measure::Function> stack;
  for (const Trial& trial : cell.trials) {
    if (trial.kind != TrialKind::profile || !trial.valid || !trial.profile) continue;
    if (!trial.profile->on_cpu || trial.ended() == 0) continue;
    const measure::CallTree& tree = trial.profile->on_cpu->stacks;
    for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
      if (tree.nodes[i].weight == 0) continue;
      stack.clear();
      for (const std::uint64_t function : tree.stack_of(i)) {
        stack.push_back(tree.functions[function]);
      }
      together.add(stack, tree.nodes[i].weight);
    }
  }
  return together.take();
}

std::vector<Difference> differences(const CellProfile& a, const CellProfile& b) {
  std::vector<Difference> list;
  for (std::size_t i = 0; i < kCategories; ++i) {
    const Share& share_a = a.by_category[i];
    const Share& share_b = b.by_category[i];
    list.push_back({.category = static_cast<Category>(i),
                    .ns = share_b.ns - share_a.ns,
                    .margin = margin_of(share_a, share_b, a.trials + b.trials,
                                        kTail / static_cast<double>(kCategories))});
  }
  return list;
}

Ratio ratio_of_all(const CellProfile& a, const CellProfile& b) {
  const double error = std::hypot(a.all.standard_error / a.all.ns, b.all.standard_error / b.all.ns);
  const double factor = std::exp(quantile_of(a.trials + b.trials, kTail) * error);
  const double ratio = a.all.ns / b.all.ns;
  return {.estimate = ratio, .low = ratio / factor, .high = ratio * factor};
}

std::string difference_in_words(const CellProfile& a, const CellProfile& b) {
  std::vector<Difference> saved;
  std::vector<Difference> paid;
  for (const Difference& difference : differences(a, b)) {
    if (!difference.beyond_noise()) continue;
    // The difference is a less b: a saves what b has more of.
    (difference.ns > 0 ? saved : paid).push_back(difference);
  }
  const auto larger = [](const Difference& x, const Difference& y) {
    return std::abs(x.ns) > std::abs(y.ns);
  };
  std::ranges::sort(saved, larger);
  std::ranges::sort(paid, larger);
  const Ratio ratio = ratio_of_all(a, b);
  const bool told = *ratio.low > 1 || *ratio.high < 1;
  const std::string& other = b.cell->strategy;
  std::string text =
      fmt::format("{} spends {} of CPU per request{}, {} times {}'s {}{}", a.cell->strategy,
                  microseconds(a.all.ns), a.kernel ? "" : " outside of the kernel", text_of(ratio),
                  other, microseconds(b.all.ns), told ? "" : ", which is within noise");
  if (saved.empty() && paid.empty()) {
    return text + "; no category differs by more than the noise of sampling.";
  }
  text += ": it ";
  if (!saved.empty()) text += "saves " + listed(saved);
  if (!saved.empty() && !paid.empty()) text += ", and ";
  if (!paid.empty()) text += "pays " + listed(paid);
  return text + ".";
}

SamplingCost sampling_cost(const std::vector<const Cell*>& cells) {
  SamplingCost cost;
  std::vector<double> ratios;
  for (const Cell* cell : cells) {
    const auto timed = by_block(*cell, TrialKind::timed);
    for (const auto& [block, profiled] : by_block(*cell, TrialKind::profile)) {
      const auto found = timed.find(block);
      if (found == timed.end() || !profiled->profile || !profiled->profile->on_cpu) continue;
      const Trial& plain = *found->second;
      const bool by_cpu = cell->paced || plain.offered_per_s.has_value();
      cost.by_cpu |= by_cpu;
      const double without =
          by_cpu ? per_request(plain, plain.subject.cpu_ns()).value_or(0) : plain.throughput_per_s;
      const double with = by_cpu ? per_request(*profiled, profiled->subject.cpu_ns()).value_or(0)
                                 : profiled->throughput_per_s;
      if (without <= 0 || with <= 0) continue;
      ratios.push_back((by_cpu ? 1 : -1) * (std::log(with) - std::log(without)));
    }
  }
  cost.pairs = ratios.size();
  if (!ratios.empty()) cost.log_ratio = hodges_lehmann(ratios, kTail);
  return cost;
}

}  // namespace asyncbench::analyze
