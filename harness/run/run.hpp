// The run part's public face: options -> make_plan() -> run() or resume().
#pragma once

#include "run/options.hpp"      // IWYU pragma: export
#include "run/participant.hpp"  // IWYU pragma: export
#include "run/plan.hpp"         // IWYU pragma: export
#include "run/runner.hpp"       // IWYU pragma: export
#include "run/settings.hpp"     // IWYU pragma: export
