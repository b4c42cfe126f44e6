// Open loop at shares of a capacity: cells whose rate follows from what others did.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "run/plan.hpp"

namespace asyncbench::run {

// Whether its arrivals are a share of a capacity. No plan has such a cell, but for its display.
bool is_at_share(const PlannedCell& cell);

// Notes in the plan's cells in closed loop the shares that such cells, which are otherwise the
// same, ask for. Throws UsageError: there is no such cell, or the command finds no capacity.
void note_shares(Plan& plan, const std::vector<PlannedCell>& at_shares, bool finds_capacity);

// The points of which cells are still to be measured in open loop (PlannedCell::open_loop): of
// each, those cells alone.
std::vector<Point> points_to_open(const Plan& plan);

// Adds these cells of one such point at each of their shares, with `at(share)` for their arrivals
// and as many blocks as the plan has, each with a count trial if others have one; and takes the
// shares from them. Without `at` the point is left out: the shares alone go.
void add_open_loop(Plan& plan, const Point& point,
                   const std::function<load::ArrivalSpec(double share)>& at);

// As add_open_loop() for all points, at arrivals that only name the share: what the run comes to.
Plan with_open_loop(const Plan& plan);

// What is still to be added, for the stored plan: "serve/connections:64/body_bytes:12 30% 60%;
// ...". Reading it throws UsageError.
std::string open_loop_text(const Plan& plan);
void read_open_loop(std::string_view text, Plan& plan);

}  // namespace asyncbench::run
