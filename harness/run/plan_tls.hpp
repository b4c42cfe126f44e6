// What a plan says of TLS.
#pragma once

#include <optional>
#include <vector>

#include "run/options.hpp"
#include "run/settings.hpp"
#include "workloads/workload.hpp"

namespace asyncbench::run {

// What says how TLS is spoken must mean something to some cell of the run, and certificates must be
// there. `given` is what flags say. Throws UsageError.
void check_tls(const Settings& settings, const ParameterLists& given,
               const std::vector<SuiteEntry>& entries);

// Whose certificates count; empty: as the system does.
std::optional<workloads::Trust> trust_of(const Settings& settings);

}  // namespace asyncbench::run
