// HTTP over TLS under every strategy: what succeeds, and what becomes of bad certificates, peers
// that do not agree, and ends that nobody announced.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http_pair.hpp"
#include "strategies/registry.hpp"
#include "tls_server.hpp"

namespace asyncbench::test {
namespace {

constexpr Duration kAmpleTime = std::chrono::seconds(20);
constexpr Duration kShortTime = std::chrono::milliseconds(300);

class Tls : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    strategy_ = registry_.find(GetParam());
    peer_ = registry_.find("thread_per_connection");
    Support support = strategy_->host_support();
    if (!support) GTEST_SKIP() << support.reason;
  }

  // Of a request that is answered so by a server that ends its connections so.
  measure::Recording fetch(const std::string& reply, TlsServer::End end, Duration deadline) {
    const TlsServer server(reply, end);
    http::TlsSettings settings;
    settings.certificate = server.certificate();
    return run_client(*strategy_,
                      loopback_targets(server.port(), "/bytes/12", http::Method::get, false,
                                       std::make_shared<const http::TlsSettings>(settings)),
                      {.requests = 2, .deadline = deadline, .keep_alive = false});
  }

  Registry registry_ = make_registry();
  Strategy* strategy_ = nullptr;
  Strategy* peer_ = nullptr;
};

std::string body_of(const std::string& path) {
  const auto bytes = http::body_slice(http::body_phase(path), 0, 12);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// ---- Clients

class TlsClient : public Tls {};

INSTANTIATE_TEST_SUITE_P(Strategies, TlsClient, testing::ValuesIn(client_strategies()),
                         [](const auto& param) { return test_name(param.param); });

TEST_P(TlsClient, FetchesByEachVersionInEveryFraming) {
  for (const auto version : {http::TlsVersion::v1_2, http::TlsVersion::v1_3}) {
    const auto tls = make_server_tls({.version = version});
    const RunningServer server(*peer_, {.tls = tls});
    for (const bool keep_alive : {true, false}) {
      for (const char* path : {"/bytes/0", "/bytes/12", "/bytes/300000", "/chunked/100000",
                               "/close/70000", "/delay/5ms/bytes/12"}) {
        SCOPED_TRACE(path);
        const auto recording = run_client(
            *strategy_,
            loopback_targets(server.port(), path, http::Method::get, keep_alive,
                             trusting(*tls, {.version = version})),
            {.connections = 2, .requests = 6, .deadline = kAmpleTime, .keep_alive = keep_alive});
        EXPECT_EQ(outcomes_of(recording), "ok: 6");
      }
    }
  }
}

TEST_P(TlsClient, ResumesTheSessionOfItsLastConnectionWhereItMay) {
  for (const auto version : {http::TlsVersion::v1_2, http::TlsVersion::v1_3}) {
    for (const bool resumption : {true, false}) {
      SCOPED_TRACE(version == http::TlsVersion::v1_2 ? "TLS 1.2" : "TLS 1.3");
      SCOPED_TRACE(resumption);
      const auto tls = make_server_tls({.version = version});
      const RunningServer server(*peer_, {.tls = tls});
      const auto recording = run_client(
          *strategy_,
          loopback_targets(server.port(), "/", http::Method::get, false,
                           trusting(*tls, {.version = version, .resumption = resumption})),
          {.requests = 5, .deadline = kAmpleTime, .keep_alive = false});
      EXPECT_EQ(outcomes_of(recording), "ok: 5");
      EXPECT_EQ(tls->resumed(), resumption ? 4U : 0U);
    }
  }
}

TEST_P(TlsClient, GetsNoSessionFromAServerThatGrantsNone) {
  const auto tls = make_server_tls({.resumption = false});
  const RunningServer server(*peer_, {.tls = tls});
  const auto recording = run_client(
      *strategy_, loopback_targets(server.port(), "/", http::Method::get, false, trusting(*tls)),
      {.requests = 3, .deadline = kAmpleTime, .keep_alive = false});
  EXPECT_EQ(outcomes_of(recording), "ok: 3");
  EXPECT_EQ(tls->resumed(), 0U);
}

TEST_P(TlsClient, TellsWhatIsWrongWithACertificate) {
  using namespace std::chrono_literals;
  const struct {
    const char* what;
    workloads::tls::CertificateTerms terms;
    bool is_trusted;
    Outcome outcome;
  } cases[] = {
      {"has expired", {.valid_from = -48h, .valid_until = -24h}, true, Outcome::tls_expired},
      {"is not valid yet", {.valid_from = 24h}, true, Outcome::tls_expired},
      {"is self-signed", {}, false, Outcome::tls_untrusted},
      {"is for another name", {.names = "DNS:elsewhere.example"}, true, Outcome::tls_wrong_host},
      {"is for another address", {.names = "IP:127.9.9.9"}, true, Outcome::tls_wrong_host},
  };
  for (const auto& [what, terms, is_trusted, outcome] : cases) {
    SCOPED_TRACE(what);
    const auto tls = make_server_tls({.certificate = terms});
    const auto other = make_server_tls();
    const RunningServer server(*peer_, {.tls = tls});
    const auto ask = [&](const TlsSettings& settings) {
      return run_client(*strategy_,
                        loopback_targets(server.port(), "/", http::Method::get, true, settings),
                        {.deadline = kAmpleTime});
    };
    expect_only(ask(trusting(is_trusted ? *tls : *other)), {outcome});
    http::TlsSettings anything;
    anything.verifies = false;
    expect_only(ask(std::make_shared<const http::TlsSettings>(anything)), {Outcome::ok});
  }
}

TEST_P(TlsClient, CallsAPeerThatDoesNotAgreeAHandshakeThatFailed) {
  const auto older = make_server_tls({.version = http::TlsVersion::v1_2});
  {
    const RunningServer server(*peer_, {.tls = older});
    expect_only(run_client(*strategy_,
                           loopback_targets(server.port(), "/", http::Method::get, true,
                                            trusting(*older, {.version = http::TlsVersion::v1_3})),
                           {.deadline = kAmpleTime}),
                {Outcome::tls_handshake});
  }
  const RunningServer plain(*peer_, {});
  expect_only(run_client(*strategy_,
                         loopback_targets(plain.port(), "/", http::Method::get, true,
                                          trusting(*older, {.version = http::TlsVersion::v1_2})),
                         {.deadline = kAmpleTime}),
              {Outcome::tls_handshake});
}

TEST_P(TlsClient, TellsAnEndThatNobodyAnnounced) {
  const std::string body = body_of("/bytes/12");
  const std::string head = "HTTP/1.1 200 OK\r\n";
  const std::string whole = head + "Content-Length: 12\r\n\r\n" + body;
  using End = TlsServer::End;
  const bool is_curl = brings_own_http(*strategy_);  // it does not tell whether there was one
  // Where the connection's end is the body's, only close_notify says that all has come.
  expect_only(fetch(head + "\r\n" + body, End::close_notify, kAmpleTime), {Outcome::ok});
  expect_only(fetch(head + "\r\n" + body, End::without_notice, kAmpleTime),
              {is_curl ? Outcome::ok : Outcome::tls_truncated});
  expect_only(fetch(whole, End::without_notice, kAmpleTime), {Outcome::ok});
  expect_only(fetch(whole.substr(0, whole.size() - 1), End::without_notice, kAmpleTime),
              {is_curl ? Outcome::truncated : Outcome::tls_truncated});
  expect_only(fetch(whole.substr(0, whole.size() - 1), End::close_notify, kAmpleTime),
              {Outcome::truncated});
  expect_only(fetch("", End::without_notice, kAmpleTime), {Outcome::eof_before_response});
}

TEST_P(TlsClient, WaitsForAPeerThatFallsSilentUntilTheDeadline) {
  using End = TlsServer::End;
  expect_only(fetch("", End::no_handshake, kShortTime), {Outcome::connect_timeout});
  expect_only(fetch("", End::half_record, kShortTime), {Outcome::timeout_headers});
}

// ---- Servers

class TlsServing : public Tls {};

INSTANTIATE_TEST_SUITE_P(Strategies, TlsServing,
                         testing::ValuesIn(strategies_with_own(workloads::server_ops())),
                         [](const auto& param) { return test_name(param.param); });

TEST_P(TlsServing, AnswersByEachVersion) {
  for (const auto version : {http::TlsVersion::v1_2, http::TlsVersion::v1_3}) {
    const auto tls = make_server_tls({.version = version});
    const RunningServer server(*strategy_, {.tls = tls});
    for (const bool keep_alive : {true, false}) {
      for (const char* path : {"/bytes/12", "/bytes/3000000", "/close/70000", "/delay/5ms"}) {
        SCOPED_TRACE(path);
        const auto recording = run_client(
            *peer_,
            loopback_targets(server.port(), path, http::Method::get, keep_alive,
                             trusting(*tls, {.version = version})),
            {.connections = 4, .requests = 12, .deadline = kAmpleTime, .keep_alive = keep_alive});
        EXPECT_EQ(outcomes_of(recording), "ok: 12");
      }
    }
  }
}

TEST_P(TlsServing, RefusesWhoeverSpeaksNoTlsAndGoesOn) {
  const auto tls = make_server_tls();
  const RunningServer server(*strategy_, {.tls = tls});
  run_client(*peer_, loopback_targets(server.port(), "/"), {.deadline = kAmpleTime});
  const auto recording = run_client(
      *peer_, loopback_targets(server.port(), "/", http::Method::get, true, trusting(*tls)),
      {.deadline = kAmpleTime});
  EXPECT_EQ(outcomes_of(recording), "ok: 2");
  EXPECT_TRUE(eventually([&] { return server.open_connections() == 0; }));
}

}  // namespace
}  // namespace asyncbench::test
