// The servers in other languages that asyncbench comes with, as program files.
#pragma once

#include <string_view>

#include "core/strategy.hpp"

namespace asyncbench::programs {

// The word that stands for all of them.
inline constexpr std::string_view kContenders = "contenders";

// Adds those of the folder strategies/contenders, or where that has been installed. Without the
// folder, there are none.
void add_contenders(Registry& registry);

// Whether the strategy is one of them.
bool is_contender(const Strategy& strategy);

}  // namespace asyncbench::programs
