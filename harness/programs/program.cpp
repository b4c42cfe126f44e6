#include "programs/program.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "measure/request_file.hpp"
#include "programs/program_build.hpp"
#include "programs/program_process.hpp"
#include "workloads/all_workloads.hpp"
#include "workloads/http_client.hpp"
#include "workloads/http_sides.hpp"
#include "workloads/values.hpp"

namespace asyncbench::programs {
namespace {

using workloads::Role;
using workloads::UsageError;

ProgramFile file_of(const ProgramSpec& spec) {
  if (spec.participant) return participant_of_command(spec.name, spec.command);
  ProgramFile file =
      spec.file.empty() ? program_of_command(spec.command, spec.target) : read_program(spec.file);
  if (!spec.name.empty()) file.name = spec.name;
  return file;
}

StrategyInfo info_of(const ProgramFile& file) {
  StrategyInfo info;
  info.name = file.name;
  info.summary = file.summary.empty() ? "a program of the user's" : file.summary;
  info.library = !file.library.empty()    ? file.library
                 : !file.language.empty() ? file.language
                                          : "a program";
  info.waits = "its own way";
  info.family = !file.family.empty()     ? file.family
                : !file.language.empty() ? file.language
                                         : "programs";
  info.event_loop = false;
  info.in_all = false;
  return info;
}

// Whether it is the server of the work, which is started and asked.
bool serves(const ProgramFile& file, Role role, std::string_view workload) {
  return !file.command.empty() && role == Role::server &&
         (workload == "serve" || workload == "fetch");
}

std::string what_it_plays(const ProgramFile& file) {
  if (!file.workloads.empty()) {
    return fmt::format("{} takes part in {} alone, by its program file", file.name,
                       fmt::join(file.workloads, ", "));
  }
  return "a program takes part as the server of serve, and as the peer of fetch; in another role "
         "one that speaks the participant protocol (participant = in its file)";
}

// What the server's target leaves open can vary, nothing else.
Support answers(const ProgramFile& file, const workloads::Parameters& parameters) {
  const bool is_asked_before = file.ready == Ready::answers || file.warmup_requests > 0;
  if (parameters.is_on("tls") && is_asked_before) {
    return Support::no(
        fmt::format("what {} is asked before its clients come is plain HTTP; with --tls on, leave "
                    "warmup_requests and ready = \"answers\" out of its file",
                    file.name));
  }
  const bool burns = parameters.duration("cpu_burn") != Duration{0};
  if (file.target.empty()) {
    if (!burns) return Support::yes();
    return Support::no(file.name +
                       " is told of no cpu_burn; give it a target that names {cpu_burn_ns}");
  }
  const std::vector<std::string> named = placeholders_of(file.target);
  const auto has = [&](std::string_view start) {
    return std::ranges::any_of(named,
                               [&](const std::string& name) { return name.starts_with(start); });
  };
  const auto fixed = [&](std::string_view name) {
    return Support::no(fmt::format("{} answers {} whatever {} is; name {{{}}} in its target",
                                   file.name, file.target, name, name));
  };
  if (!has("body_bytes") && parameters.number("body_bytes") != 12) return fixed("body_bytes");
  if (!has("server_delay") && parameters.delay("server_delay").mean != Duration{0}) {
    return fixed("server_delay_ms");
  }
  if (burns && !has("cpu_burn")) return fixed("cpu_burn_ns");
  return Support::yes();
}

// Its requests are recorded with begin and end alone, and a task's number has 16 bits.
Support can_record(const ProgramFile& file, Role role, std::string_view workload,
                   const workloads::Parameters& parameters) {
  if (role != Role::client) return Support::yes();
  if (parameters.has("arrivals") && parameters.arrivals("arrivals").open_loop()) {
    return Support::no(
        fmt::format("{} is a program: as a client it takes part in closed loops alone", file.name));
  }
  const std::uint64_t tasks = workloads::find_workload(workload)->in_flight(parameters);
  if (tasks <= measure::kMostEntryTasks) return Support::yes();
  return Support::no(
      fmt::format("{} is a program: the records of its requests tell {} tasks apart, "
                  "and there are {}",
                  file.name, measure::kMostEntryTasks, tasks));
}

class ProgramSide final : public workloads::Side {
 public:
  ProgramSide(workloads::Address address, WarmUp warmed)
      : address_(std::move(address)), warmed_(std::move(warmed)) {}

