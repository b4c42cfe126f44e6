#include "run/trial.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "measure/cpu.hpp"
#include "measure/disturbance.hpp"
#include "result/from_recording.hpp"
#include "run/clock_time.hpp"
#include "run/invariants.hpp"
#include "run/messages.hpp"
#include "run/process.hpp"

namespace asyncbench::run {
namespace {

using result::TrialStatus;
using workloads::kRoles;

// Between an order and its answer; generous, since only a broken participant exhausts them.
constexpr Duration kAnswerLimit = std::chrono::seconds(10);
constexpr Duration kBudgetLimit = std::chrono::minutes(10);

// Beyond it, for a profile: reading symbols, and unwinding stacks by DWARF.
constexpr Duration kNamingLimit = std::chrono::seconds(20);
constexpr Duration kUnwindingLimit = std::chrono::minutes(5);

// The window must not start before both participants know of it.
constexpr Duration kWindowLead = std::chrono::milliseconds(10);

struct TrialFailure {
  TrialStatus status;
  std::string reason;
};

// On the subject's CPU, where the runner itself is not.
Duration canary_on(const std::vector<unsigned>& cpus) {
  Duration took{0};
  std::thread([&] {
    if (!cpus.empty()) measure::pin_to({static_cast<int>(cpus.front())});
    took = measure::spin_canary();
  }).join();
  return took;
}

class TrialRun {
 public:
  explicit TrialRun(const TrialOrder& order)
      : cell_(order.cell),
        settings_(order.settings),
        kind_(order.kind),
        seed_(trial_seed(order.settings.seed, order.block)),
        events_(order.interrupt_fd) {
    trial_.block = order.block;
    trial_.repeat = order.repeat;
    trial_.kind = order.kind;
    trial_.started = utc_now();
    trial_.seed = seed_;
    trial_.warm_up_ns = settings_.warmup.count();
    trial_.window_ns = window_of(settings_, kind_).count();
  }

  result::Trial run() {
    try {
      trial_.disturbance.canary_before_ns = canary_on(settings_.pin.subject).count();
      converse();
      trial_.disturbance.canary_after_ns = canary_on(settings_.pin.subject).count();
      judge();
    } catch (const TrialFailure& failure) {
      trial_.status = failure.status;
      trial_.reason = failure.reason;
    } catch (const std::exception& error) {
      trial_.status = TrialStatus::failed;
      trial_.reason = error.what();
    }
    return std::move(trial_);
  }

 private:
  // What is kept of one role. The processes end before the events that they are heard through.
  struct Participant {
    std::unique_ptr<Process> process;  // null: the role is not ours to play
    report::Record record;
  };

  Participant& in(Role role) { return participants_[static_cast<std::size_t>(role)]; }
  const report::Record* record_of(Role role) {
    return in(role).process ? &in(role).record : nullptr;
  }

  // null plays fetch without a server.
  std::vector<Role> roles() const {
    if (cell_.strategy == kNullStrategy) return {Role::client};
    return cell_.workload->roles(cell_.work);
  }

  order::Job job_for(Role role, const workloads::Address& address) const {
    const bool is_subject = role == cell_.subject();
    order::Job job;
    job.role = role;
    job.workload = cell_.workload->info().name;
    job.strategy = is_subject ? cell_.strategy : settings_.peer_strategy;
    job.work = cell_.work;
    job.address = address;
    job.settings = settings_;
    job.settings.seed = seed_;
    if (!is_subject) job.settings.threads = 1;
    if (role != Role::client) job.settings.requests = 0;
    job.cpus = is_subject ? settings_.pin.subject : settings_.pin.peer;
    job.window_expected = window_of(settings_, kind_);
    job.count_syscalls = kind_ == result::TrialKind::count && is_subject;
    if (is_subject) job.profile = profiling();
    job.parent = ::getpid();
    return job;
  }

  // How this trial profiles its subject; empty: not at all.
  std::optional<measure::ProfileOptions> profiling() const {
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
        break;
    }
    return std::nullopt;
  }

  // "subject", or "peer" with its role where there are several.
  std::string name_for(Role role) const {
    if (role == cell_.subject()) return "subject";
    return roles_.size() <= 2 ? "peer" : fmt::format("peer ({})", workloads::name_of(role));
  }

