// The task of the file workloads: it opens the file, and reads or writes one block in each request.
#include "load/random.hpp"
#include "workloads/file_content.hpp"
#include "workloads/file_run.hpp"
#include "workloads/op_outcome.hpp"
#include "workloads/request_task.hpp"

namespace asyncbench::workloads {
namespace {

class BlockTask final : public RequestTask<BlockTask> {
 public:
  BlockTask(FileRun& run, unsigned index)
      : RequestTask(run.load(), index),
        run_(run),
        parameters_(run.parameters()),
        buffer_(run.buffer(index)),
        random_(run.seed(), index) {}

  Op begin_request(const Completion& begun) {
    if (begun.error) return complete(outcome_of_file(begun.error));
    return is_open_ ? move_block() : open();
  }

  Op go_on(const Completion& ended) {
    switch (stage_) {
      case Stage::opening:
        if (ended.error) return complete(outcome_of_file(ended.error));
        file_ = static_cast<int>(ended.size);
        is_open_ = true;
        return move_block();
      case Stage::moving:
        return after_move(ended);
      case Stage::syncing:
        return complete(ended.error ? outcome_of_file(ended.error) : Outcome::ok);
      case Stage::opening_at_end:
        if (ended.error) return op::Finish{};
        file_ = static_cast<int>(ended.size);
        return sync_at_end();
      case Stage::syncing_at_end:
        if (!ended.error) run_.set_final_sync(now() - sync_begun_);
        return close();
      case Stage::closing:
        break;
    }
    return op::Finish{};
  }

  Op finish() {
    const bool is_last = run_.ends_last();
    if (is_last && parameters_.sync.at_end) {
      if (is_open_) return sync_at_end();
      // The others left no request for this task, but it syncs what they have written.
      stage_ = Stage::opening_at_end;
      return open_file();
    }
    return is_open_ ? close() : op::Finish{};
  }

 private:
  enum class Stage : std::uint8_t {
    opening,
    moving,
    syncing,
    opening_at_end,
    syncing_at_end,
    closing,
  };

  // The first request opens the file, as a connection's first request connects.
  Op open() {
    stage_ = Stage::opening;
    return open_file();
  }

  Op open_file() const { return op::Open{run_.path(), parameters_.open_flags()}; }

  Op move_block() {
    block_ = parameters_.is_sequential ? run_.take_block() : random_.below(parameters_.blocks());
    offset_ = block_ * parameters_.block_bytes;
    moved_ = 0;
    stage_ = Stage::moving;
    if (parameters_.writes) {
      stamp_block(buffer_, offset_, write_number());
      WriteLedger* const ledger = run_.ledger();
      watcher_ = ledger != nullptr && ledger->watches(block_) ? ledger : nullptr;
      if (watcher_ != nullptr) watcher_->begun(block_);
    }
    return move_rest();
  }

  Op move_rest() {
    const auto rest = buffer_.subspan(moved_);
    if (parameters_.writes) return op::Write{file_, offset_ + moved_, rest};
    return op::Read{file_, offset_ + moved_, rest};
  }

  Op after_move(const Completion& ended) {
    moved_ += ended.size;
    const bool is_whole = !ended.error && moved_ >= buffer_.size();
    if (!is_whole && !ended.error && ended.size > 0) return move_rest();
    if (watcher_ != nullptr) {
      watcher_->ended(block_, is_whole ? std::optional(write_number()) : std::nullopt);
    }
    if (ended.error) return complete(outcome_of_file(ended.error));
    if (!is_whole) return complete(Outcome::truncated);
    if (parameters_.writes) return after_write();
    return after_read();
  }

  Op after_read() {
    const Time at = now();
    const bool is_right = !run_.verifies_read(flow_.requests() - 1) ||
                          block_matches(buffer_, offset_, kPreparedWrite);
    return complete(is_right ? Outcome::ok : Outcome::content_mismatch, at);
  }

  Op after_write() {
    if (parameters_.sync.every == 0 || ++writes_since_sync_ < parameters_.sync.every) {
      return complete(Outcome::ok);
    }
    writes_since_sync_ = 0;
    stage_ = Stage::syncing;
    return op::Sync{file_};
  }

  Op complete(Outcome outcome) { return complete(outcome, now()); }

  Op complete(Outcome outcome, Time at) {
    flow_.record().body_bytes = moved_;
    const Time next = flow_.end(outcome, at);
    return outcome == Outcome::cancelled ? finish() : next_request(next);
  }

  Op sync_at_end() {
    stage_ = Stage::syncing_at_end;
    sync_begun_ = now();
    return op::Sync{file_};
  }

  Op close() {
    stage_ = Stage::closing;
    return op::CloseFile{file_};
  }

  // No other write of the run has this number, and it is above kPreparedWrite.
  std::uint64_t write_number() const {
    return flow_.requests() * parameters_.in_flight + flow_.index();
  }

  FileRun& run_;
  const FileParameters& parameters_;
  std::span<std::byte> buffer_;
  load::RandomSequence random_;
  Stage stage_ = Stage::opening;
  bool is_open_ = false;
  int file_ = -1;
  std::uint64_t block_ = 0;
  std::uint64_t offset_ = 0;        // where the block begins
  std::size_t moved_ = 0;           // bytes of the block
  WriteLedger* watcher_ = nullptr;  // the ledger if it watches the block that is written
  std::uint64_t writes_since_sync_ = 0;
  Time sync_begun_ = kNever;
};

}  // namespace

std::unique_ptr<Task> make_block_task(FileRun& run, unsigned index) {
  return std::make_unique<BlockTask>(run, index);
}

}  // namespace asyncbench::workloads
