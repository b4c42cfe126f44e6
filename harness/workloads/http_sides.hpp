// The sides that workloads over HTTP share: a load generator, and a server that answers by itself.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "workloads/http_client.hpp"
#include "workloads/workload.hpp"

namespace asyncbench::workloads {

inline constexpr ParameterInfo kBodyBytesInfo{.name = "body_bytes",
                                              .kind = ValueKind::size,
                                              .otherwise = "12",
                                              .description = "body of a response",
                                              .most = std::uint64_t{1} << 32};

inline constexpr ParameterInfo kServerDelayInfo{
    .name = "server_delay",
    .kind = ValueKind::delay,
    .otherwise = "0",
    .description = "before the server answers; exp:10ms: random",
    .of_origin = true};

// What a strategy must offer to play a role: the embedded origin, or its client in either form.
Forms http_forms(Role role);

// What clients of fetch and serve ask for.
HttpParameters http_parameters(const Work& work);

// The load generator. `canned_reply` is for strategies that send nothing.
std::unique_ptr<Side> make_http_client_side(ClientRun::Setup client, const SideSetup& setup,
                                            std::vector<std::byte> canned_reply = {});

// The embedded origin.
std::unique_ptr<Side> make_http_server_side(const SideSetup& setup);

}  // namespace asyncbench::workloads
