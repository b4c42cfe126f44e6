#include "report/contrast_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace asyncbench::report {
namespace {

using analyze::Contrast;
using analyze::FigureName;

bool is_cpu(FigureName figure) { return figure == analyze::kCpu || figure == analyze::kTotalCpu; }

}  // namespace

std::string_view sureness_of(analyze::Decision decision, bool apart) {
  if (analyze::is_different(decision)) return apart ? "likely" : "clear";
  return decision == analyze::Decision::undecided ? "open" : name_of(decision);
}

std::string gain_noun(FigureName figure) {
  return is_cpu(figure) ? "work per CPU" : analyze::info_of(figure).title();
}

std::string ratio_text(const Contrast& contrast) {
  const analyze::Judgement& judgement = contrast.judgement;
  return text_of(ratio_of(contrast.figure, judgement.ratio, judgement.blocks));
}

std::optional<analyze::Ratio> gain_ratio(const Contrast& contrast) {
  const analyze::Judgement& judgement = contrast.judgement;
  // Work per CPU is the inverse of CPU per work: a rate.
  const FigureName figure = is_cpu(contrast.figure) ? analyze::kThroughput : contrast.figure;
  return ratio_of(figure, judgement.ratio, judgement.blocks);
}

std::string gain_text(const Contrast& contrast, const std::string& reference) {
  return fmt::format("{} {} times the {} of {}", is_cpu(contrast.figure) ? "does" : "has",
                     text_of(gain_ratio(contrast)), gain_noun(contrast.figure), reference);
}

std::string gain_range(const std::vector<const Contrast*>& contrasts) {
  std::vector<double> estimates;
  for (const Contrast* contrast : contrasts) {
    const auto ratio = contrast == nullptr ? analyze::Ratio{} : gain_ratio(*contrast);
    if (ratio) estimates.push_back(ratio->estimate);
  }
  if (estimates.empty()) return "-";
  const auto [least, most] = std::ranges::minmax(estimates);
  const std::string low = analyze::ratio_number(least);
  const std::string high = analyze::ratio_number(most);
  return low == high ? low : fmt::format("{}..{}", low, high);
}

}  // namespace asyncbench::report
