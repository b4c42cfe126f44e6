#include "analyze/ratio.hpp"

#include <fmt/format.h>

#include <cmath>

#include "analyze/decision.hpp"
#include "analyze/multiplicity.hpp"

namespace asyncbench::analyze {
namespace {

std::optional<double> end(double value) {
  if (!std::isfinite(value) || value <= 0) return std::nullopt;
  return value;
}

// A narrow interval would shrink to a point with two digits behind the point.
int decimals_of(const Ratio& ratio) {
  constexpr double kNarrow = 0.02;
  const double width = *ratio.high - *ratio.low;
  return width > 0 && width < kNarrow ? 3 : 2;
}

}  // namespace

std::optional<Ratio> ratio_of(FigureName figure, const Location& worse, std::size_t pairs) {
  if (pairs == 0) return std::nullopt;
  const bool higher_is_better = info_of(figure).higher_is_better.value_or(false);
  Ratio ratio{.pairs = pairs};
  // Before the first look there is no level.
  ratio.needed =
      worse.alpha_each_side > 0 ? fewest_pairs(1, worse.alpha_each_side) : kLooks.front();
  ratio.estimate = higher_is_better ? 1 / worse.estimate : worse.estimate;
  ratio.low = end(higher_is_better ? 1 / worse.high : worse.low);
  ratio.high = end(higher_is_better ? 1 / worse.low : worse.high);
  return ratio;
}

std::string ratio_number(double ratio, int decimals) {
  const double size = std::abs(ratio);
  if (ratio == 1) return "1";
  if (size >= 999.5e3) return fmt::format("{:.2g}", ratio);
  if (size >= 9995) return fmt::format("{:.0f}k", ratio / 1e3);
  if (size >= 999.5) return fmt::format("{:.1f}k", ratio / 1e3);
  if (size >= 99.95) return fmt::format("{:.0f}", ratio);
  if (size >= 9.995) return fmt::format("{:.1f}", ratio);
  if (size == 0) return "0";
  if (size < 0.0005) return "<0.001";
  if (size >= 0.9995) decimals = 2;
  return fmt::format("{:.{}f}", ratio, size < 0.00995 ? 3 : decimals);
}

std::string text_of(const Ratio& ratio) {
  if (!ratio.low || !ratio.high) {
    return fmt::format("{} ({} of {} pairs)", ratio_number(ratio.estimate), ratio.pairs,
                       ratio.needed);
  }
  const int decimals = decimals_of(ratio);
  return fmt::format("{} [{}, {}]", ratio_number(ratio.estimate, decimals),
                     ratio_number(*ratio.low, decimals), ratio_number(*ratio.high, decimals));
}

std::string text_of(const std::optional<Ratio>& ratio) {
  return ratio ? text_of(*ratio) : std::string("-");
}

std::string too_few_text(std::size_t pairs, std::size_t needed) {
  return fmt::format("{} of the {} pairs that it needs", pairs, needed);
}

std::string slowdown_text(double share) {
  if (!std::isfinite(share) || share <= 0) return "-";
  if (share > 1) return ">100 %";
  return share < 0.0995 ? fmt::format("{:.1f} %", 100 * share)
                        : fmt::format("{:.0f} %", 100 * share);
}

std::string_view worth_of(const Location& worse) {
  if (worse.low > 1) return "worse";
  return worse.high < 1 ? "better" : "";
}

}  // namespace asyncbench::analyze
