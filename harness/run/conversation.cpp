#include "run/conversation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace asyncbench::run {
namespace {

using result::TrialStatus;

// A line is quoted up to here.
constexpr std::size_t kQuoted = 80;

TrialFailure hung(const Process& process, std::string_view name) {
  return {TrialStatus::timeout, fmt::format("{} hung: no \"{}\" in time", process.name(), name)};
}

}  // namespace

void Conversation::tell_all(const Order& order, const Process* but) {
  const std::string line = to_line(order);
  for (Process* process : processes_) {
    if (process != but) process->send(line);
  }
}

Conversation::Heard Conversation::hear(const Process& from, Time deadline, std::string_view name) {
  const Event event = next_event(deadline);
  if (event.kind == EventKind::timed_out) throw hung(from, name);
  Heard heard{.from = event.from, .line = line_of(event)};
  heard.report = parsed(*event.from, heard.line);
  return heard;
}

void Conversation::refuse(const Heard& heard, std::string_view name) {
  fail(*heard.from,
       fmt::format("said \"{}\" where \"{}\" was due", heard.line.substr(0, kQuoted), name));
}

// What happens after the time, before we look, is for the next await().
void Conversation::pass_until(Time until) {
  Event event = next_event(until);
  if (event.kind == EventKind::timed_out) return;
  if (now() >= until) {
    early_ = std::move(event);
    return;
  }
  const std::string line = line_of(event);
  parsed(*event.from, line);
  fail(*event.from, fmt::format("said \"{}\" during the window", line.substr(0, kQuoted)));
}

std::vector<report::Record> Conversation::await_records(std::span<Process* const> from,
                                                        Time deadline) {
  std::vector<std::optional<report::Record>> records(from.size());
  const auto is_due = [](const auto& record) { return !record; };
  while (std::ranges::any_of(from, [&](Process* process) { return is_running(process); })) {
    const Event event = next_event(deadline);
    if (event.kind == EventKind::timed_out) {
      const auto silent = std::ranges::find_if(records, is_due);
      if (silent != records.end())
        throw hung(*from[static_cast<std::size_t>(silent - records.begin())], "record");
      const auto running =
          std::ranges::find_if(from, [&](Process* process) { return is_running(process); });
      throw TrialFailure{TrialStatus::timeout,
                         fmt::format("{} did not end after its record", (*running)->name())};
    }
    const auto who = static_cast<std::size_t>(std::ranges::find(from, event.from) - from.begin());
    const bool has_delivered = who < from.size() && records[who];
    if (has_delivered && event.kind == EventKind::ended && event.from->ended_well()) {
      std::erase(processes_, event.from);
      continue;
    }
    Heard heard{.from = event.from, .line = line_of(event)};
    if (has_delivered) {
      fail(*event.from, fmt::format("said \"{}\" after the record", heard.line.substr(0, kQuoted)));
    }
    heard.report = parsed(*event.from, heard.line);
    auto* const record = std::get_if<report::Record>(&heard.report);
    if (record == nullptr || who == from.size()) refuse(heard, "record");
    records[who] = std::move(*record);
    if (std::ranges::none_of(records, is_due)) deadline = now() + kTerminationGrace;
  }
  std::vector<report::Record> all;
  for (auto& record : records) all.push_back(std::move(*record));
  return all;
}

bool Conversation::is_running(const Process* process) const {
  return std::ranges::find(processes_, process) != processes_.end();
}

Event Conversation::next_event(Time deadline) {
  if (early_) return *std::exchange(early_, std::nullopt);
  while (true) {
    Event event = watch_.next(processes_, deadline);
    if (!is_progress(event)) return event;
  }
}

// Whether it is one, and has been told.
bool Conversation::is_progress(const Event& event) const {
  if (!tell_ || event.kind != EventKind::line) return false;
  const Report report = parsed(*event.from, event.line);
  const auto* const progress = std::get_if<report::Progress>(&report);
  if (progress != nullptr) tell_(*progress);
  return progress != nullptr;
}

// The line of an event that has to be one.
std::string Conversation::line_of(const Event& event) {
  if (event.kind == EventKind::interrupted) {
    throw TrialFailure{TrialStatus::cancelled, "interrupted"};
  }
  if (event.kind != EventKind::ended) return event.line;
  const Process& process = *event.from;
  std::string reason = fmt::format("{} {}", process.name(), process.how_it_ended());
  if (const std::string words = process.last_words(); !words.empty()) reason += ": " + words;
  throw TrialFailure{process.crashed() ? TrialStatus::crashed : TrialStatus::failed, reason};
}

Report Conversation::parsed(const Process& from, const std::string& line) {
  Report report = [&] {
    try {
      return report_from(line);
    } catch (const ProtocolError& error) {
      fail(from, error.what());
    }
  }();
  if (const auto* failed = std::get_if<report::Failed>(&report)) {
    // These are not the participant's own.
    if (failed->failures) throw TrialFailure{TrialStatus::failed, failed->reason, failed->failures};
    fail(from, failed->reason);
  }
  return report;
}

void Conversation::fail(const Process& process, const std::string& reason) {
  throw TrialFailure{TrialStatus::failed, fmt::format("{}: {}", process.name(), reason)};
}

}  // namespace asyncbench::run
