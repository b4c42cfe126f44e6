// How often the rule of analyze/decision.hpp errs, and how many blocks it takes, found by running
// it on invented blocks: for its test, and for the table of decision_simulation.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

#include "analyze/decision.hpp"

namespace asyncbench::analyze {

// The distribution of a block's log ratio about the true one: mean 0, standard deviation 1.
enum class Noise : std::uint8_t {
  normal,
  student_3,     // heavy tails: Student's t with 3 degrees of freedom
  outliers,      // one block in ten spreads five times as much
  two_modes,     // a process lives in one of two regimes, at even odds
  skewed,        // gamma with shape 4 (skewness 1)
  exponential,   // skewness 2
  uneven_modes,  // two regimes at 3 : 7, so that most blocks lie below the mean
};
inline constexpr std::array kNoises = {Noise::normal,      Noise::student_3, Noise::outliers,
                                       Noise::two_modes,   Noise::skewed,    Noise::exponential,
                                       Noise::uneven_modes};

inline std::string_view name_of(Noise noise) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "normal", "Student t, 3", "outliers", "two modes", "skewed", "exponential", "uneven modes"};
  return kNames[static_cast<std::size_t>(noise)];
}

// What many runs of one contrast come to, as shares.
struct DecisionRates {
  double different = 0;  // better or worse, slightly or not
  double wrong_way = 0;  // of these, the ones in the other direction than the true difference
  double alike = 0;
  double undecided = 0;  // after the last look
  double mean_blocks = 0;
};

class DecisionSimulation {
 public:
  explicit DecisionSimulation(int repetitions, std::uint64_t seed = 14)
      : repetitions_(repetitions), random_(seed) {}

  // Runs that look after each of kLooks and end with a decision. The other is worse by the share
  // `effect`; `deviation` is that of a block's log ratio.
  DecisionRates rates_of(double effect, double deviation, Noise noise = Noise::normal,
                         const DecisionRule& rule = {}) {
    DecisionRates rates;
    for (int i = 0; i < repetitions_; ++i) {
      std::vector<double> blocks;
      Judgement judgement;
      for (const std::size_t look : kLooks) {
        while (blocks.size() < look) {
          blocks.push_back(std::log1p(effect) + deviation * draw(noise));
        }
        judgement = decide(blocks, rule);
        if (is_decided(judgement.decision)) break;
      }
      rates.different += is_different(judgement.decision);
      rates.wrong_way += effect > 0 && is_better(judgement.decision);
      rates.alike += judgement.decision == Decision::alike;
      rates.undecided += judgement.decision == Decision::undecided;
      rates.mean_blocks += static_cast<double>(judgement.blocks);
    }
    for (double* rate :
         {&rates.different, &rates.wrong_way, &rates.alike, &rates.undecided, &rates.mean_blocks}) {
      *rate /= repetitions_;
    }
    return rates;
  }

 private:
  double draw(Noise noise) {
    switch (noise) {
      case Noise::normal:
        return normal_(random_);
      case Noise::student_3:
        return std::student_t_distribution<double>(3)(random_) / std::sqrt(3.0);
      case Noise::outliers:
        return normal_(random_) * (chance(0.1) ? 5 : 1) / std::sqrt(0.9 + 0.1 * 25);
      case Noise::two_modes:
        return modes(0.5);
      case Noise::skewed:
        return (std::gamma_distribution<double>(4)(random_) - 4) / 2;
      case Noise::exponential:
        return std::exponential_distribution<double>(1)(random_) - 1;
      case Noise::uneven_modes:
        return modes(0.3);
    }
    return 0;
  }

  // The upper mode with that share, each with a spread of its own.
  double modes(double share) {
    constexpr double kSpread = 0.25;
    const double upper = std::sqrt((1 - share) / share);
    return ((chance(share) ? upper : -1 / upper) + kSpread * normal_(random_)) /
           std::hypot(1.0, kSpread);
  }

  bool chance(double share) { return std::bernoulli_distribution(share)(random_); }

  int repetitions_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
};

}  // namespace asyncbench::analyze
