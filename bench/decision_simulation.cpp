// Prints the error rates of decisions and the blocks that they take:
//   build/bench/decision_simulation [REPETITIONS]
#include "bench/decision_simulation.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace asyncbench::analyze {
namespace {

void print_row(std::string_view noise, double deviation, double effect,
               const DecisionRates& rates) {
  fmt::print("{:<13} {:>6.1f} % {:>+8.0f} % {:>11.4f} {:>11.4f} {:>8.4f} {:>11.4f} {:>8.1f}\n",
             noise, 100 * deviation, 100 * effect, rates.different, rates.wrong_way, rates.alike,
             rates.undecided, rates.mean_blocks);
}

void print_table(int repetitions) {
  fmt::print("{:<13} {:>8} {:>10} {:>11} {:>11} {:>8} {:>11} {:>8}\n", "noise", "SD", "true",
             "different", "wrong way", "alike", "undecided", "blocks");
  for (const double deviation : {0.01, 0.015, 0.03, 0.1}) {
    for (const double effect : {0.0, 0.01, 0.02, 0.03, 0.05}) {
      DecisionSimulation simulation(repetitions);
      print_row(name_of(Noise::normal), deviation, effect, simulation.rates_of(effect, deviation));
    }
  }
  for (const Noise noise : kNoises) {
    if (noise == Noise::normal) continue;
    for (const double effect : {0.0, 0.03}) {
      DecisionSimulation simulation(repetitions);
      print_row(name_of(noise), 0.015, effect, simulation.rates_of(effect, 0.015, noise));
    }
  }
}

}  // namespace
}  // namespace asyncbench::analyze

int main(int argc, char** argv) {
  const int repetitions = argc > 1 ? std::atoi(argv[1]) : 10'000;
  if (repetitions < 1 || argc > 2) {
    std::fputs("usage: decision_simulation [REPETITIONS]\n", stderr);
    return 2;
  }
  asyncbench::analyze::print_table(repetitions);
}
