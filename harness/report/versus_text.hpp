// "Should I move?", for people: a line a condition, and the answer.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "analyze/versus.hpp"

namespace asyncbench::report {

// The other against the reference in every condition.
struct Versus {
  std::string reference;
  std::string other;
  analyze::DecisionRule rule;
  std::vector<analyze::Condition> conditions;
};

// One line a condition: the other's figures as multiples of the reference's, below 1 is less.
std::string versus_table(const Versus& versus, std::size_t width);

// One or two sentences: in which conditions the other is better, alike or worse in CPU per request,
// what it pays for that elsewhere, and what is open.
std::string versus_answer(const Versus& versus);

// The same as JSON: conditions with their contrasts, and the answer.
std::string versus_json(const Versus& versus);

}  // namespace asyncbench::report
