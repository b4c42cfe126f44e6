// What a program is asked before its clients do: whether it serves, and requests that warm it up.
#pragma once

#include <cstdint>
#include <string>

#include "core/endpoint.hpp"
#include "core/fd.hpp"
#include "core/time.hpp"
#include "http/request.hpp"

namespace asyncbench::programs {

// A blocking connection; empty where nobody listens.
Fd connected_to(const Endpoint& program);

// Whether a GET of the target is answered with a status of 2xx, within a second.
bool answers(const Endpoint& program, const std::string& target);

// How far a warm-up came.
struct WarmUp {
  std::uint64_t answered = 0;
  Duration time{0};
  std::string failure;  // an answer that was none, or not of 2xx; empty: there was none
};

// Sends the request `wanted` times, one after the other over one connection, or over a new one
// where the program has closed it. Ends early at `limit`, or with a failure.
WarmUp warm_up(const http::Request& request, std::uint64_t wanted, Time limit);

}  // namespace asyncbench::programs
