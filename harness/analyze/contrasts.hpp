// How contrasts are made and concluded: what comparisons within and between results share.
#pragma once

#include <string>
#include <vector>

#include "analyze/comparison.hpp"
#include "analyze/summary.hpp"

namespace asyncbench::analyze {

// What contrasts are judged by.
struct Footing {
  DecisionRule rule;
  double block_seconds = 0;  // how long one more block of the group takes; 0: not known
};

Contrast contrast_of(const CellFigures& reference, const CellFigures& other, FigureName figure,
                     const Footing& footing);

// Of log ratios by block that were made by other means, in the worse direction. `lacking` says why,
// where there are none.
Contrast contrast_of(const BlockRatios& ratios, FigureName figure, const Footing& footing,
                     std::string lacking = "no such figure in both");

// Says why what is undecided is, and what deciding it would take.
void explain(Contrast& contrast, const Footing& footing);

// Counts the contrasts' questions together (decide_together()), and explains them.
void conclude(const std::vector<Contrast*>& contrasts, const Footing& footing);

// Those of a group's families and strategies with its reference.
std::vector<Contrast*> contrasts_with_reference(GroupComparison& group);

// Whether a reference's twin differs from it by more than chance, so that its contrasts mean
// nothing.
bool twin_differs(const Judgement& noise);

// Takes back whatever was decided.
void invalidate(Contrast& contrast, const std::string& why);

// The note on a group in which some strategy did not achieve the offered load.
void note_overload(GroupComparison& comparison, const Group& group);

}  // namespace asyncbench::analyze
