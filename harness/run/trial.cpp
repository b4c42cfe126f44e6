#include "run/trial.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "measure/disturbance.hpp"
#include "programs/program_file.hpp"
#include "result/from_recording.hpp"
#include "result/success.hpp"
#include "run/canary.hpp"
#include "run/client_parts.hpp"
#include "run/clock_time.hpp"
#include "run/invariants.hpp"
#include "workloads/load_run.hpp"

namespace asyncbench::run {
namespace {

using result::TrialStatus;
using workloads::kRoles;

// Between an order and its answer; generous, since only a broken participant exhausts them.
constexpr Duration kAnswerLimit = std::chrono::seconds(10);

// Until a server listens: a program of the user's may have much to do before.
constexpr Duration kListenLimit = kAnswerLimit + programs::kMostReadyWithin;

// A profile takes longer: symbols are read, and stacks unwound by DWARF.
constexpr Duration kNamingLimit = std::chrono::seconds(20);
constexpr Duration kUnwindingLimit = std::chrono::minutes(5);

// Several clients have been started by then: what of their schedule lies before would be late.
constexpr Duration kStartingTakes = std::chrono::milliseconds(100);

}  // namespace

TrialRun::TrialRun(const TrialOrder& order, std::size_t turns)
    : cell_(order.cell),
      settings_(order.settings),
      kind_(order.kind),
      seed_(trial_seed(order.settings.seed, order.block)),
      turns_(turns),
      live_(order.on_progress != nullptr),
      clients_(cell_.subject() == Role::client ? 1 : settings_.peer_processes),
      conversation_(order.interrupt_fd) {
  conversation_.on_progress(told_together(order.on_progress, clients_));
  trial_.block = order.block;
  trial_.repeat = order.repeat;
  trial_.kind = order.kind;
  trial_.started = utc_now();
  trial_.seed = seed_;
  trial_.warm_up_ns = settings_.warmup.count();
  trial_.window_ns = window_of(settings_, kind_).count();
}

// null plays fetch without a server.
std::vector<TrialRun::Role> TrialRun::roles() const {
  if (cell_.strategy == kNullStrategy) return {Role::client};
  return cell_.workload->roles(cell_.work);
}

order::Job TrialRun::job_for(Role role, const workloads::Address& address, load::Part part) const {
  const bool is_subject = role == cell_.subject();
  order::Job job;
  job.role = role;
  job.workload = cell_.workload->info().name;
  job.strategy = is_subject ? cell_.strategy : settings_.peer_strategy;
  job.work = cell_.work;
  if (part.of > 1) {
    job.work = part_of(cell_.work, part);
    job.part = workloads::ClientPart{.part = part, .schedule_begins_ns = to_ns(schedule_begins_)};
  }
  job.address = address;
  job.settings = settings_;
  job.settings.seed = seed_;
  job.settings.threads = is_subject ? settings_.threads : settings_.peer_threads;
  if (role != Role::client) job.settings.requests = 0;
  const Pinning pinning = pinning_for(settings_.pin, threads_of(settings_));
  job.cpus = is_subject ? pinning.subject : cpus_of(pinning.peer, part);
  job.window_expected = window_of(settings_, kind_);
  job.turns = turns_;
  job.live = live_ && role == Role::client;
  job.count_syscalls = kind_ == result::TrialKind::count && is_subject;
  if (is_subject) job.profile = profiling();
  job.parent = ::getpid();
  return job;
}

// How this trial profiles its subject; empty: not at all.
std::optional<measure::ProfileOptions> TrialRun::profiling() const {
  if (!settings_.profile) return std::nullopt;
  measure::ProfileOptions options = *settings_.profile;
  switch (kind_) {
    case result::TrialKind::profile:
      options.instruments = measure::Instruments::samples;
      return options;
    case result::TrialKind::count:
      options.instruments = measure::Instruments::calls;
      return options;
    case result::TrialKind::trace:
      options.instruments = measure::Instruments::waits;
      return options;
    case result::TrialKind::timed:
    case result::TrialKind::twin:
      break;
  }
  return std::nullopt;
}

// "subject", or "peer" with its role where there are several, and "2 of 4" where several play it.
std::string TrialRun::name_for(Role role, load::Part part) const {
  if (role == cell_.subject()) return "subject";
  std::string name = "peer";
  if (roles_.size() > 2) name += fmt::format(" ({})", workloads::name_of(role));
  if (part.of > 1) name += fmt::format(" {} of {}", part.index + 1, part.of);
  return name;
}

std::vector<Process*> TrialRun::Participants::pointers() const {
  std::vector<Process*> pointers;
  for (const auto& process : processes) pointers.push_back(process.get());
  return pointers;
}

void TrialRun::launch(Role role, const workloads::Address& address) {
  const bool is_subject = role == cell_.subject();
  std::vector<std::string> plugins = settings_.plugins;
  const std::string& plugin = is_subject ? cell_.plugin : settings_.peer_plugin;
  if (!plugin.empty()) plugins.push_back(plugin);
  load::Part part{.of = role == Role::client ? clients_ : 1};
  for (; part.index < part.of; ++part.index) {
    Process& process = *in(role).processes.emplace_back(std::make_unique<Process>(
        name_for(role, part), is_subject ? cell_.program : settings_.peer_program, plugins));
    conversation_.join(process);
    conversation_.tell(process, job_for(role, address, part));
  }
}

void TrialRun::start() {
  // null connects to nothing, but its requests need an address to name.
  workloads::Address address{.port = 1};
  for (const Role role : roles_) {
    if (role == Role::client) {
      schedule_begins_ =
          now() + kStartingTakes +
          cell_.workload->in_flight(cell_.work.parameters) * workloads::kConnectStagger;
    }
    launch(role, address);
    if (role == Role::client) continue;
    address = conversation_.await<report::Listening>(first(role), now() + kListenLimit, "listening")
                  .address;
  }
  conversation_.await_each<report::Ready>(in(Role::client).pointers(), now() + ready_limit(),
                                          "ready");
}

void TrialRun::go(const measure::WindowSpan& window) {
  window_ = window;
  conversation_.tell_all(order::Go{window});
}

Time TrialRun::wait_for_budget() {
  constexpr Duration kBudgetLimit = std::chrono::minutes(10);
  Process& client = first(Role::client);
  const auto ended = [&] {
    try {
      return conversation_.await<report::WindowEnd>(
          client, from_ns(window_.start_ns) + kBudgetLimit, "window_end");
    } catch (const TrialFailure& failure) {
      if (failure.status != TrialStatus::timeout) throw;
      throw TrialFailure{TrialStatus::timeout,
                         fmt::format("{} requests had not ended after 10 minutes; use fewer "
                                     "--requests, or --duration",
                                     settings_.requests)};
    }
  }();
  conversation_.tell_all(order::WindowEnd{ended.window_end_ns}, &client);
  return from_ns(ended.window_end_ns);
}

void TrialRun::collect(Time window_end) {
  // The client first: the servers answer it until it has ended.
  for (auto role = roles_.rbegin(); role != roles_.rend(); ++role) {
    Participants& participants = in(*role);
    Time patience = now() + kAnswerLimit;
    if (*role == Role::client) {
      patience = std::max(now(), window_end) + settings_.grace + kAnswerLimit +
                 cell_.workload->patience(cell_.work.parameters);
    } else {
      conversation_.tell(first(*role), order::Stop{});
    }
    if (*role == cell_.subject()) patience += profile_patience();
    const std::vector<report::Record> records =
        conversation_.await_records(participants.pointers(), patience);
    if (*role == Role::client) check_clients(records);
    participants.record = together(records);
  }
}

// Each has recorded its requests. What several clients have done is kept apart, too.
void TrialRun::check_clients(const std::vector<report::Record>& records) {
  for (std::size_t i = 0; i < records.size(); ++i) {
    const report::Record& record = records[i];
    if (!record.recording) {
      Conversation::fail(*in(Role::client).processes[i], "its record holds no recording");
    }
    if (records.size() == 1) return;
    if (!trial_.peer_processes) trial_.peer_processes.emplace();
    const load::Part part{.index = static_cast<unsigned>(i), .of = clients_};
    trial_.peer_processes->push_back(
        result::client_process(*record.recording, record.usage,
                               cell_.workload->in_flight(part_of(cell_.work, part).parameters)));
  }
}

// The time that naming the samples takes.
Duration TrialRun::profile_patience() const {
  if (kind_ == result::TrialKind::timed || !settings_.profile) return Duration{0};
  if (kind_ != result::TrialKind::profile) return kNamingLimit;
  return settings_.profile->profiler == measure::ProfilerKind::perf ? kUnwindingLimit
                                                                    : kNamingLimit;
}

// Time for every task's first outcome: a server's delay or a slow schedule may precede it.
Duration TrialRun::ready_limit() const {
  Duration limit = kAnswerLimit + cell_.workload->patience(cell_.work.parameters);
  if (cell_.is_open_loop()) {
    const double rate_per_s = cell_.work.parameters.arrivals("arrivals").rate_per_s;
    const auto tasks = static_cast<double>(cell_.workload->in_flight(cell_.work.parameters));
    limit +=
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(tasks / rate_per_s));
  }
  return limit;
}

