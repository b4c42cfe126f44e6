// Every fault that an origin can commit, under every strategy: the outcomes are the same, except
// for those that the faults list as libcurl's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "core/fd.hpp"
#include "http/faults.hpp"
#include "http_pair.hpp"
#include "strategies/registry.hpp"

namespace asyncbench::test {

namespace {

using measure::Phase;

// The client under test; all strategies get the same server.
class ClientTest {
 protected:
  void skip_unless_supported(const std::string& name) {
    client_ = registry_.find(name);
    server_ = registry_.find("thread_per_connection");
    Support support = can_perform(*client_, workloads::client_stream_ops());
    if (!support) support = can_perform(*client_, workloads::client_exchange_ops());
    if (!support) GTEST_SKIP() << support.reason;
  }

  Registry registry_ = make_registry();
  Strategy* client_ = nullptr;
  Strategy* server_ = nullptr;
};

void expect_sound(const measure::Recording& recording, const ClientOptions& options) {
  EXPECT_TRUE(recording.balances());
  EXPECT_EQ(recording.ended_in(Phase::window), options.requests) << outcomes_of(recording);
  EXPECT_LE(recording.in_flight_max, options.connections);
  EXPECT_EQ(recording.ended_in(Phase::warm_up) + recording.ended_in(Phase::window) +
                recording.ended_in(Phase::drain),
            recording.begun[0] + recording.begun[1] + recording.begun[2]);
}

bool is_timeout(Outcome outcome) {
  return outcome == Outcome::timeout_headers || outcome == Outcome::timeout_body;
}

// ---- The origin's scripts

struct FaultCase {
  const http::FaultScript* fault;
  std::string strategy;
  bool tls = false;
};

std::vector<FaultCase> fault_cases() {
  std::vector<FaultCase> cases;
  for (const http::FaultScript& fault : http::all_faults()) {
    for (const std::string& strategy : client_strategies()) cases.push_back({&fault, strategy});
    // A task's end of TLS is the same under every strategy.
    for (const char* const strategy : {"epoll", "thread_per_request", "curl_multi"}) {
      cases.push_back({&fault, strategy, true});
    }
  }
  return cases;
}

void PrintTo(const FaultCase& fault_case, std::ostream* out) {
  *out << fault_case.fault->summary << ", " << fault_case.strategy;
}

class Fault : public testing::TestWithParam<FaultCase>, protected ClientTest {
 protected:
  void SetUp() override { skip_unless_supported(GetParam().strategy); }
};

TEST_P(Fault, HasItsOutcomeUnderEveryStrategy) {
  const http::FaultScript& fault = *GetParam().fault;
  // Where libcurl is said to differ it does: otherwise it is no longer to be listed.
  const bool diverges = GetParam().strategy.starts_with("curl_") && !fault.curl_outcomes.empty();
  std::vector<Outcome> allowed = diverges ? fault.curl_outcomes : fault.outcomes;

  workloads::ServerOptions server_options;
  if (fault.before_request) server_options.fault = fault.id;
  if (GetParam().tls) server_options.tls = make_server_tls();
  const RunningServer server(*server_, server_options);
  // Only what has to wait for its deadline gets a short one: the machine may be busy.
  const bool waits = std::ranges::any_of(allowed, is_timeout);
  const ClientOptions options{.connections = 2,
                              .requests = fault.only_reused ? 6U : 2U,
                              .deadline = std::chrono::milliseconds(waits ? 400 : 5000)};
  const std::string path = fault.before_request ? "/" : "/fault/" + fault.id;
  const auto method = fault.head_method ? http::Method::head : http::Method::get;
  const measure::Recording recording =
      run_client(*client_,
                 loopback_targets(server.port(), path, method, true,
                                  GetParam().tls ? trusting(*server_options.tls) : nullptr),
                 options);

  if (fault.only_reused) allowed.push_back(Outcome::ok);
  expect_only(recording, allowed);
  expect_sound(recording, options);
}

INSTANTIATE_TEST_SUITE_P(Client, Fault, testing::ValuesIn(fault_cases()), [](const auto& param) {
  return test_name(param.param.fault->id + "_" + param.param.strategy +
                   (param.param.tls ? "_tls" : ""));
});

// ---- Faults that no script can commit, and what becomes of the connection

class Client : public testing::TestWithParam<std::string>, protected ClientTest {
 protected:
  void SetUp() override { skip_unless_supported(GetParam()); }

