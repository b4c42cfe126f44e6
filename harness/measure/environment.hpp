// The machine, the kernel and the build that a result was made with.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "measure/readings.hpp"

namespace asyncbench::measure {

// One value, or null with a reason in Environment::unreadable.
using Fact =
    std::variant<std::monostate, std::int64_t, std::string, bool, std::vector<std::string>>;

struct Environment {
  // kernel, machine, cpu, cpus, cpus_allowed, smt, hypervisor,
  // memory_bytes, clock_source, governor, mitigations, compiler, compiler_flags, build_type,
  // optimized, git_commit; in this order.
  std::vector<std::pair<std::string, Fact>> facts;
  std::map<std::string, std::string> libraries;  // that the harness itself uses -> version
  Unreadable unreadable;
};

// Reads some files of /proc and /sys; takes about 1 ms. It throws only std::bad_alloc.
Environment read_environment();

// The facts of the build alone, with the libraries: reads no file.
Environment read_build_environment();

}  // namespace asyncbench::measure
