// The workload `scrape`: fetches a list of pages and keeps each in a file.
#pragma once

#include "workloads/workload.hpp"

namespace asyncbench::workloads {

// A request is one page fetched and stored: network and file system in one task. The pages are the
// user's URLs, or `pages` paths of the embedded origin, of different lengths. A page is stored when
// all of it has come, with one Open, as many Writes as it takes, and CloseFile; a page longer than
// `page_bytes` ends as `limit`. What was stored is read back after the job: a participant whose
// files do not hold what came fails its trial.
const Workload& scrape_workload();

}  // namespace asyncbench::workloads
