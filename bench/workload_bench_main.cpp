// The main of every workload's benchmark: the build says which workload.
#include "strategies/registry.hpp"
#include "workload_bench.hpp"

int main(int argc, char** argv) {
  return asyncbench::workload_bench_main(argc, argv, ASYNCBENCH_WORKLOAD,
                                         asyncbench::make_registry());
}
