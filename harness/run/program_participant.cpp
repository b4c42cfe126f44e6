#include "run/program_participant.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

#include "core/loop_descriptors.hpp"
#include "measure/request_file.hpp"
#include "programs/process_tree.hpp"
#include "run/participant.hpp"
#include "workloads/all_workloads.hpp"

namespace asyncbench::run {
namespace {

// Less than the runner's patience in each case, which knows nothing of what the program said.
constexpr Duration kReadyWithin = std::chrono::seconds(9);
constexpr Duration kRecordWithin = std::chrono::seconds(5);  // of a stop
constexpr Duration kEndWithin = std::chrono::seconds(2);     // of the record
constexpr Duration kLeaveWithin = std::chrono::seconds(1);   // for what it has started

constexpr std::size_t kQuoted = 80;

// The job of the program: this process measures it, and is its parent.
order::Job job_of_program(order::Job job) {
  job.count_syscalls = false;
  job.profile.reset();
  job.parent = ::getpid();
  return job;
}

double seconds_of(Duration time) { return std::chrono::duration<double>(time).count(); }

int milliseconds_until(Time at) {
  if (at == kNever) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(at - now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

}  // namespace

ProgramParticipant::Descriptors::Descriptors()
    : requests(granted(::memfd_create("requests", MFD_CLOEXEC), "memfd_create")) {
  // Several processes of a program may write at once.
  ::fcntl(requests.get(), F_SETFL, O_APPEND);
  set_nonblocking(reports.read);
}

ProgramParticipant::ProgramParticipant(const programs::ProgramFile& file, const order::Job& job,
                                       Events events)
    : name_(file.name),
      job_(job_of_program(job)),
      events_(std::move(events)),
      child_(file, {.command = file.participant,
                    .values = {{"threads", std::to_string(job.settings.threads)}},
                    .descriptors = {descriptors_.orders.read.get(),
                                    descriptors_.reports.write.get(), descriptors_.requests.get()},
                    .own_group = true}) {
  static_assert(kJobFd == 3 && kRecordFd == 4 && kRequestsFd == 5);
  descriptors_.orders.read.reset();
  descriptors_.reports.write.reset();
  tell(job_);
  due_ = is_client() ? "ready" : "listening";
  if (!is_client()) hear_listening();
}

ProgramParticipant::~ProgramParticipant() {
  if (!child_.end()) fmt::print(stderr, "{} did not end on its signal: it was killed\n", name_);
}

// The next line of the program, or what happens instead of one before the limit.
ProgramParticipant::Event ProgramParticipant::wait(std::string& line, Time limit, int stop_fd) {
  while (true) {
    const bool has_ended = child_.has_ended();
    read_available(descriptors_.reports.read, lines_.text());
    if (auto next = lines_.take()) {
      line = std::move(*next);
      return Event::line;
    }
    if (has_ended) return Event::ended;
    std::array<pollfd, 3> polled{
        pollfd{.fd = descriptors_.reports.read.get(), .events = POLLIN},
        pollfd{.fd = child_.end_descriptor(), .events = POLLIN},
        pollfd{.fd = stop_fd, .events = POLLIN},
    };
    const int ready = ::poll(polled.data(), polled.size(), milliseconds_until(limit));
    if (polled[2].revents != 0) return Event::stopped;
    if (ready == 0 && now() >= limit) return Event::nothing;
  }
}

Report ProgramParticipant::heard(const std::string& line) {
  Report report = [&] {
    try {
      return report_of_program(line);
    } catch (const ProtocolError& error) {
      throw StrategyError(fmt::format("{}: {}", name_, error.what()));
    }
  }();
  if (const auto* failed = std::get_if<report::Failed>(&report)) {
    throw StrategyError(fmt::format("{}: {}", name_, failed->reason));
  }
  return report;
}

void ProgramParticipant::hear_listening() {
  const Duration patience = child_.file().ready_within;
  std::string line;
  switch (wait(line, started_ + patience, -1)) {
    case Event::line:
      break;
    case Event::ended:
      fail(fmt::format("ended before \"listening\": {}", child_.how_it_ended()));
    default:
      fail(fmt::format("did not report \"listening\" within {:g} s", seconds_of(patience)));
  }
  const Report report = heard(line);
  const auto* const listening = std::get_if<report::Listening>(&report);
  if (listening == nullptr) {
    fail(fmt::format("said \"{}\" where \"listening\" was due", line.substr(0, kQuoted)));
  }
  address_ = listening->address;
  due_ = "record";
}

// Whether it was the record.
bool ProgramParticipant::obey(Report report) {
  if (const auto* ready = std::get_if<report::Ready>(&report);
      ready != nullptr && due_ == "ready") {
    takes_turns_ = ready->turns.value_or(true);
    due_ = job_.settings.requests > 0 ? "window_end" : "record";
    events_.on_ready();
    return false;
  }
  if (const auto* end = std::get_if<report::WindowEnd>(&report);
      end != nullptr && due_ == "window_end") {
    window_end_ns_ = end->window_end_ns;
    due_ = "record";
    events_.on_budget_spent();
    return false;
  }
  auto* const record = std::get_if<report::Record>(&report);
  if (record == nullptr || due_ != "record") {
    fail(fmt::format("reported something else where \"{}\" was due", due_));
  }
  record_ = std::move(*record);
  recorded_ = now();
  return true;
}

void ProgramParticipant::run(const std::stop_token& stop) {
  const WakeFd woken;
  const std::stop_callback wake(stop, [&] { woken.wake(); });
  bool is_told = false;
  const Duration ready_within = std::min(
      child_.file().ready_within,
      kReadyWithin + workloads::find_workload(job_.workload)->patience(job_.work.parameters));
  Time limit = is_client() ? started_ + ready_within : kNever;
  Duration patience = ready_within;
  std::string line;
  while (true) {
    switch (wait(line, limit, is_told ? -1 : woken.get())) {
      case Event::line:
        if (obey(heard(line))) return await_end();
        if (!is_told) limit = kNever;
        break;
      case Event::ended:
        fail(fmt::format("ended before its \"{}\": {}", due_, child_.how_it_ended()));
      case Event::stopped:
        is_told = true;
        if (given_up_) throw StrategyError(name_ + " was stopped");
        go_on();
        tell(order::Stop{});
        patience = kRecordWithin;
        limit = now() + patience;
        break;
      case Event::nothing:
        fail(is_told
                 ? fmt::format("did not report its record within {:g} s of \"stop\"",
                               seconds_of(patience))
                 : fmt::format("did not report \"{}\" within {:g} s", due_, seconds_of(patience)));
    }
  }
}

// With all that it has started.
void ProgramParticipant::await_end() {
  std::string line;
  switch (wait(line, now() + kEndWithin, -1)) {
    case Event::line:
      fail(fmt::format("said \"{}\" after its record", line.substr(0, kQuoted)));
    case Event::ended:
      break;
    default:
      fail(fmt::format("did not end within {:g} s of its record", seconds_of(kEndWithin)));
  }
  if (!child_.ended_well()) {
    fail(fmt::format("ended after its record with {}, which is to be exit code 0",
                     child_.how_it_ended()));
  }
  const Time limit = now() + kLeaveWithin;
  std::vector<pid_t> left = programs::descendants();
  while (!left.empty() && now() < limit) {
    std::this_thread::sleep_for(programs::kLookAgain);
    left = programs::descendants();
  }
  if (left.empty()) return;
  std::vector<std::string> names;
  for (const pid_t process : left) names.push_back(programs::name_of(process));
  left_behind_ =
      fmt::format("{} left {} running: {}", name_,
                  left.size() == 1 ? "a process" : fmt::format("{} processes", left.size()),
                  fmt::join(names, ", "));
}

void ProgramParticipant::set_window(const measure::WindowSpan& window) {
  if (!window_) {
    window_ = window;
    tell(order::Go{window});
  } else {
    tell(order::WindowEnd{*window.end_ns});
  }
}

void ProgramParticipant::fill(workloads::SideRecord& record) {
  if (record_.records) record_.recording = read_recording();
  if (is_client() && !record_.recording) {
    throw StrategyError(
        fmt::format("{}: its record says neither how many \"records\" it has written to "
                    "descriptor {}, nor has it a recording",
                    name_, kRequestsFd));
  }
  record = std::move(record_);
}

measure::Recording ProgramParticipant::read_recording() {
  const auto tasks = workloads::find_workload(job_.workload)->in_flight(job_.work.parameters);
  measure::WindowSpan window = *window_;
  if (!window.end_ns) window.end_ns = window_end_ns_;
  try {
    const auto requests = measure::read_requests(
        descriptors_.requests.get(),
        {.count = *record_.records, .tasks = tasks, .earliest = started_, .latest = recorded_});
    return measure::recording_of(requests, {.window = window,
                                            .window_expected = job_.window_expected,
                                            .stopped_between_turns = !takes_turns_});
  } catch (const measure::RequestFileError& error) {
    throw StrategyError(fmt::format("{}: {}", name_, error.what()));
  }
}

}  // namespace asyncbench::run
