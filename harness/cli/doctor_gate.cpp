// Checks of what a gate can find on this machine, by its calibration.
#include <fmt/format.h>

#include <array>

#include "cli/calibration_store.hpp"
#include "cli/doctor_checks.hpp"
#include "report/format.hpp"

namespace asyncbench::cli {
namespace {

Finding calibration(const Host&) {
  const auto stored = stored_calibration();
  if (!stored) {
    return {Severity::warning, "no calibration of this kernel and CPU: gates take 10 pairs",
            "asyncbench calibrate, which runs 20 gates of a few minutes each"};
  }
  const analyze::GateOptions options;
  constexpr unsigned kMost = 500;
  const unsigned pairs = stored->pairs_needed(options, kMost);
  std::string found = fmt::format("{} gates, {} false alarms; {}{} pairs find a slowdown of {}",
                                  stored->gates, stored->false_alarms, pairs == kMost ? ">=" : "",
                                  pairs, report::format_percent(options.margin));
  if (20 * (stored->false_alarms + stored->invalid) > stored->gates) {
    return {Severity::problem, std::move(found),
            "do not gate here before the other findings are mended and calibrate passes"};
  }
  return {Severity::ok, std::move(found), ""};
}

constexpr std::array kChecks = {Check{"calibration", calibration}};

}  // namespace

std::span<const Check> gate_checks() { return kChecks; }

}  // namespace asyncbench::cli