  // One connection at a time, so that the counts of requests and connections are exact.
  struct Counts {
    std::uint64_t connections;
    std::uint64_t attempts;
  };
  Counts run_one_by_one(const std::string& fault_id, unsigned requests) {
    const RunningServer server(*server_, {});
    const ClientOptions options{.requests = requests, .deadline = std::chrono::seconds(5)};
    const http::FaultScript& fault = *http::find_fault(fault_id);
    const measure::Recording recording =
        run_client(*client_,
                   loopback_targets(server.port(), "/fault/" + fault_id,
                                    fault.head_method ? http::Method::head : http::Method::get),
                   options);
    expect_only(recording, {Outcome::ok});
    expect_sound(recording, options);
    return {server.totals().connections, recording.attempts};
  }
};

INSTANTIATE_TEST_SUITE_P(Strategies, Client, testing::ValuesIn(client_strategies()),
                         [](const auto& param) { return test_name(param.param); });

// A bound socket keeps its port from others; `listens` with the shortest queue there is.
struct TakenPort {
  explicit TakenPort(bool listens) : socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const Endpoint any = Endpoint::loopback(0);
    EXPECT_EQ(::bind(socket.get(), any.address(), any.size()), 0) << std::strerror(errno);
    if (listens) {
      EXPECT_EQ(::listen(socket.get(), 0), 0) << std::strerror(errno);
    }
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = Endpoint(reinterpret_cast<const sockaddr*>(&address), size).port();
  }
  Fd socket;
  std::uint16_t port = 0;
};

// Runs `act` in a new network in which nothing can be reached. Returns false when that is not
// permitted.
template <class Act>
bool in_empty_network(Act act) {
  bool permitted = false;
  std::jthread([&] {
    permitted = ::unshare(CLONE_NEWNET) == 0;
    if (permitted) act();
  }).join();
  return permitted;
}

TEST_P(Client, S01ReportsAClosedPortAsConnectRefused) {
  const TakenPort closed(false);
  const ClientOptions options{.connections = 2, .requests = 4};
  const auto recording = run_client(*client_, loopback_targets(closed.port, "/"), options);
  expect_only(recording, {Outcome::connect_refused});
  expect_sound(recording, options);
}

TEST_P(Client, S02ReportsAnUnansweredSynAsConnectTimeout) {
  const TakenPort listener(true);
  // Fills the queue of connections, which are never accepted; loopback answers or drops a SYN at
  // once.
  std::array<Fd, 4> fill;
  for (Fd& fd : fill) {
    fd = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const Endpoint to = Endpoint::loopback(listener.port);
    ::connect(fd.get(), to.address(), to.size());
  }
  const ClientOptions options{.requests = 2, .deadline = std::chrono::milliseconds(300)};
  const Time begun = now();
  const auto recording = run_client(*client_, loopback_targets(listener.port, "/"), options);
  EXPECT_GE(now() - begun, 2 * options.deadline) << "deadlines are never early";
  expect_only(recording, {Outcome::connect_timeout});
  expect_sound(recording, options);
}

TEST_P(Client, S03ReportsAMissingRouteAsConnectUnreachable) {
  const ClientOptions options{.requests = 2};
  const bool permitted = in_empty_network([&] {
    const auto recording = run_client(*client_, loopback_targets(8080, "/"), options);
    expect_only(recording, {Outcome::connect_unreachable});
    expect_sound(recording, options);
  });
  if (!permitted) GTEST_SKIP() << "unshare(CLONE_NEWNET): " << std::strerror(errno);
}

TEST(ClientTargets, S43NameTheHostThatCannotBeResolved) {
  const bool permitted = in_empty_network([] {
    try {
      workloads::url_targets({"http://nosuch.invalid/"}, {}, {"nosuch.invalid"});
      ADD_FAILURE() << "resolved";
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("nosuch.invalid"));
    }
  });
  if (!permitted) GTEST_SKIP() << "unshare(CLONE_NEWNET) is not permitted";
}

