#include "run/pinning.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "measure/cpu.hpp"
#include "workloads/values.hpp"

namespace asyncbench::run {
namespace {

using workloads::refuse_value;
using workloads::split;
using workloads::UsageError;

constexpr std::string_view kForm = "auto, none or a list such as subject=1,peer=0";

unsigned parse_cpu(std::string_view text, std::string_view whole) {
  unsigned cpu = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cpu);
  if (error != std::errc{} || end != text.data() + text.size()) refuse_value(whole, kForm);
  return cpu;
}

std::vector<unsigned> first(const std::vector<unsigned>& cpus, std::size_t count) {
  return {cpus.begin(), cpus.begin() + static_cast<std::ptrdiff_t>(std::min(count, cpus.size()))};
}

std::vector<unsigned> last(const std::vector<unsigned>& cpus, std::size_t count) {
  return {cpus.end() - static_cast<std::ptrdiff_t>(std::min(count, cpus.size())), cpus.end()};
}

// "4 event loops of the subject share 2 CPUs"; empty: it has enough.
std::string shortage_of(std::string_view side, unsigned threads, std::size_t cpus) {
  if (threads <= cpus) return "";
  return fmt::format("{} event loops of the {} share {} CPU{}", threads, side, cpus,
                     cpus == 1 ? "" : "s");
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
      refuse_value(text, kForm);
    }
    std::vector<unsigned>& cpus = name == "subject" ? pinning.subject : pinning.peer;
    for (const std::string_view cpu : split(side.substr(equals + 1), '+')) {
      cpus.push_back(parse_cpu(cpu, text));
    }
  }
  for (auto* side : {&pinning.subject, &pinning.peer}) {
    std::ranges::sort(*side);
    const auto repeated = std::ranges::unique(*side);
    side->erase(repeated.begin(), repeated.end());
  }
  return pinning;
}

std::string to_text(const Pinning& pinning) {
  if (pinning.mode == Pinning::Mode::automatic) return "auto";
  if (pinning.mode == Pinning::Mode::none) return "none";
  std::string text;
  for (const auto& [side, cpus] :
       {std::pair{"subject", &pinning.subject}, {"peer", &pinning.peer}}) {
    if (cpus->empty()) continue;
    text += fmt::format("{}{}={}", text.empty() ? "" : ",", side, fmt::join(*cpus, "+"));
  }
  return text;
}

std::vector<unsigned> usable_cpus() {
  std::vector<unsigned> cpus;
  for (const int cpu : measure::allowed_cpus()) cpus.push_back(static_cast<unsigned>(cpu));
  return cpus;
}

Pinning resolve_pinning(const Pinning& wanted) {
  if (wanted.mode == Pinning::Mode::none) return wanted;
  const std::vector<unsigned> cpus = usable_cpus();
  if (wanted.mode == Pinning::Mode::automatic) {
    if (cpus.size() < 2) return {.mode = Pinning::Mode::none};
    return {.mode = Pinning::Mode::automatic, .subject = cpus, .peer = cpus};
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

Pinning pinning_for(const Pinning& resolved, Threads threads) {
  if (resolved.mode != Pinning::Mode::automatic) return resolved;
  return {.mode = Pinning::Mode::automatic,
          .subject = last(resolved.subject, threads.subject),
          .peer = first(resolved.peer, threads.peer)};
}

CpuShortage cpu_shortage(const Pinning& pinned, Threads threads, bool has_peer,
                         std::size_t allowed) {
  const auto count = [&](const std::vector<unsigned>& cpus) {
    return cpus.empty() ? allowed : cpus.size();
  };
  CpuShortage shortage;
  shortage.of_side = shortage_of("subject", threads.subject, count(pinned.subject));
  if (!has_peer) return shortage;
  if (shortage.of_side.empty()) {
    shortage.of_side = shortage_of("peer", threads.peer, count(pinned.peer));
  }
  const bool either_is_free = pinned.subject.empty() || pinned.peer.empty();
  const auto shared = static_cast<std::size_t>(std::ranges::count_if(
      pinned.peer, [&](unsigned cpu) { return std::ranges::count(pinned.subject, cpu) > 0; }));
  const std::size_t together =
      either_is_free ? allowed : pinned.subject.size() + pinned.peer.size() - shared;
  if ((either_is_free || shared > 0) && threads.subject + threads.peer > together) {
    shortage.of_both = fmt::format("{} + {} event loops share {} CPU{}", threads.subject,
                                   threads.peer, together, together == 1 ? "" : "s");
  }
  return shortage;
}

}  // namespace asyncbench::run
