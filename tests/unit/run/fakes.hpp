// Strategies that perform nothing, for tests of planning.
#pragma once

#include <memory>
#include <string>

#include "core/strategy.hpp"
#include "run/options.hpp"
#include "workloads/all_workloads.hpp"

namespace asyncbench::run {

class FakeStrategy : public Strategy {
 public:
  FakeStrategy(std::string name, bool in_all, bool serves) {
    info_.name = std::move(name);
    info_.operations = serves ? kAllButExchange : kAllButExchange - OpSet{OpKind::accept};
    info_.in_all = in_all;
  }
  FakeStrategy(std::string name, unsigned cpus_min) : FakeStrategy(std::move(name), false, true) {
    info_.cpus_min = cpus_min;
  }
  const StrategyInfo& info() const override { return info_; }
  void run(Job& /*job*/) override {}

 private:
  StrategyInfo info_;
};

inline Registry fakes() {
  Registry registry;
  registry.add(std::make_unique<FakeStrategy>("both", true, true));
  registry.add(std::make_unique<FakeStrategy>("other", true, true));
  registry.add(std::make_unique<FakeStrategy>("client_only", true, false));
  registry.add(std::make_unique<FakeStrategy>("null", false, true));
  return registry;
}

inline RunOptions options_for(std::string what) {
  RunOptions options;
  options.what = std::move(what);
  options.out = "r.json";
  return options;
}

// The lists that the texts say, for any workload that has the parameters.
inline ParameterLists lists_of(const std::map<std::string, std::string>& texts) {
  ParameterLists lists;
  for (const workloads::Workload* workload : workloads::all_workloads()) {
    for (const auto& [name, text] : texts) {
      const auto* info = workloads::find_parameter(workload->info().parameters, name);
      if (info != nullptr) lists[name] = workloads::parse_values(*info, text);
    }
  }
  return lists;
}

}  // namespace asyncbench::run