void TrialRun::judge(const std::map<Time, Duration>& canaries) {
  const report::Record& client = in(Role::client).record;
  // Turns make up a window together: all rates are over the time in which this cell worked.
  trial_.window_ns = window_.turns ? window_.turns->length.count() *
                                         static_cast<std::int64_t>(turns_ - window_.turns->warm_up)
                                   : client.window_end_ns - client.window_start_ns;
  if (window_.turns) {
    trial_.warm_up_ns = window_.turns->length.count() * window_.turns->warm_up;
  }
  result::put_recording(trial_, *client.recording);
  put_turns(canaries);
  if (cell_.is_open_loop()) {
    trial_.offered_per_s =
        static_cast<double>(client.arrivals_due) * 1e9 / static_cast<double>(trial_.window_ns);
  }
  const report::Record& subject = in(cell_.subject()).record;
  trial_.subject = subject.usage;
  trial_.subject.unreadable.insert(subject.unreadable.begin(), subject.unreadable.end());
  trial_.lanes = subject.lanes;
  trial_.profile = subject.profile;
  put_peers();
  put_series();
  check_invariants(trial_,
                   {.client = &client,
                    .server = record_of(Role::server),
                    .upstream = record_of(Role::upstream),
                    .turns = window_.turns ? &*window_.turns : nullptr},
                   cell_);
  const bool bug = ended_whole_trial(*client.recording, Outcome::internal) > 0;
  trial_.valid = !trial_.broken() && !bug;
  if (!trial_.valid) {
    trial_.status = TrialStatus::invalid;
    for (const result::Note& note : trial_.notes) {
      if (!trial_.reason.empty()) trial_.reason += "; ";
      trial_.reason += fmt::format("{}: {}", note.code, note.detail);
    }
  }
  note_arrivals(trial_, client);
  result::fail_without_success(trial_);
}

