// The asyncbench program: the only place where harness and strategies meet.
#include "cli/cli.hpp"
#include "strategies/registry.hpp"

int main(int argc, char** argv) {
  return asyncbench::main_program(argc, argv, asyncbench::make_registry());
}
