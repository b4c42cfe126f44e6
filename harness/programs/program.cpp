#include "programs/program.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "programs/program_process.hpp"
#include "workloads/values.hpp"

namespace asyncbench::programs {
namespace {

using workloads::Role;
using workloads::UsageError;

ProgramFile file_of(const ProgramSpec& spec) {
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

class ProgramSide final : public workloads::Side {
 public:
  explicit ProgramSide(workloads::Address address) : address_(std::move(address)) {}

  std::optional<workloads::Address> address() const override { return address_; }
  void prepare(Job& /*job*/) override {}
  void set_window(const measure::WindowSpan& /*window*/) override {}
  void fill(workloads::SideRecord& /*record*/) override {}

 private:
  workloads::Address address_;
};

}  // namespace

std::string ProgramSpec::text() const {
  return nlohmann::ordered_json{
      {"name", name}, {"file", file}, {"command", command}, {"target", target}}
      .dump();
}

ProgramSpec ProgramSpec::from(const std::string& text) {
  try {
    const auto json = nlohmann::json::parse(text);
    return {.name = json.at("name"),
            .file = json.at("file"),
            .command = json.at("command"),
            .target = json.at("target")};
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

Support Program::plays(Role role, std::string_view workload,
                       const workloads::Parameters& parameters) const {
  if (role != Role::server || (workload != "serve" && workload != "fetch")) {
    return Support::no("a program takes part as the server of serve, and as the peer of fetch");
  }
  const bool burns = parameters.duration("cpu_burn") != Duration{0};
  if (!file_.target.empty()) {
    const std::vector<std::string> named = placeholders_of(file_.target);
    const auto has = [&](std::string_view start) {
      return std::ranges::any_of(named,
                                 [&](const std::string& name) { return name.starts_with(start); });
    };
    const auto fixed = [&](std::string_view name) {
      return Support::no(fmt::format("{} answers {} whatever {} is; name {{{}}} in its target",
                                     file_.name, file_.target, name, name));
    };
    if (!has("body_bytes") && parameters.number("body_bytes") != 12) return fixed("body_bytes");
    if (!has("server_delay") && parameters.delay("server_delay").mean != Duration{0}) {
      return fixed("server_delay_ms");
    }
    if (!has("cpu_burn") && burns) return fixed("cpu_burn_ns");
  } else if (burns) {
    return Support::no(file_.name +
                       " is told of no cpu_burn; give it a target that names {cpu_burn_ns}");
  }
  return host_support();
}

void Program::prepare() const { build(file_); }

std::unique_ptr<workloads::Side> Program::start(unsigned threads) {
  process_ = std::make_unique<ProgramProcess>(file_, threads);
  return std::make_unique<ProgramSide>(
      workloads::Address{.port = process_->port(), .path = "", .target = file_.target});
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
