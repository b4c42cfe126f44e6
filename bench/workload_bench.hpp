// Workloads as Google Benchmarks: one for each strategy of the registry, one iteration a request.
#pragma once

#include <string>

#include "core/strategy.hpp"

namespace asyncbench {

// The main function of a binary for one workload ("fetch"). Returns the exit code.
int workload_bench_main(int argc, char** argv, const std::string& workload,
                        const Registry& registry);

}  // namespace asyncbench
