// The workloads `file-read` and `file-write`.
#include <optional>

#include "workloads/all_workloads.hpp"
#include "workloads/file_run.hpp"
#include "workloads/load_side.hpp"
#include "workloads/prepared_file.hpp"

namespace asyncbench::workloads {
namespace {

// On a slower disk, preparing the file or reading it back takes too long, and the trial is given
// up.
constexpr std::uint64_t kSlowestDiskBytesPerS = 20'000'000;

// In the page cache and on the disk, for each of a dozen cells at once.
constexpr std::uint64_t kMostBytesBesideOthers = 256 << 20;

class FileSide final : public LoadSide {
 public:
  explicit FileSide(const SideSetup& setup)
      : run_(std::make_unique<FileRun>(
            FileRun::Setup{.parameters = FileParameters::from(setup.work.parameters),
                           .verify = setup.work.verify,
                           .folder = folder_of(setup.work)},
            load_options(setup))) {}

  void prepare(Job& job) override {
    job.tasks = run_->make_tasks();
    job.io_memory = run_->memory();
    if (run_->parameters().is_cold) keep_cold();
    disk_read_before_ = disk_read_bytes();
  }

  void fill(SideRecord& record) override {
    evictor_.reset();
    LoadSide::fill(record);
    const double bytes_per_s = run_->load().per_s(record.recording->body_bytes);
    if (!run_->parameters().writes) {
      record.figures["read_bytes_per_s"] = bytes_per_s;
      put_disk_share(record);
      return;
    }
    record.figures["written_bytes_per_s"] = bytes_per_s;
    if (const auto took = run_->final_sync()) {
      record.figures["final_sync_ns"] = static_cast<double>(took->count());
    }
    run_->check_written();
  }

 private:
  LoadRun& load() override { return run_->load(); }

  void keep_cold() {
    std::function<std::uint64_t()> position;
    if (run_->parameters().is_sequential) position = [this] { return run_->position(); };
    evictor_.emplace(run_->file(), run_->parameters().file_bytes, std::move(position));
  }

  // Shows which share of the bytes did come from the disk, over the whole trial: 0 in a hot page
  // cache, about 1 in a cold one or with O_DIRECT.
  void put_disk_share(SideRecord& record) const {
    const auto read = disk_read_bytes();
    const std::uint64_t answered = record.recording->answered_body_bytes;
    if (!read || !disk_read_before_ || answered == 0) return;
    record.figures["disk_read_share"] =
        static_cast<double>(*read - *disk_read_before_) / static_cast<double>(answered);
  }

  std::unique_ptr<FileRun> run_;
  std::optional<CacheEvictor> evictor_;
  std::optional<std::uint64_t> disk_read_before_;
};

class FileWorkload final : public Workload {
 public:
  explicit FileWorkload(const WorkloadInfo& info) : info_(info) {}

  const WorkloadInfo& info() const override { return info_; }
  Role subject(const Parameters& /*parameters*/) const override { return Role::client; }
  std::vector<Role> roles(const Work& /*work*/) const override { return {Role::client}; }

  Forms forms(Role /*role*/, const Parameters& parameters) const override {
    const FileParameters wanted = FileParameters::from(parameters);
    if (!wanted.writes) {
      return {.operations = {OpKind::begin, OpKind::open, OpKind::read, OpKind::close_file,
                             OpKind::finish}};
    }
    return {.operations = {OpKind::begin, OpKind::open, OpKind::write, OpKind::sync,
                           OpKind::close_file, OpKind::finish}};
  }

  std::string objection(const Work& work) const override {
    return file_objection(FileParameters::from(work.parameters), folder_of(work));
  }

  std::uint64_t in_flight(const Parameters& parameters) const override {
    return parameters.number("in_flight");
  }
  bool keeps_in_flight(const Parameters& /*parameters*/) const override { return true; }

  // Every cell has a file of its own. What is written goes on to the disk at the kernel's leisure,
  // and a file that is kept out of the cache is so by a thread that never rests.
  bool can_rest(const Parameters& parameters) const override {
    const FileParameters wanted = FileParameters::from(parameters);
    return !wanted.writes && !wanted.is_cold && wanted.file_bytes <= kMostBytesBesideOthers;
  }

  // Each task opens the file for itself, and the side holds it open, too.
  std::uint64_t descriptors(const Parameters& parameters) const override {
    return in_flight(parameters) + 1;
  }

  Duration patience(const Parameters& parameters) const override {
    return std::chrono::seconds(parameters.number("file_bytes") / kSlowestDiskBytesPerS);
  }

  // There is no other end to agree with.
  std::optional<std::uint64_t> payload_bytes(const Parameters& /*parameters*/) const override {
    return std::nullopt;
  }

  std::unique_ptr<Side> make_side(const SideSetup& setup) const override {
    return std::make_unique<FileSide>(setup);
  }

 private:
  WorkloadInfo info_;
};

}  // namespace

const Workload& file_read_workload() {
  static const FileWorkload kRead({.name = "file-read",
                                   .summary = "reads blocks of a file, cached or from the disk",
                                   .parameters = file_read_parameter_infos(),
                                   .takes_folder = true});
  return kRead;
}

const Workload& file_write_workload() {
  static const FileWorkload kWrite({.name = "file-write",
                                    .summary = "writes blocks of a file, synced or not",
                                    .parameters = file_write_parameter_infos(),
                                    .takes_folder = true});
  return kWrite;
}

}  // namespace asyncbench::workloads