  Process& start(Role role, const workloads::Address& address) {
    std::unique_ptr<Process>& process = in(role).process;
    const std::string& program = role == cell_.subject() ? cell_.program : settings_.peer_program;
    process = std::make_unique<Process>(name_for(role), program, settings_.plugins);
    processes_.push_back(process.get());
    process->send(to_line(Order{job_for(role, address)}));
    return *process;
  }

  void converse() {
    // null connects to nothing, but its requests need an address to name.
    workloads::Address address{.port = 1};
    for (const Role role : roles_) {
      Process& process = start(role, address);
      if (role == Role::client) continue;
      address = await<report::Listening>(process, now() + kAnswerLimit, "listening").address;
    }
    Process& client = *in(Role::client).process;
    await<report::Ready>(client, now() + ready_limit(), "ready");

    const Time window_start = now() + std::max<Duration>(settings_.warmup, kWindowLead);
    const Time window_end = lay_window(window_start);
    // The client first: the servers answer it until it has ended.
    for (auto role = roles_.rbegin(); role != roles_.rend(); ++role) {
      Participant& participant = in(*role);
      Time patience = now() + kAnswerLimit;
      if (*role == Role::client) {
        patience = window_end + settings_.grace + kAnswerLimit +
                   cell_.workload->patience(cell_.work.parameters);
      } else {
        participant.process->send(to_line(Order{order::Stop{}}));
      }
      if (*role == cell_.subject()) patience += profile_patience();
      participant.record = await<report::Record>(*participant.process, patience, "record");
      await_end(*participant.process);
    }
    if (!in(Role::client).record.recording) fail(client, "its record holds no recording");
  }

  // Returns the window's end, whether it was set or found by the client.
  Time lay_window(Time start) {
    const bool by_budget = settings_.requests > 0;
    Time end = start + window_of(settings_, kind_);
    order::Go go{.window_start_ns = to_ns(start)};
    if (!by_budget) go.window_end_ns = to_ns(end);
    for (Process* process : processes_) process->send(to_line(Order{go}));

    const int cpu = settings_.pin.subject.empty() ? 0 : static_cast<int>(settings_.pin.subject[0]);
    pass_until(start);
    const measure::MachineSnapshot before = measure::take_machine(cpu);
    if (by_budget) {
      Process& client = *in(Role::client).process;
      const auto ended = await<report::WindowEnd>(client, start + kBudgetLimit, "window_end");
      end = from_ns(ended.window_end_ns);
      for (Process* process : processes_) {
        if (process != &client) process->send(to_line(Order{order::WindowEnd{to_ns(end)}}));
      }
    } else {
      pass_until(end);
    }
    put_disturbance(measure::difference(before, measure::take_machine(cpu)));
    return end;
  }

  // For the names of what was sampled.
  Duration profile_patience() const {
    if (kind_ == result::TrialKind::timed || !settings_.profile) return Duration{0};
    if (kind_ != result::TrialKind::profile) return kNamingLimit;
    return settings_.profile->profiler == measure::ProfilerKind::perf ? kUnwindingLimit
                                                                      : kNamingLimit;
  }

  // Time for every task's first outcome: a server's delay or a slow schedule may precede it.
  Duration ready_limit() const {
    Duration limit = kAnswerLimit + cell_.workload->patience(cell_.work.parameters);
    if (cell_.is_open_loop()) {
      const double rate_per_s = cell_.work.parameters.arrivals("arrivals").rate_per_s;
      const auto tasks = static_cast<double>(cell_.workload->in_flight(cell_.work.parameters));
      limit +=
          std::chrono::duration_cast<Duration>(std::chrono::duration<double>(tasks / rate_per_s));
    }
    return limit;
  }

  template <class Wanted>
  Wanted await(Process& from, Time deadline, std::string_view wanted) {
    const Event event = next_event(deadline);
    if (event.kind == EventKind::timed_out) {
      throw TrialFailure{TrialStatus::timeout,
                         fmt::format("{} hung: no \"{}\" in time", from.name(), wanted)};
    }
    const std::string line = line_of(event);
    Report report = parsed(*event.from, line);
    if (event.from == &from) {
      if (auto* got = std::get_if<Wanted>(&report)) return std::move(*got);
    }
    fail(*event.from, fmt::format("said \"{}\" where \"{}\" was due", line.substr(0, 80), wanted));
  }