// The CPU time of a turn is that of its participants in it, where all of them read theirs in time.
void TrialRun::put_turns(const std::map<Time, Duration>& canaries) {
  if (!window_.turns) return;
  result::put_turns(trial_, *in(Role::client).record.recording, window_);
  for (std::size_t i = 0; i < trial_.turns->rounds.size(); ++i) {
    result::Turn& turn = trial_.turns->rounds[i];
    const auto cpu_ns = [&](Role role) -> std::optional<std::int64_t> {
      const auto& read = in(role).record.turns_cpu_ns;
      return i < read.size() ? read[i] : std::nullopt;
    };
    turn.subject_cpu_ns = cpu_ns(cell_.subject());
    if (roles_.size() > 1) turn.peer_cpu_ns = 0;
    for (const Role role : roles_) {
      if (role == cell_.subject() || !turn.peer_cpu_ns) continue;
      const auto used = cpu_ns(role);
      turn.peer_cpu_ns = used ? std::optional(*turn.peer_cpu_ns + *used) : std::nullopt;
    }
    const auto time = rest_canary_time(*window_.turns, window_.turns->warm_up + i);
    const auto canary = time ? canaries.find(*time) : canaries.end();
    if (canary != canaries.end()) turn.canary_ns = canary->second.count();
  }
}

// What the other participants used together, and what the client's server counted.
void TrialRun::put_peers() {
  for (const Role role : roles_) {
    if (role == cell_.subject()) continue;
    const result::Usage& usage = in(role).record.usage;
    trial_.peer = trial_.peer ? result::sum(*trial_.peer, usage) : usage;
  }
  if (const report::Record* server = record_of(Role::server)) trial_.server = server->server;
}

void TrialRun::put_series() {
  std::map<Role, workloads::SideRecord> records;
  for (const Role role : roles_) {
    const report::Record& record = in(role).record;
    for (const auto& [name, histogram] : record.series) {
      if (const auto latency = result::latency_of(histogram)) {
        trial_.series.emplace(name, *latency);
      }
    }
    for (const auto& item : record.items) trial_.items.push_back({item.name, item.outcomes});
    trial_.curves.insert(record.curves.begin(), record.curves.end());
    records.emplace(role, record);
  }
  trial_.figures = cell_.workload->figures(cell_.work, records);
}

void TrialRun::fail(const TrialFailure& failure) {
  trial_.status = failure.status;
  trial_.reason = failure.reason;
  if (!failure.failures) return;
  trial_.failures = failure.failures;
  trial_.notes.push_back({std::string(result::kNothingSucceeded), failure.reason});
}

std::string TrialRun::break_off() {
  Process& process = first(cell_.subject());
  process.terminate();
  if (const std::string words = process.last_words(); !words.empty()) return words;
  return process.ended_well() ? "" : process.how_it_ended();
}

Duration window_of(const Settings& settings, result::TrialKind kind) {
  // A count trial is this long at most: its figure is a ratio that needs no long window.
  constexpr Duration kCountWindow = std::chrono::milliseconds(200);
  const bool counts = kind == result::TrialKind::count;
  return counts ? std::min(settings.duration, kCountWindow) : settings.duration;
}

}  // namespace asyncbench::run
