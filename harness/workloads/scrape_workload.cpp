// The workload `scrape`: fetches a list of pages and keeps each in a file.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <system_error>

#include "core/private_folder.hpp"
#include "workloads/all_workloads.hpp"
#include "workloads/host_space.hpp"
#include "workloads/http_client.hpp"
#include "workloads/http_server.hpp"
#include "workloads/http_sides.hpp"
#include "workloads/load_side.hpp"
#include "workloads/scrape_run.hpp"
#include "workloads/tls_ends.hpp"

namespace asyncbench::workloads {
namespace {

constexpr std::array kInfos = {
    kConnectionsInfo,
    ParameterInfo{.name = "pages",
                  .kind = ValueKind::count,
                  .otherwise = "256",
                  .description = "pages of the embedded origin, each with a path of its own",
                  .least = 1,
                  .most = 1'000'000,
                  .always_shown = true,
                  .of_origin = true},
    ParameterInfo{.name = "page_bytes",
                  .kind = ValueKind::size,
                  .otherwise = "256k",
                  .description = "the longest page; one from --url that is longer ends as limit",
                  .least = 1,
                  .most = http::ReaderLimits{}.max_body_bytes},
    kServerDelayInfo,
    kTlsInfo,
    kTlsVersionInfo,
    kTlsResumptionInfo,
    kArrivalsInfo,
    kThinkTimeInfo,
    kDeadlineInfo,
};

// The unit in which file systems give space.
constexpr std::uint64_t kBlockBytes = 4096;

constexpr std::uint64_t kShortestPageBytes = 1024;

// Lengths are spread evenly over orders of magnitude, as those of real pages are, and neighbours in
// the list differ: the fractions of multiples of the golden ratio are spread evenly over [0, 1),
// however many there are.
std::uint64_t length_of_page(std::uint64_t page, std::uint64_t most) {
  if (most <= kShortestPageBytes) return most;
  constexpr double kGoldenRatio = 0.6180339887498949;
  const double turns = static_cast<double>(page) * kGoldenRatio;
  const double times = static_cast<double>(most) / static_cast<double>(kShortestPageBytes);
  return static_cast<std::uint64_t>(static_cast<double>(kShortestPageBytes) *
                                    std::pow(times, turns - std::floor(turns)));
}

std::string path_of_page(const Parameters& parameters, std::uint64_t page) {
  const HttpParameters asked{.body_bytes = length_of_page(page, parameters.number("page_bytes")),
                             .server_delay = parameters.delay("server_delay")};
  return fmt::format("{}?page={}", asked.origin_target(), page);
}

std::uint64_t pages_of(const Work& work) {
  return work.urls.empty() ? work.parameters.number("pages") : work.urls.size();
}

// See ScrapeRun.
std::uint64_t files_of(const Work& work) {
  return std::max(pages_of(work), work.parameters.number("connections"));
}

std::uint64_t space_for(const Work& work) {
  const std::uint64_t most = work.parameters.number("page_bytes");
  const auto on_disk = [](std::uint64_t bytes) {
    return (bytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
  };
  if (!work.urls.empty()) return files_of(work) * on_disk(most);
  std::uint64_t bytes = 0;
  for (std::uint64_t file = 0; file < files_of(work); ++file) {
    bytes += on_disk(length_of_page(file % pages_of(work), most));
  }
  return bytes;
}

std::string folder_objection(const Work& work) {
  const std::string folder = folder_of(work);
  try {
    const PrivateFolder probe(folder);
    return space_objection(
        space_for(work), probe.fd(),
        {.who = "the pages need",
         .folder = folder,
         .remedy =
             "ask for less with --pages or --page-bytes, or name another folder with --folder"});
  } catch (const std::system_error& error) {
    return fmt::format("{}; name another folder with --folder", error.what());
  }
}

ScrapeRun::Setup run_setup(const SideSetup& setup, const std::string& folder) {
  const Work& work = setup.work;
  ScrapeRun::Setup made{.targets = {},
                        .names = work.urls,
                        .tasks = static_cast<unsigned>(work.parameters.number("connections")),
                        .page_bytes_most = work.parameters.number("page_bytes"),
                        .deadline = work.parameters.duration("deadline"),
                        .verify = work.verify,
                        .folder = folder};
  const HttpParameters asked{.tls = client_tls(work, setup.address)};
  if (!work.urls.empty()) {
    made.targets = url_targets(work.urls, asked, work.allowed_hosts);
    return made;
  }
  const std::uint64_t pages = pages_of(work);
  for (std::uint64_t page = 0; page < pages; ++page) {
    made.names.push_back(path_of_page(work.parameters, page));
  }
  // A task stays with one address, and so with its connection.
  for (std::uint64_t file = 0; file < files_of(work); ++file) {
    made.targets.push_back(origin_target(made.names[file % pages], setup.address.port,
                                         static_cast<unsigned>(file % made.tasks), asked));
  }
  return made;
}

class ScrapeSide final : public LoadSide {
 public:
  explicit ScrapeSide(const SideSetup& setup)
      : exchange_(setup.exchange),
        lists_all_(!setup.work.urls.empty()),
        folder_(folder_of(setup.work)),
        run_(run_setup(setup, folder_.path()), load_options(setup)) {}

  void prepare(Job& job) override {
    job.tasks = run_.make_tasks(exchange_);
    job.io_memory = run_.memory();
  }

  void fill(SideRecord& record) override {
    LoadSide::fill(record);
    record.items = run_.items(lists_all_);
    record.figures["written_bytes_per_s"] = run_.load().per_s(record.recording->body_bytes);
    put_handshakes(run_.tls(), record);
    run_.check_stored();
  }

 private:
  LoadRun& load() override { return run_.load(); }

  bool exchange_;
  bool lists_all_;
  PrivateFolder folder_;
  ScrapeRun run_;
};

class ScrapeWorkload final : public ConnectionsWorkload {
 public:
  ScrapeWorkload()
      : ConnectionsWorkload(
            {.name = "scrape",
             .summary = "fetches pages, of the origin or --url, and stores each in a file",
             .parameters = kInfos,
             .takes_urls = true,
             .takes_folder = true}) {}

  Role subject(const Parameters& /*parameters*/) const override { return Role::client; }

  Forms forms(Role role, const Parameters& /*parameters*/) const override {
    using enum OpKind;
    if (role == Role::server) return http_forms(role);
    return {.operations = {begin, connect, receive, send, OpKind::close, OpKind::open,
                           OpKind::write, close_file, OpKind::sleep, finish},
            .exchange = OpSet{begin, exchange, OpKind::open, OpKind::write, close_file,
                              OpKind::sleep, finish}};
  }

  std::string objection(const Work& work) const override {
    const std::uint64_t page_bytes = work.parameters.number("page_bytes");
    std::string objection = ConnectionsWorkload::objection(work);
    if (objection.empty()) {
      objection = memory_objection(in_flight(work.parameters) * page_bytes,
                                   "a buffer of page_bytes for each connection",
                                   "lower --connections or --page-bytes");
    }
    if (objection.empty()) objection = folder_objection(work);
    return objection.empty() ? file_limit_objection(page_bytes) : objection;
  }
  void clean_up(const Work& work) const override {
    PrivateFolder::remove_abandoned(folder_of(work));
  }

  // A connection and a file.
  std::uint64_t descriptors(const Parameters& parameters) const override {
    return 2 * in_flight(parameters);
  }
  Duration least_latency(const Parameters& parameters) const override {
    return parameters.delay("server_delay").mean;
  }
  Duration patience(const Parameters& parameters) const override {
    return parameters.duration("deadline") + 10 * parameters.delay("server_delay").mean;
  }
  std::optional<std::uint64_t> payload_bytes(const Parameters& parameters) const override {
    return parameters.number("page_bytes");
  }

  std::unique_ptr<Side> make_side(const SideSetup& setup) const override {
    if (setup.role == Role::server) return make_http_server_side(setup);
    return std::make_unique<ScrapeSide>(setup);
  }
};

}  // namespace

const Workload& scrape_workload() {
  static const ScrapeWorkload kScrape;
  return kScrape;
}

}  // namespace asyncbench::workloads
