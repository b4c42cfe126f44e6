// What workloads there are: asyncbench's own, and those of plugins.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "workloads/workload.hpp"

namespace asyncbench::workloads {

// All workloads, in the order in which people are shown them: asyncbench's own come first. Valid
// until some are added.
std::span<const Workload* const> all_workloads();

// Null when there is none of this name.
const Workload* find_workload(std::string_view name);

// Adds workloads, which stay for as long as the program runs. Not thread-safe: before any job.
// Throws UsageError that names the workload, and adds none of them: its definition has a fault
// (definition_fault()), its name is taken, or one of its parameters means something else in another
// workload.
void add_workloads(std::vector<std::unique_ptr<const Workload>> added);

// Plain HTTP: `fetch` has the client under test, `serve` the server.
const Workload& fetch_workload();
const Workload& serve_workload();

// Messages over TCP or a Unix socket that come back as they were sent. The server or the client is
// under test.
const Workload& echo_workload();

// For each request a gateway (the subject) asks `fan_out` upstreams at once through op::Gather,
// joins their answers, and replies; with 502 when one of them failed. A request is as slow as the
// slowest upstream that it waits for. The tail amplification shows this: the p99 of the gathers
// over the p99 of the single requests (J. Dean, L. Barroso, The Tail at Scale, CACM 56 (2013)).
// Series "gather_time" and "upstream_time", both as the gateway sees them.
const Workload& gather_workload();

// A request fetches one page and stores it: network and file system in one task. The pages are the
// user's URLs, or `pages` paths of the embedded origin, which differ in length. A page is stored
// when all of it has come: with one Open, as many Writes as it takes, and CloseFile. A page longer
// than `page_bytes` ends as `limit`. The files are read back after the job: a participant whose
// files do not hold what came fails its trial.
const Workload& scrape_workload();

// Blocks of one file, read or written.
const Workload& file_read_workload();
const Workload& file_write_workload();

// Many tasks that sleep. Each fires once a period, and the phases of all tasks are spread evenly
// over the period. A firing is a request whose service time is how late it came. Nothing else
// happens, so CPU per request is what a timer costs.
const Workload& timers_workload();

// A share of the HTTP requests burns CPU in the server's handler, beside heartbeat tasks (one a
// lane) that the same strategy runs. How late these beat is the lag of its loop: the
// responsiveness that asynchronous programs promise. Series "heartbeat_lag".
const Workload& interference_workload();

}  // namespace asyncbench::workloads
