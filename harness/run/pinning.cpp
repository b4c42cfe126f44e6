#include "run/pinning.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <charconv>

#include "workloads/values.hpp"

namespace asyncbench::run {
namespace {

using workloads::refuse_value;
using workloads::split;

constexpr std::string_view kPinningForm = "auto, none or a list such as subject=1,peer=0";

unsigned parse_cpu(std::string_view text, std::string_view whole) {
  unsigned cpu = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cpu);
  if (error != std::errc{} || end != text.data() + text.size()) {
    refuse_value(whole, kPinningForm);
  }
  return cpu;
}

}  // namespace

Pinning parse_pinning(std::string_view text) {
  if (text == "auto") return {.mode = Pinning::Mode::automatic};
  if (text == "none") return {.mode = Pinning::Mode::none};
  Pinning pinning{.mode = Pinning::Mode::listed};
  for (const std::string_view side : split(text, ',')) {
    const std::size_t equals = side.find('=');
    const std::string_view name = side.substr(0, equals);
    if (equals == std::string_view::npos || (name != "subject" && name != "peer")) {
      refuse_value(text, kPinningForm);
    }
    std::vector<unsigned>& cpus = name == "subject" ? pinning.subject : pinning.peer;
    for (const std::string_view cpu : split(side.substr(equals + 1), '+')) {
      cpus.push_back(parse_cpu(cpu, text));
    }
  }
  return pinning;
}

CpuIdle parse_cpu_idle(std::string_view text) {
  if (text == "auto") return CpuIdle::automatic;
  if (text == "poll") return CpuIdle::poll;
  if (text == "default") return CpuIdle::leave;
  refuse_value(text, "auto, poll or default");
}

Pinning resolve_pinning(const Pinning& wanted) {
  if (wanted.mode == Pinning::Mode::none) return wanted;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  std::vector<unsigned> cpus;
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) cpus.push_back(cpu);
  }
  if (wanted.mode == Pinning::Mode::automatic) {
    if (cpus.size() < 2) return {.mode = Pinning::Mode::none};
    return {.mode = Pinning::Mode::listed, .subject = {cpus.back()}, .peer = {cpus.front()}};
  }
  for (const auto* side : {&wanted.subject, &wanted.peer}) {
    for (const unsigned cpu : *side) {
      if (std::ranges::find(cpus, cpu) == cpus.end()) {
        throw UsageError(fmt::format("pin: CPU {} is not among those that this process may use: {}",
                                     cpu, fmt::join(cpus, ", ")));
      }
    }
  }
  return wanted;
}

}  // namespace asyncbench::run
