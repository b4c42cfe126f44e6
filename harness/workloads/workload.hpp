// A workload: a kind of work, with its parameters and the sides that take part in it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/job.hpp"
#include "core/op.hpp"
#include "core/outcome.hpp"
#include "measure/histogram.hpp"
#include "measure/recorder.hpp"
#include "measure/server_counters.hpp"
#include "workloads/client_part.hpp"
#include "workloads/parameters.hpp"

namespace asyncbench::workloads {

// What a participant does. A trial starts its participants in this order, each with the address of
// the one before it.
enum class Role : std::uint8_t {
  upstream,  // serves the server
  server,    // serves the client
  client,    // issues the requests and records them; every workload has one
};
inline constexpr std::size_t kRoles = 3;
std::string_view name_of(Role role);

// Where a server listens.
struct Address {
  std::uint16_t port = 0;  // on loopback
  std::string path;        // of a Unix socket; then there is no port
  // A server that is not ours listens, perhaps on 127.0.0.1 alone. It is asked for this, whose
  // placeholders are the work's parameters; an empty text: for what the embedded origin is.
  std::optional<std::string> target;
  // PEM; the server speaks TLS and has this certificate, which is all that its clients are to
  // trust.
  std::optional<std::string> certificate = {};
};

// Whose certificates of servers by https count, where the server is not this program's.
struct Trust {
  std::string ca_file;   // path of certificates in PEM; empty: the system's
  bool verifies = true;  // false: any certificate will do
};

// What a cell asks for beside its parameters.
struct Work {
  Parameters parameters;
  Verify verify = Verify::sample;
  std::vector<std::string> urls;           // real servers instead of the embedded origin
  std::vector<std::string> allowed_hosts;  // hosts beyond loopback that `urls` may name
  std::optional<Trust> trust;              // empty: as the system does
  std::string folder;                      // where files are made; empty: the current folder
};

// Where the work's files are made: the folder that was named, or the current one.
std::string folder_of(const Work& work);

struct SideSetup {
  Role role = Role::client;
  Work work;
  Address address;                   // of the participant that this one talks to
  bool exchange = false;             // the strategy brings its own HTTP: see Forms
  bool null_strategy = false;        // nothing is sent: Side::prepare() sets canned replies
  std::size_t lanes = 1;             // as in Job::lanes
  bool shared_lanes = false;         // several threads work in one lane
  unsigned threads = 1;              // loops
  bool one_listener = false;         // a server has one socket for all loops, not one for each
  Duration window_expected{0};       // sizes the time slices
  std::size_t turns = 0;             // of this cell, the warm-up's too; 0: it has the whole window
  std::uint64_t request_budget = 0;  // client: end the window after that many requests; 0: by time
  load::Stages stages;               // client, open loop: rates that change; empty: one rate
  std::optional<ClientPart> part;    // client: it is one of several; never with stages or a budget
  std::uint64_t seed = 1;
  measure::RequestObserver* observer = nullptr;  // client, profiled trials; outlives the side
  // Client, each called once, from the strategy's threads.
  std::function<void()> on_ready;         // every task has had its first outcome
  std::function<void()> on_budget_spent;  // the window has ended, see Side::window_end_ns()
};

using measure::ItemOutcomes;

// What a side has to say after the job has run.
struct SideRecord {
  std::optional<measure::Recording> recording;  // the client
  std::optional<measure::ServerTotals> server;  // servers
  std::uint64_t arrivals_due = 0;               // client, open loop: in the window
  std::uint64_t arrivals_before = 0;            // client, open loop: before the window
  std::optional<double> arrivals_a2;            // client, Poisson: see LoadRun::arrivals_a2()
  // How many requests each lane has ended: client, in the window; server, in the whole trial.
  std::vector<std::uint64_t> requests_by_lane;
  // Latencies beside those of the requests, in the window: "heartbeat_lag", "upstream_time".
  std::map<std::string, measure::Histogram> series;
  // Plain figures of the window; the unit ends the name: "read_bytes".
  std::map<std::string, double> figures;
  // What a figure was derived from: pairs of a growing count and what was read there, by name:
  // "private_bytes_by_connections".
  std::map<std::string, std::vector<std::pair<double, double>>> curves;
  std::map<std::string, std::string> unreadable;  // why a figure is missing, under its name
  std::vector<ItemOutcomes> items;
};

// One side of a cell, made ready as a job for a strategy. Made before the job runs, asked for its
// figures after; outlives the job.
class Side {
 public:
  virtual ~Side() = default;