TEST_P(Client, S36DoesNotReuseAConnectionOnWhichTooMuchCame) {
  for (const http::FaultScript& fault : http::all_faults()) {
    if (!fault.id.starts_with("S36")) continue;
    // libcurl drops what it received behind a head without a body, and keeps the connection.
    if (GetParam().starts_with("curl_") && fault.id != "S36-surplus") continue;
    SCOPED_TRACE(fault.id);
    EXPECT_EQ(run_one_by_one(fault.id, 4).connections, 4U);
  }
}

TEST_P(Client, S38RetriesOnceOnAFreshConnection) {
  for (const http::FaultScript& fault : http::all_faults()) {
    if (!fault.id.starts_with("S38")) continue;
    SCOPED_TRACE(fault.id);
    // The first request of each connection is answered well, so every later one takes two.
    const Counts counts = run_one_by_one(fault.id, 4);
    EXPECT_EQ(counts.attempts, 1U + 2 * 3);
    EXPECT_EQ(counts.connections, 4U);
  }
}

TEST_P(Client, ReusesAConnectionOnlyWhenItMay) {
  for (const bool keep_alive : {true, false}) {
    SCOPED_TRACE(keep_alive);
    const RunningServer server(*server_, {});
    const ClientOptions options{.requests = 5, .keep_alive = keep_alive};
    const auto recording = run_client(
        *client_, loopback_targets(server.port(), "/", http::Method::get, keep_alive), options);
    expect_only(recording, {Outcome::ok});
    expect_sound(recording, options);
    EXPECT_EQ(server.totals().connections, keep_alive ? 1U : 5U);
    EXPECT_EQ(recording.connect_time.count(), keep_alive ? 1U : 5U);
  }
}

TEST_P(Client, ReportsStatusesOfFailure) {
  const RunningServer server(*server_, {});
  for (const char* path : {"/status/302", "/status/404", "/status/429", "/status/503"}) {
    SCOPED_TRACE(path);
    const ClientOptions options{.requests = 3};
    const auto recording = run_client(*client_, loopback_targets(server.port(), path), options);
    expect_only(recording, {Outcome::http_status});
    expect_sound(recording, options);
  }
}

TEST_P(Client, VerifiesTheBodyInEveryFraming) {
  const RunningServer server(*server_, {});
  for (const char* path : {"/bytes/0", "/bytes/300000", "/chunked/100000", "/close/70000",
                           "/status/204", "/status/304"}) {
    SCOPED_TRACE(path);
    for (const auto method : {http::Method::get, http::Method::head}) {
      const ClientOptions options{.requests = 3, .deadline = std::chrono::seconds(5)};
      const auto recording =
          run_client(*client_, loopback_targets(server.port(), path, method), options);
      expect_only(recording, {Outcome::ok});
      expect_sound(recording, options);
    }
  }
}

// Whatever the path asks for, a reply without a body ends with its head: a byte more would be taken
// for the next reply, and end the connection.
TEST_P(Client, KeepsItsConnectionAfterRepliesWithoutABody) {
  for (const char* status : {"200", "204", "205", "304", "404"}) {
    for (const char* form : {"bytes/0", "bytes/1000", "chunked/0", "chunked/1000"}) {
      for (const auto method : {http::Method::get, http::Method::head}) {
        const std::string path = "/status/" + std::string(status) + "/" + form;
        SCOPED_TRACE(path + (method == http::Method::head ? " by HEAD" : ""));
        const RunningServer server(*server_, {});
        const ClientOptions options{.requests = 3, .deadline = std::chrono::seconds(5)};
        const auto recording =
            run_client(*client_, loopback_targets(server.port(), path, method), options);
        expect_only(recording, {status == std::string("404") ? Outcome::http_status : Outcome::ok});
        expect_sound(recording, options);
        EXPECT_EQ(server.totals().connections, 1U);
      }
    }
  }
}

TEST_P(Client, NoticesTheRightLengthWithTheWrongContent) {
  const RunningServer server(*server_, {});
  std::vector<workloads::ClientRun::Target> targets;
  targets.push_back({loopback_targets(server.port(), "/bytes/1000").front().request,
                     http::BodyExpectation::of_origin("/chunked/1000")});
  const auto recording = run_client(*client_, std::move(targets), {});
  expect_only(recording, {Outcome::content_mismatch});
}

}  // namespace

}  // namespace asyncbench::test