  // Nothing may happen until then; what happens after it, before we look, is for the next await().
  void pass_until(Time until) {
    Event event = next_event(until);
    if (event.kind == EventKind::timed_out) return;
    if (now() >= until) {
      early_ = std::move(event);
      return;
    }
    const std::string line = line_of(event);
    parsed(*event.from, line);
    fail(*event.from, fmt::format("said \"{}\" during the window", line.substr(0, 80)));
  }

  Event next_event(Time deadline) {
    if (!early_) return events_.next(processes_, deadline);
    Event event = std::move(*early_);
    early_.reset();
    return event;
  }

  // A participant that has delivered its record goes by itself.
  void await_end(Process& process) {
    const Event event = next_event(now() + kTerminationGrace);
    if (event.kind == EventKind::timed_out) {
      throw TrialFailure{TrialStatus::timeout,
                         fmt::format("{} did not end after its record", process.name())};
    }
    const bool expected =
        event.kind == EventKind::ended && event.from == &process && process.ended_well();
    if (!expected)
      fail(*event.from, "said \"" + line_of(event).substr(0, 80) + "\" after the record");
    std::erase(processes_, &process);
  }

  // The line of an event that has to be one.
  std::string line_of(const Event& event) const {
    if (event.kind == EventKind::interrupted) interrupted();
    if (event.kind == EventKind::ended) fail_at_end(*event.from);
    return event.line;
  }

  Report parsed(const Process& from, const std::string& line) const {
    Report report = [&] {
      try {
        return report_from(line);
      } catch (const ProtocolError& error) {
        fail(from, error.what());
      }
    }();
    if (const auto* failed = std::get_if<report::Failed>(&report)) fail(from, failed->reason);
    return report;
  }

  [[noreturn]] static void interrupted() {
    throw TrialFailure{TrialStatus::cancelled, "interrupted"};
  }

  [[noreturn]] static void fail(const Process& process, const std::string& reason) {
    throw TrialFailure{TrialStatus::failed, fmt::format("{}: {}", process.name(), reason)};
  }

  [[noreturn]] static void fail_at_end(const Process& process) {
    std::string reason = fmt::format("{} {}", process.name(), process.how_it_ended());
    if (const std::string words = process.last_words(); !words.empty()) reason += ": " + words;
    throw TrialFailure{process.crashed() ? TrialStatus::crashed : TrialStatus::failed, reason};
  }

  void put_disturbance(const measure::MachineSnapshot& spent) {
    result::Disturbance& disturbance = trial_.disturbance;
    disturbance.steal_ns = spent.steal_ns;
    disturbance.softirq_ns = spent.softirq_ns;
    disturbance.pressure_cpu_ns = spent.pressure_cpu_ns;
    disturbance.frequency_khz = spent.frequency_khz;
    disturbance.unreadable = spent.unreadable;
  }

  void judge() {
    const report::Record& client = in(Role::client).record;
    trial_.window_ns = client.window_end_ns - client.window_start_ns;
    result::put_recording(trial_, *client.recording);
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
                      .upstream = record_of(Role::upstream)},
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
  }

  // What the other participants used together, and what the client's server counted.
  void put_peers() {
    for (const Role role : roles_) {
      if (role == cell_.subject()) continue;
      const result::Usage& usage = in(role).record.usage;
      trial_.peer = trial_.peer ? result::sum(*trial_.peer, usage) : usage;
    }
    if (const report::Record* server = record_of(Role::server)) trial_.server = server->server;
  }

  void put_series() {
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

  const PlannedCell& cell_;
  const Settings& settings_;
  const result::TrialKind kind_;
  const std::uint64_t seed_;
  ProcessWatch events_;
  std::optional<Event> early_;
  const std::vector<Role> roles_ = roles();
  std::array<Participant, kRoles> participants_;
  std::vector<Process*> processes_;  // those that are still to be heard of
  result::Trial trial_;
};

}  // namespace

result::Trial run_trial(const TrialOrder& order) {
  result::Trial trial = TrialRun(order).run();
  order.cell.workload->clean_up(order.cell.work);
  return trial;
}

}  // namespace asyncbench::run
