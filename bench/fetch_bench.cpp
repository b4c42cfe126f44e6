#include "strategies/registry.hpp"
#include "workload_bench.hpp"

int main(int argc, char** argv) {
  return asyncbench::workload_bench_main(argc, argv, "fetch", asyncbench::make_registry());
}
