// What all tasks of the workload `scrape` share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/task.hpp"
#include "workloads/http_fetch.hpp"
#include "workloads/load_run.hpp"
#include "workloads/scrape_store.hpp"
#include "workloads/tls/context.hpp"
#include "workloads/workload.hpp"

namespace asyncbench::workloads {

// Each file belongs to one task, which fetches the file's page again and again, in turn with its
// other files; so no other task writes to the file. Where there are fewer pages than tasks, several
// tasks fetch the same page, each into a file of its own. Outlives the tasks.
class ScrapeRun {
 public:
  struct Setup {
    // File f holds the page of target f % size and belongs to task f % tasks.
    std::vector<HttpTarget> targets;
    // The name of each page in items().
    std::vector<std::string> names;
    unsigned tasks = 1;
    std::uint64_t page_bytes_most = 0;  // a longer page ends its request as `limit`
    Duration deadline{0};
    Verify verify = Verify::sample;
    std::string folder;  // exists
  };
  // `load` gives pace and recording; the number of tasks is the setup's.
  ScrapeRun(Setup setup, LoadOptions load);

  std::vector<std::unique_ptr<Task>> make_tasks(bool exchange);

  // Holds every task's buffer: Job::io_memory.
  std::span<std::byte> memory() { return memory_; }

  // After the job: reads back the files whose page was stored as a whole. It checks the length of
  // all of them, and the content of the watched ones (all or every 64th, as Verify says). Throws
  // std::runtime_error when a file does not hold what was written last.
  void check_stored() const;

  // After the job: how the requests for each page ended. Without `all`, only pages with an outcome
  // other than ok are listed.
  std::vector<ItemOutcomes> items(bool all) const;

  // Null: no task has an end of TLS, because nothing is asked by https or the strategy makes the
  // handshakes itself.
  const tls::ClientContext* tls() const { return tls_.get(); }

  LoadRun& load() { return load_; }
  const LoadRun& load() const { return load_; }

  // For the tasks.
  Duration deadline() const { return setup_.deadline; }
  Verify verify() const { return setup_.verify; }
  std::span<std::byte> buffer(unsigned index);
  // What the `nth` request (from 1) of task `index` asks for, and where the answer is stored.
  struct Page {
    HttpTarget& target;
    StoredPage& stored;
  };
  Page page(unsigned index, std::uint64_t nth);

 private:
  Setup setup_;
  LoadRun load_;
  std::vector<StoredPage> stored_;
  std::vector<std::byte> memory_;
  std::unique_ptr<tls::ClientContext> tls_;
};

}  // namespace asyncbench::workloads
