#include "analyze/price.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string_view>

#include "analyze/paired.hpp"
#include "analyze/power.hpp"

namespace asyncbench::analyze {
namespace {

// "2026-11-20T22:05:00Z" in seconds since 1970.
std::optional<double> utc_seconds(std::string_view time) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00";
  if (time.size() < kForm.size()) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    const char* const end = time.data() + at + digits;
    return std::from_chars(time.data() + at, end, value).ptr == end ? value : -1;
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  if (!day.ok()) return std::nullopt;
  const auto days = std::chrono::sys_days(day).time_since_epoch();
  return static_cast<double>(std::chrono::seconds(days).count()) + 3600.0 * number(11, 2) +
         60.0 * number(14, 2) + number(17, 2);
}

}  // namespace

double trial_seconds(const result::Result& result) {
  std::size_t trials = 0;
  for (const result::Cell& cell : result.cells) trials += cell.trials.size();
  if (trials == 0) return 0;
  const double planned = static_cast<double>(result.plan.warm_up_ns + result.plan.window_ns) / 1e9;
  const auto started = utc_seconds(result.run.started);
  const auto finished = utc_seconds(result.run.finished);
  if (!started || !finished || result.run.resumed > 0) return planned;
  return std::max(planned, (*finished - *started) / static_cast<double>(trials));
}

std::optional<Price> price_of(std::span<const double> log_ratios, double effect,
                              double block_seconds) {
  if (log_ratios.size() < 2) return std::nullopt;
  constexpr double kAlphaOfOneSide = 0.025;
  const std::size_t measured = log_ratios.size();
  Price price{.effect = effect,
              .blocks = std::max(pairs_to_detect(robust_deviation(log_ratios), effect,
                                                 kAlphaOfOneSide, 1, kMostPairs),
                                 measured + (measured + 1) / 2)};
  price.beyond_reach = price.blocks > kMostPairs;
  if (price.beyond_reach) price.blocks = kMostPairs;
  price.seconds = static_cast<double>(price.blocks) * block_seconds;
  return price;
}

Price price_of(const Judgement& undecided, double margin, double block_seconds) {
  Price price{.effect = margin,
              .blocks = undecided.blocks_needed.value_or(kMostPairs),
              .beyond_reach = !undecided.blocks_needed || *undecided.blocks_needed > kMostPairs};
  if (price.beyond_reach) price.blocks = kMostPairs;
  price.seconds = static_cast<double>(price.blocks) * block_seconds;
  return price;
}

std::string about(double seconds) {
  if (seconds < 99.5) return fmt::format("{:.0f} s", seconds);
  if (seconds < 99.5 * 60) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.0f} h", seconds / 3600);
}

std::string text_of(const Price& price) {
  const std::string what = fmt::format("to tell {:.0f} %", 100 * price.effect);
  if (price.beyond_reach) return fmt::format("{}: more than {} trials", what, price.blocks);
  const std::string time =
      price.seconds > 0 ? fmt::format(" (about {})", about(price.seconds)) : std::string();
  return fmt::format("{}: --trials {}{}", what, price.blocks, time);
}

}  // namespace asyncbench::analyze