  // Where a server listens; clients do not.
  virtual std::optional<Address> address() const { return std::nullopt; }

  // Makes the tasks of a job that is run to its end before the job proper; called until it says
  // false. Rehearsals measure what only a job of its own can show.
  virtual bool rehearse(Job& /*job*/) { return false; }

  // Tasks, acceptor, canned reply, I/O memory; threads, lanes and stop are the caller's.
  virtual void prepare(Job& job) = 0;

  // From the harness thread, while the job runs. Without an end the client finds it, and servers
  // are told by a second call. Clients begin requests in the window's turns alone; servers know
  // nothing of turns.
  virtual void set_window(const measure::WindowSpan& window) = 0;

  // Client with a request budget, after on_budget_spent.
  virtual std::int64_t window_end_ns() { return 0; }

  // Client, from the harness thread, while the job runs: how the requests so far ended; empty once
  // one was ok.
  virtual std::optional<std::vector<measure::FailureCount>> nothing_but_failures() { return {}; }

  // Client, likewise: what has ended in the window so far.
  virtual measure::Tally tally() { return {}; }

  // After the job has run.
  virtual void fill(SideRecord& record) = 0;
};

// The forms in which a role can be run: over a strategy's own operations, or over its own HTTP.
struct Forms {
  OpSet operations;
  std::optional<OpSet> exchange;
};

// Texts and parameters live as long as the workload.
struct WorkloadInfo {
  std::string_view name;     // [a-z][a-z0-9_-]*
  std::string_view summary;  // one line
  std::span<const ParameterInfo> parameters;
  bool takes_urls = false;    // --url instead of the embedded origin
  bool takes_folder = false;  // --folder
};

// Stateless; one object for all cells.
class Workload {
 public:
  virtual ~Workload() = default;

  virtual const WorkloadInfo& info() const = 0;

  // Which participant is compared.
  virtual Role subject(const Parameters& parameters) const = 0;

  // The participants of a trial, in the order of Role. With URLs the server is a foreign one.
  virtual std::vector<Role> roles(const Work& work) const = 0;

  // What a strategy must offer to play the role.
  virtual Forms forms(Role role, const Parameters& parameters) const = 0;

  // Why the parameters make no sense together, or cannot be had here (no space, no such folder),
  // with the remedy; empty: they do. Called before measuring.
  virtual std::string objection(const Work& /*work*/) const { return ""; }

  // Removes what a participant that was killed has left. Called after each trial.
  virtual void clean_up(const Work& /*work*/) const {}

  // How many requests are in flight at most: the client's tasks.
  virtual std::uint64_t in_flight(const Parameters& parameters) const = 0;

  // Whether in a closed loop that many are in flight all the time, so that Little's law holds.
  virtual bool keeps_in_flight(const Parameters& parameters) const = 0;

  // Whether requests may be held back between the turns of a cell and what is in flight ends soon,
  // so that cells can take turns; otherwise the cell is measured in whole windows.
  virtual bool can_rest(const Parameters& /*parameters*/) const { return false; }
  // How long the parameters make one request last at the least: a server's delay.
  virtual Duration least_latency(const Parameters& /*parameters*/) const { return Duration{0}; }

  // Whether the parameters fix how many requests there are in a time, so that throughput tells
  // nothing of a strategy that keeps up.
  virtual bool is_paced(const Parameters& /*parameters*/) const { return false; }

  // Descriptors that one participant needs for the work, and loopback ports that the client takes.
  virtual std::uint64_t descriptors(const Parameters& parameters) const = 0;
  virtual std::uint64_t ports(const Parameters& /*parameters*/) const { return 0; }

  // The longest that the first outcome of every task may take, beside connecting; and, once the job
  // has ended, the client's record.
  virtual Duration patience(const Parameters& parameters) const = 0;

  // Upper bound of the payload bytes of one answered request, for checking both ends' counts
  // against each other (both_ends_agree); empty: sizes are not known.
  virtual std::optional<std::uint64_t> payload_bytes(const Parameters& parameters) const = 0;

  // More figures of a trial, derived from what all participants recorded; units end the names.
  virtual std::map<std::string, double> figures(const Work& /*work*/,
                                                const std::map<Role, SideRecord>& records) const;

  // Throws std::exception with cause and remedy when the side cannot be set up.
  virtual std::unique_ptr<Side> make_side(const SideSetup& setup) const = 0;
};

}  // namespace asyncbench::workloads
