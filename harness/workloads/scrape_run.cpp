#include "workloads/scrape_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "workloads/client_task.hpp"
#include "workloads/tls_ends.hpp"

namespace asyncbench::workloads {
namespace {

LoadOptions with_tasks(LoadOptions load, unsigned tasks) {
  load.tasks = tasks;
  load.stagger = kConnectStagger;
  return load;
}

// Stores what was fetched; the request ends when the file is closed. Only an answer that is
// complete and right is stored.
class Store {
 public:
  using Run = ScrapeRun;
  Store(ScrapeRun& run, unsigned index) : run_(run), buffer_(run.buffer(index)) {}

  HttpTarget& target(const RequestFlow& flow) {
    const ScrapeRun::Page page = run_.page(flow.index(), flow.requests());
    stored_ = &page.stored;
    buffer_.begin(stored_->is_watched());
    return page.target;
  }
  http::ReaderLimits limits() const { return {.max_body_bytes = buffer_.limit()}; }
  http::BodyReceiver* receiver() { return &buffer_; }

  std::optional<Op> begin(Outcome fetched, measure::RequestRecord& record) {
    record_ = &record;
    if (fetched == Outcome::ok) return writer_.begin(*stored_, buffer_);
    stored_->count(fetched);
    return std::nullopt;
  }
  std::optional<Op> resume(const Completion& ended) {
    std::optional<Op> next = writer_.resume(ended);
    if (next) return next;
    record_->failed_after_answer = outcome() != Outcome::ok;
    stored_->count(outcome());
    return std::nullopt;
  }
  Outcome outcome() const { return writer_.outcome(); }

 private:
  ScrapeRun& run_;
  PageBuffer buffer_;
  PageWriter writer_;
  StoredPage* stored_ = nullptr;
  measure::RequestRecord* record_ = nullptr;
};

}  // namespace

ScrapeRun::ScrapeRun(Setup setup, LoadOptions load)
    : setup_(std::move(setup)),
      load_(with_tasks(std::move(load), setup_.tasks)),
      memory_(setup_.tasks * setup_.page_bytes_most) {
  const std::size_t files = std::max<std::size_t>(setup_.targets.size(), setup_.tasks);
  for (unsigned file = 0; file < files; ++file) {
    stored_.emplace_back(fmt::format("{}/page-{}", setup_.folder, file),
                         verifies(setup_.verify, file));
  }
}

std::vector<std::unique_ptr<Task>> ScrapeRun::make_tasks(bool exchange) {
  if (!exchange) tls_ = client_context(setup_.targets, load_.window());
  std::vector<std::unique_ptr<Task>> tasks;
  for (unsigned index = 0; index < setup_.tasks; ++index) {
    if (exchange) {
      tasks.push_back(std::make_unique<ClientTask<ExchangeFetch, Store>>(*this, index));
    } else {
      tasks.push_back(
          secured(std::make_unique<ClientTask<HttpFetch, Store>>(*this, index), tls_.get()));
    }
  }
  return tasks;
}

std::span<std::byte> ScrapeRun::buffer(unsigned index) {
  return memory().subspan(index * setup_.page_bytes_most, setup_.page_bytes_most);
}

ScrapeRun::Page ScrapeRun::page(unsigned index, std::uint64_t nth) {
  const std::uint64_t own = (stored_.size() - index + setup_.tasks - 1) / setup_.tasks;
  const std::uint64_t file = index + (nth - 1) % own * setup_.tasks;
  return {setup_.targets[file % setup_.targets.size()], stored_[file]};
}

void ScrapeRun::check_stored() const {
  std::size_t wrong = 0;
  std::string first;
  for (std::size_t file = 0; file < stored_.size(); ++file) {
    const std::string finding = stored_[file].check();
    if (finding.empty() || wrong++ > 0) continue;
    first = fmt::format("the file of {} {}", setup_.names[file % setup_.names.size()], finding);
  }
  if (wrong == 0) return;
  throw std::runtime_error(
      fmt::format("{} of {} files read back do not hold what was stored, the first of them: {}; "
                  "the strategy reported writes that it did not make that way",
                  wrong, stored_.size(), first));
}

std::vector<ItemOutcomes> ScrapeRun::items(bool all) const {
  const std::size_t pages = setup_.names.size();
  std::vector<ItemOutcomes> items;
  for (std::size_t page = 0; page < pages; ++page) {
    ItemOutcomes item{.name = setup_.names[page], .outcomes = {}};
    for (std::size_t file = page; file < stored_.size(); file += pages) {
      for (std::size_t i = 0; i < kOutcomes; ++i) {
        const std::uint64_t count = stored_[file].outcomes()[i];
        if (count > 0) item.outcomes[std::string(kOutcomeNames[i])] += count;
      }
    }
    const bool has_failed = item.outcomes.size() > item.outcomes.count("ok");
    if (all || has_failed) items.push_back(std::move(item));
  }
  return items;
}

}  // namespace asyncbench::workloads
