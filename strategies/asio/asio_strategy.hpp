// What the strategies of this folder have in common.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/strategy.hpp"
#include "stream.hpp"

namespace asyncbench::asio_loop {

// How one of them differs from the others.
struct Flavour {
  StrategyInfo info;  // name, summary, waits, files, and options beside those of all
  MakeStream make_stream;
  std::vector<std::string> granted;  // by the kernel, once a loop exists
  Support (*probe)();                // whether this host has what the backend needs
};

std::unique_ptr<Strategy> make_strategy(Flavour flavour);

// For StrategyInfo::library.
std::string library();

// Calls `run`. Whatever it throws leaves as StrategyError, with the strategy's name.
void run_explained(const std::string& name, const std::function<void()>& run);

}  // namespace asyncbench::asio_loop
