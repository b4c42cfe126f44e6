// What a plugin is: a shared library with strategies, built outside of this project and loaded with
// --plugin. docs/writing-a-strategy.md shows how to make one.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/strategy.hpp"

namespace asyncbench {

// Raised by every change of what passes between a strategy and the program: the classes and
// functions of core/ and http/. Sizes alone do not show a member that changed its place or meaning.
inline constexpr std::uint32_t kPluginAbi = 6;

// Objects of C++ pass between both sides, and a comparison is fair only among strategies that the
// same compiler has built.
#if defined(__clang__)
inline constexpr const char* kPluginCompiler = "clang " __clang_version__;
#else
inline constexpr const char* kPluginCompiler = "g++ " __VERSION__;
#endif

// Tells headers and libraries of another version or configuration, which the number above cannot.
struct PluginSizes {
  std::uint32_t op = sizeof(Op);
  std::uint32_t completion = sizeof(Completion);
  std::uint32_t task = sizeof(Task);
  std::uint32_t job = sizeof(Job);
  std::uint32_t lane_report = sizeof(LaneReport);
  std::uint32_t strategy_info = sizeof(StrategyInfo);

  bool operator==(const PluginSizes&) const = default;
};

// What a plugin says of itself. All but `make` is filled in by these defaults, as the plugin's
// compiler sees them.
struct Plugin {
  std::uint32_t abi = kPluginAbi;  // first for ever: what follows depends on it
  const char* compiler = kPluginCompiler;
  PluginSizes sizes{};
  // Its strategies, one at least, in the order in which tables show them.
  std::vector<std::unique_ptr<Strategy>> (*make)() = nullptr;
};

}  // namespace asyncbench

// The one function that a plugin defines. What it returns lives as long as the program.
extern "C" __attribute__((visibility("default"))) const asyncbench::Plugin* asyncbench_plugin();
