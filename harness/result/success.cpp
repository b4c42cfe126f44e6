#include "result/success.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace asyncbench::result {
namespace {

std::string remedy_for_status(std::int64_t status) {
  if (status >= 300 && status < 400) {
    return "redirects are not followed: give the URL that it leads to (curl -v)";
  }
  if (status == 401 || status == 403) return "the server wants a login: give a URL without one";
  if (status == 404) return "the server has no such path: check the URL (curl -v)";
  if (status == 405) return "the server does not take this method: GET, with --request-bytes POST";
  if (status >= 500) return "the server itself fails: look into its log";
  return "check what the server answers to this URL (curl -v)";
}

// Empty for an outcome that is not TLS's.
std::string remedy_for_tls(Outcome outcome) {
  switch (outcome) {
    case Outcome::tls_handshake:
      return "the server does not speak TLS there, or not this version (openssl s_client "
             "-connect says which; --tls-version asks for one)";
    case Outcome::tls_expired:
      return "the server's certificate is not valid today: renew it, or add --insecure";
    case Outcome::tls_untrusted:
      return "nobody who is trusted signed the server's certificate: add --ca FILE, or --insecure";
    case Outcome::tls_wrong_host:
      return "the server's certificate is for other names: use one of these in the URL, or add "
             "--insecure";
    case Outcome::tls_truncated:
      return "the server closes without close_notify, so that nobody knows whether all has come: "
             "let "
             "it send close_notify, or Content-Length";
    default:
      return "";
  }
}

}  // namespace

std::vector<FailureCount> failures_of(const Trial& trial) {
  if (trial.failures) return *trial.failures;
  std::vector<FailureCount> failures;
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    if (outcome == Outcome::ok || trial.outcomes[i] == 0) continue;
    failures.push_back(
        {.outcome = outcome, .status = std::nullopt, .target = "", .count = trial.outcomes[i]});
  }
  return failures;
}

std::string text_of(std::vector<FailureCount> failures, std::uint64_t ended) {
  constexpr std::size_t kShown = 3;
  std::ranges::stable_sort(failures, std::greater<>{}, &FailureCount::count);
  std::string text;
  for (std::size_t i = 0; i < std::min(kShown, failures.size()); ++i) {
    const FailureCount& failure = failures[i];
    text += fmt::format(
        "{}{}{}{}: {} of {}", i == 0 ? "" : "; ",
        failure.status ? std::to_string(*failure.status) : std::string(name_of(failure.outcome)),
        failure.target.empty() ? "" : " from ", failure.target, failure.count, ended);
  }
  if (failures.size() > kShown) {
    text += fmt::format("; and {} other kinds of failure", failures.size() - kShown);
  }
  return text;
}

std::string remedy_for(const std::vector<FailureCount>& failures) {
  const auto most = std::ranges::max_element(failures, {}, &FailureCount::count);
  if (most == failures.end()) return "";
  if (std::string remedy = remedy_for_tls(most->outcome); !remedy.empty()) return remedy;
  // The embedded origin's paths are not the user's doing.
  const bool is_url = most->target.starts_with("http://") || most->target.starts_with("https://");
  if (!is_url) return "";
  switch (most->outcome) {
    case Outcome::connect_refused:
      return "nobody listens there: start the server, or check host and port";
    case Outcome::http_status:
      return remedy_for_status(most->status.value_or(0));
    case Outcome::timeout_headers:
    case Outcome::timeout_body:
      return "the server is slower than the deadline: try curl -v, or give a longer --deadline";
    default:
      return "check that the server runs and answers this URL (curl -v)";
  }
}

void fail_without_success(Trial& trial) {
  if (!trial.valid || trial.outcome(Outcome::ok) > 0 || trial.ended() == 0) return;
  const std::vector<FailureCount> failures = failures_of(trial);
  const std::string seen = text_of(failures, trial.ended());
  const std::string remedy = remedy_for(failures);
  trial.valid = false;
  trial.status = TrialStatus::failed;
  trial.reason =
      fmt::format("every request failed: {}{}{}", seen, remedy.empty() ? "" : "; ", remedy);
  trial.notes.push_back({std::string(kNothingSucceeded), seen});
}

bool fail_without_success(Cell& cell) {
  const Trial* const failed = cell.latest_trial(only_failed);
  if (failed == nullptr || cell.status != CellStatus::measured) return false;
  const auto succeeded = [](const Trial* trial) { return trial->outcome(Outcome::ok) > 0; };
  if (std::ranges::any_of(cell.valid_trials(), succeeded)) return false;
  cell.status = CellStatus::failed;
  cell.reason = failed->reason;
  return true;
}

bool only_failed(const Trial& trial) {
  return std::ranges::find(trial.notes, kNothingSucceeded, &Note::code) != trial.notes.end();
}

}  // namespace asyncbench::result
