// A plugin with a workload that must be refused. The environment's ODDITY says what is wrong with
// it.
#include <array>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include "workloads/plugin.hpp"

namespace asyncbench::workloads {
namespace {

std::string_view oddity() {
  const char* const named = std::getenv("ODDITY");
  return named == nullptr ? "" : named;
}

constexpr ParameterInfo a_count(std::string_view name, std::string_view otherwise = "1") {
  return {.name = name,
          .kind = ValueKind::count,
          .otherwise = otherwise,
          .description = "how many of them"};
}

std::span<const ParameterInfo> parameters() {
  static constexpr std::array kTwice = {a_count("things"), a_count("things")};
  static constexpr std::array kNoDefault = {a_count("things", "")};
  static constexpr std::array kBadDefault = {a_count("things", "many")};
  static constexpr std::array kOption = {a_count("out")};
  static constexpr std::array kSetting = {a_count("duration")};
  static constexpr std::array kBuild = {a_count("build")};
  static constexpr std::array kOther = {a_count("message_bytes")};
  if (oddity() == "twice") return kTwice;
  if (oddity() == "no_default") return kNoDefault;
  if (oddity() == "bad_default") return kBadDefault;
  if (oddity() == "option") return kOption;
  if (oddity() == "setting") return kSetting;
  if (oddity() == "build") return kBuild;
  if (oddity() == "other") return kOther;
  return {};
}

std::string_view name() {
  if (oddity() == "clash") return "fetch";
  if (oddity() == "suite") return "quick";
  if (oddity() == "name") return "No Name";
  if (oddity() == "plugin") return "resp-ping";
  return "odd";
}

class Odd final : public Workload {
 public:
  const WorkloadInfo& info() const override { return info_; }
  Role subject(const Parameters&) const override { return Role::client; }
  std::vector<Role> roles(const Work&) const override {
    if (oddity() == "roles") return {Role::client, Role::server};
    return {Role::client};
  }
  Forms forms(Role, const Parameters&) const override { return {.operations = {OpKind::sleep}}; }
  std::uint64_t in_flight(const Parameters&) const override { return 1; }
  bool keeps_in_flight(const Parameters&) const override { return false; }
  std::uint64_t descriptors(const Parameters&) const override { return 0; }
  Duration patience(const Parameters&) const override { return Duration{1}; }
  std::optional<std::uint64_t> payload_bytes(const Parameters&) const override { return {}; }
  std::unique_ptr<Side> make_side(const SideSetup&) const override { return nullptr; }

 private:
  WorkloadInfo info_{.name = name(), .summary = "an odd one", .parameters = parameters()};
};

std::vector<std::unique_ptr<Workload>> make_workloads() {
  if (oddity() == "throws") throw std::runtime_error("no workload today");
  std::vector<std::unique_ptr<Workload>> workloads;
  if (oddity() != "none") workloads.push_back(std::make_unique<Odd>());
  return workloads;
}

PluginWorkloads describe() {
  PluginWorkloads plugin{.make = make_workloads};
  if (oddity() == "sizes") plugin.sizes.side_setup += 8;
  return plugin;
}

}  // namespace
}  // namespace asyncbench::workloads

const asyncbench::Plugin* asyncbench_plugin() {
  static const asyncbench::workloads::PluginWorkloads workloads = asyncbench::workloads::describe();
  static const asyncbench::Plugin plugin{.workloads = &workloads};
  return &plugin;
}
