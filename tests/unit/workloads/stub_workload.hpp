// A workload that only says of itself what a test wants.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "workloads/workload.hpp"

namespace asyncbench::workloads {

struct Definition {
  std::string name = "stub";
  std::string summary = "nothing at all";
  std::vector<ParameterInfo> parameters = {};
  std::vector<Role> roles = {Role::server, Role::client};
  Role subject = Role::client;
  OpSet operations = {OpKind::begin, OpKind::receive};
  std::uint64_t in_flight = 1;
};

class StubWorkload final : public Workload {
 public:
  explicit StubWorkload(Definition definition) : definition_(std::move(definition)) {
    info_ = {.name = definition_.name,
             .summary = definition_.summary,
             .parameters = definition_.parameters};
  }

  const WorkloadInfo& info() const override { return info_; }
  Role subject(const Parameters& /*parameters*/) const override { return definition_.subject; }
  std::vector<Role> roles(const Work& /*work*/) const override { return definition_.roles; }
  Forms forms(Role /*role*/, const Parameters& /*parameters*/) const override {
    return {.operations = definition_.operations};
  }
  std::uint64_t in_flight(const Parameters& /*parameters*/) const override {
    return definition_.in_flight;
  }
  bool keeps_in_flight(const Parameters& /*parameters*/) const override { return false; }
  std::uint64_t descriptors(const Parameters& /*parameters*/) const override { return 0; }
  Duration patience(const Parameters& /*parameters*/) const override { return Duration{1}; }
  std::optional<std::uint64_t> payload_bytes(const Parameters& /*parameters*/) const override {
    return std::nullopt;
  }
  std::unique_ptr<Side> make_side(const SideSetup& /*setup*/) const override { return nullptr; }

 private:
  Definition definition_;
  WorkloadInfo info_;
};

inline ParameterInfo a_count(std::string_view name) {
  return {.name = name, .kind = ValueKind::count, .otherwise = "1", .description = "how many"};
}

}  // namespace asyncbench::workloads