  std::optional<workloads::Address> address() const override { return address_; }
  void prepare(Job& /*job*/) override {}
  void set_window(const measure::WindowSpan& /*window*/) override {}
  void fill(workloads::SideRecord& record) override {
    if (warmed_.answered == 0) return;
    record.figures["warmup_requests"] = static_cast<double>(warmed_.answered);
    record.figures["warmup_requests_ns"] = static_cast<double>(warmed_.time.count());
  }

 private:
  workloads::Address address_;
  WarmUp warmed_;
};

// What clients of this work ask for, at once: delays and burning would only make it longer.
http::Request quick_request(const workloads::Work& work, const workloads::Address& address) {
  workloads::HttpParameters asked = workloads::http_parameters(work);
  asked.server_delay = {};
  asked.cpu_burn = Duration{0};
  return workloads::program_targets(asked, address).front().request;
}

}  // namespace

std::string ProgramSpec::text() const {
  nlohmann::ordered_json fields{
      {"name", name}, {"file", file}, {"command", command}, {"target", target}};
  if (participant) fields["participant"] = true;
  return fields.dump();
}

ProgramSpec ProgramSpec::from(const std::string& text) {
  try {
    const auto json = nlohmann::json::parse(text);
    return {.name = json.at("name"),
            .file = json.at("file"),
            .command = json.at("command"),
            .target = json.at("target"),
            .participant = json.value("participant", false)};
  } catch (const nlohmann::json::exception& error) {
    throw UsageError(fmt::format("program {}: {}", text, error.what()));
  }
}

Program::Program(const ProgramSpec& spec) : Program(file_of(spec)) {}
Program::Program(ProgramFile file) : file_(std::move(file)), info_(info_of(file_)) {}
Program::~Program() = default;

Support Program::host_support() const {
  std::call_once(looked_, [this] {
    const Runtime& runtime = file_.runtime;
    if (!runtime.check.empty() && run_shell(file_, runtime.check).exit_code != 0) {
      support_ =
          Support::no(runtime.package.empty()
                          ? fmt::format("{}: `{}` fails here", file_.name, runtime.check)
                          : fmt::format("{} is missing; install {}", file_.name, runtime.package));
    } else if (!runtime.version.empty()) {
      const std::string said = run_shell(file_, runtime.version).output;
      info_.library += ' ' + said.substr(0, said.find('\n'));
    }
  });
  return support_;
}

bool Program::takes_part(Role role, std::string_view workload) const {
  if (file_.participant.empty() || role == Role::upstream || serves(file_, role, workload)) {
    return false;
  }
  return file_.workloads.empty() ||
         std::ranges::find(file_.workloads, workload) != file_.workloads.end();
}

Support Program::plays(Role role, std::string_view workload,
                       const workloads::Parameters& parameters) const {
  if (takes_part(role, workload)) {
    const Support support = can_record(file_, role, workload, parameters);
    return support ? host_support() : support;
  }
  if (!serves(file_, role, workload)) return Support::no(what_it_plays(file_));
  const Support support = answers(file_, parameters);
  return support ? host_support() : support;
}

std::string_view Program::kind() const {
  if (file_.participant.empty()) return "server";
  return file_.command.empty() ? "client" : "server and client";
}

void Program::prepare() const { build(file_); }

std::unique_ptr<workloads::Side> Program::start(const workloads::Work& work, unsigned threads) {
  process_ = std::make_unique<ProgramProcess>(file_, threads);
  const workloads::Address address = process_->address();
  WarmUp warmed;
  if (file_.warmup_requests > 0) warmed = process_->warm_up(quick_request(work, address));
  return std::make_unique<ProgramSide>(address, warmed);
}

void Program::run(Job& job) {
  const std::unique_ptr<ProgramProcess> process = std::move(process_);
  if (!process) throw StrategyError(file_.name + " is a program: it performs no operations");
  process->serve(job.stop);
}

Program* as_program(Strategy* strategy) { return dynamic_cast<Program*>(strategy); }
const Program* as_program(const Strategy* strategy) {
  return dynamic_cast<const Program*>(strategy);
}

void load_program(const std::string& text, Registry& registry) {
  const ProgramSpec spec = ProgramSpec::from(text);
  auto program = std::make_unique<Program>(spec);
  const std::string& name = program->info().name;
  if (registry.find(name) != nullptr) {
    throw UsageError(
        fmt::format("there is a strategy {} already; give the program another name, "
                    "with name = in its file",
                    name));
  }
  std::vector<std::unique_ptr<Strategy>> strategies;
  strategies.push_back(std::move(program));
  registry.add_plugin(text, std::move(strategies));
}

}  // namespace asyncbench::programs
