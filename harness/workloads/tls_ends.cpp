#include "workloads/tls_ends.hpp"

#include <utility>

#include "workloads/tls/task.hpp"

namespace asyncbench::workloads {
namespace {

http::TlsVersion version_of(const Parameters& parameters) {
  const std::string version = parameters.text("tls_version");
  if (version == "1.2") return http::TlsVersion::v1_2;
  return version == "1.3" ? http::TlsVersion::v1_3 : http::TlsVersion::any;
}

}  // namespace

std::shared_ptr<const tls::ServerContext> server_tls(const Parameters& parameters,
                                                     tls::Protocol protocol) {
  if (!parameters.has("tls") || !parameters.is_on("tls")) return nullptr;
  return std::make_shared<tls::ServerContext>(
      tls::ServerContext::Options{.version = version_of(parameters),
                                  .resumption = parameters.is_on("tls_resumption"),
                                  .protocol = protocol});
}

std::shared_ptr<const http::TlsSettings> client_tls(const Work& work, const Address& address) {
  if (work.urls.empty() && !work.parameters.is_on("tls")) return nullptr;
  const Trust trust = work.trust.value_or(Trust{});
  return std::make_shared<http::TlsSettings>(
      http::TlsSettings{.version = version_of(work.parameters),
                        .resumption = work.parameters.is_on("tls_resumption"),
                        .verifies = trust.verifies,
                        .certificate = address.certificate.value_or(""),
                        .ca_file = trust.ca_file});
}

std::unique_ptr<tls::ClientContext> client_context(const std::vector<HttpTarget>& targets,
                                                   const measure::Window& window) {
  std::shared_ptr<const http::TlsSettings> settings;
  tls::ClientContext::Hosts hosts;
  for (const auto& [request, expectation, name] : targets) {
    if (!request.tls) continue;
    settings = request.tls;  // the same for all
    hosts.emplace(&request.to, request.url.host);
  }
  if (!settings) return nullptr;
  return std::make_unique<tls::ClientContext>(*settings, std::move(hosts), window);
}

std::unique_ptr<Task> secured(std::unique_ptr<Task> task, tls::ClientContext* context) {
  if (context == nullptr) return task;
  return std::make_unique<tls::TlsTask>(std::move(task), *context);
}

std::unique_ptr<Task> secured(std::unique_ptr<Task> task, const tls::ServerContext* context) {
  if (context == nullptr) return task;
  return std::make_unique<tls::TlsTask>(std::move(task), *context);
}

void put_handshakes(const tls::ClientContext* context, SideRecord& record) {
  if (context == nullptr) return;
  record.series.emplace("handshake_time", context->handshake_time().take());
}

}  // namespace asyncbench::workloads
