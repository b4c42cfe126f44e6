#include "run/plan_tls.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace asyncbench::run {
namespace {

bool uses_tls(const Settings& settings, const ParameterLists& given,
              const std::vector<SuiteEntry>& entries) {
  const auto is_on = [](const ParameterLists& lists) {
    const auto tls = lists.find("tls");
    return tls != lists.end() &&
           std::ranges::find(tls->second, workloads::ParameterValue(true)) != tls->second.end();
  };
  return is_on(given) ||
         std::ranges::any_of(settings.urls,
                             [](const std::string& url) { return url.starts_with("https://"); }) ||
         std::ranges::any_of(entries,
                             [&](const SuiteEntry& entry) { return is_on(entry.parameters); });
}

}  // namespace

void check_tls(const Settings& settings, const ParameterLists& given,
               const std::vector<SuiteEntry>& entries) {
  if (uses_tls(settings, given, entries)) {
    if (settings.insecure && !settings.ca.empty()) {
      throw UsageError("--insecure trusts any certificate; leave out --ca");
    }
    if (!settings.ca.empty() && ::access(settings.ca.c_str(), R_OK) != 0) {
      throw UsageError(fmt::format("--ca {}: {}; give a file of certificates in PEM", settings.ca,
                                   std::strerror(errno)));
    }
    return;
  }
  const auto refuse = [](std::string_view option) {
    throw UsageError(fmt::format(
        "{} is for TLS, and there is none; add --tls on, or give a https:// URL", option));
  };
  if (!settings.ca.empty()) refuse("--ca");
  if (settings.insecure) refuse("--insecure");
  if (given.contains("tls_version")) refuse("--tls-version");
  if (given.contains("tls_resumption")) refuse("--tls-resumption");
}

std::optional<workloads::Trust> trust_of(const Settings& settings) {
  if (settings.ca.empty() && !settings.insecure) return std::nullopt;
  return workloads::Trust{.ca_file = settings.ca, .verifies = !settings.insecure};
}

}  // namespace asyncbench::run
