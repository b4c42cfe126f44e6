#include "result/result.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <numeric>

namespace asyncbench::result {

const Value* find(const Values& values, std::string_view name) {
  const auto found = std::ranges::find(values, name, &Values::value_type::first);
  return found == values.end() ? nullptr : &found->second;
}

std::string text_of(const Value& value) {
  return std::visit([](const auto& v) { return fmt::format("{}", v); }, value);
}

std::optional<std::int64_t> Usage::cpu_ns() const {
  if (!cpu_user_ns || !cpu_system_ns) return std::nullopt;
  return *cpu_user_ns + *cpu_system_ns;
}

std::int64_t Usage::usable() const {
  return usable_cpus.value_or(std::max<std::int64_t>(static_cast<std::int64_t>(cpus.size()), 1));
}

std::uint64_t Turns::requests() const {
  std::uint64_t sum = 0;
  for (const Turn& round : rounds) sum += round.requests;
  return sum;
}

Usage sum(const Usage& a, const Usage& b) {
  const auto add = [](const std::optional<std::int64_t>& x, const std::optional<std::int64_t>& y) {
    return x && y ? std::optional(*x + *y) : std::nullopt;
  };
  Usage both = a;
  for (const auto member :
       {&Usage::cpu_user_ns, &Usage::cpu_system_ns, &Usage::context_switches_voluntary,
        &Usage::context_switches_involuntary, &Usage::page_faults_minor, &Usage::page_faults_major,
        &Usage::syscalls, &Usage::memory_peak_bytes, &Usage::run_queue_wait_ns,
        &Usage::threads_peak, &Usage::usable_cpus}) {
    both.*member = add(a.*member, b.*member);
  }
  for (const std::int64_t cpu : b.cpus) {
    if (std::ranges::find(both.cpus, cpu) == both.cpus.end()) both.cpus.push_back(cpu);
  }
  if (both.usable_cpus && !both.cpus.empty()) {
    const auto cpus = static_cast<std::int64_t>(both.cpus.size());
    both.usable_cpus = std::min(*both.usable_cpus, cpus);
  }
  both.busiest_thread_ns = std::max(a.busiest_thread_ns, b.busiest_thread_ns);
  if (b.cpu_account != "cgroup") both.cpu_account = b.cpu_account;
  both.unreadable.insert(b.unreadable.begin(), b.unreadable.end());
  return both;
}

std::uint64_t Trial::ended() const {
  return std::accumulate(outcomes.begin(), outcomes.end(), std::uint64_t{0});
}

bool Trial::broken() const {
  return std::ranges::find(invariants, std::optional<bool>(false)) != invariants.end();
}

std::string cell_id(const std::string& workload, const std::string& strategy,
                    const Values& parameters) {
  std::string id = fmt::format("{}/strategy:{}", workload, strategy);
  for (const auto& [name, value] : parameters) id += fmt::format("/{}:{}", name, text_of(value));
  return id;
}

const Estimate* Summary::find(std::string_view figure) const {
  const auto found = figures.find(figure);
  return found == figures.end() ? nullptr : &found->second;
}

std::vector<const Trial*> Cell::valid_trials(TrialKind kind) const {
  std::vector<const Trial*> valid;
  for (const Trial& trial : trials) {
    if (trial.counts_as(kind)) valid.push_back(&trial);
  }
  return valid;
}

std::string text_of(const Fact& fact) {
  return std::visit(
      [](const auto& value) -> std::string {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::monostate>) {
          return "";
        } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
          return fmt::format("{}", fmt::join(value, "; "));
        } else {
          return fmt::format("{}", value);
        }
      },
      fact);
}

std::string Environment::text_of(std::string_view fact) const {
  const auto found =
      std::ranges::find(facts, fact, [](const auto& pair) { return std::string_view(pair.first); });
  return found == facts.end() ? "" : result::text_of(found->second);
}

Cell* Result::find_cell(std::string_view id) {
  const auto found = std::ranges::find(cells, id, &Cell::id);
  return found == cells.end() ? nullptr : &*found;
}

const Cell* Result::find_cell(std::string_view id) const {
  return const_cast<Result*>(this)->find_cell(id);
}

}  // namespace asyncbench::result
