// What parameters ask for in TLS, and both ends of it.
#pragma once

#include <memory>
#include <vector>

#include "core/task.hpp"
#include "workloads/http_fetch.hpp"
#include "workloads/tls/context.hpp"
#include "workloads/workload.hpp"

namespace asyncbench::workloads {

inline constexpr ParameterInfo kTlsInfo{.name = "tls",
                                        .kind = ValueKind::on_off,
                                        .otherwise = "off",
                                        .description = "encrypt the connections",
                                        .of_origin = true};
inline constexpr ParameterInfo kTlsVersionInfo{.name = "tls_version",
                                               .kind = ValueKind::choice,
                                               .otherwise = "any",
                                               .description = "of TLS; any: the higher of the two",
                                               .choices = "any|1.3|1.2",
                                               .only_with = "tls"};
inline constexpr ParameterInfo kTlsResumptionInfo{
    .name = "tls_resumption",
    .kind = ValueKind::on_off,
    .otherwise = "on",
    .description = "a new connection resumes the TLS session of the last one",
    .only_with = "tls"};

// The server's end; null: it is not to speak TLS. Throws std::runtime_error.
std::shared_ptr<const tls::ServerContext> server_tls(const Parameters& parameters,
                                                     tls::Protocol protocol = tls::Protocol::http);

// How a client speaks TLS to the server at `address`, or to those of the work's URLs by https;
// null: not at all.
std::shared_ptr<const http::TlsSettings> client_tls(const Work& work, const Address& address);

// A client's end, toward those of the targets that are asked by https; null: there are none. Both
// `targets` and `window` outlive it. Throws std::runtime_error.
std::unique_ptr<tls::ClientContext> client_context(const std::vector<HttpTarget>& targets,
                                                   const measure::Window& window);

// The task, within a TlsTask where there is a context, which outlives it.
std::unique_ptr<Task> secured(std::unique_ptr<Task> task, tls::ClientContext* context);
std::unique_ptr<Task> secured(std::unique_ptr<Task> task, const tls::ServerContext* context);

// Adds how long the client's handshakes took, as the series "handshake_time".
void put_handshakes(const tls::ClientContext* context, SideRecord& record);

}  // namespace asyncbench::workloads
