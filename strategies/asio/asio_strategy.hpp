// What the strategies of this folder have in common.
#pragma once

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

}  // namespace asyncbench::asio_loop
