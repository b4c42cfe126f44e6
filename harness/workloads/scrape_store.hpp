// Where scraped pages are kept: the file of each page, what it should hold, and how it is written.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/op.hpp"
#include "core/outcome.hpp"
#include "http/body.hpp"

namespace asyncbench::workloads {

// The file of one page. One task uses it while the job runs.
class StoredPage {
 public:
  // `is_watched`: its content is remembered (as a hash) and compared with the file's.
  StoredPage(std::string path, bool is_watched) : path_(std::move(path)), is_watched_(is_watched) {}

  const std::string& path() const { return path_; }
  bool is_watched() const { return is_watched_; }

  // Whether the file has been made, and was not missing since.
  bool exists() const { return exists_; }
  void is_there() { exists_ = true; }
  void is_gone() { exists_ = false; }

  void count(Outcome outcome) { ++outcomes_[static_cast<std::size_t>(outcome)]; }
  const std::array<std::uint64_t, kOutcomes>& outcomes() const { return outcomes_; }

  // Writing of so many bytes begins. Returns whether the file may be longer and must be cut first.
  // Until is_written(), it is unknown what the file holds.
  bool must_be_cut(std::uint64_t bytes);
  void is_written(std::uint64_t bytes, std::unique_ptr<http::BodyExpectation> content);

  // Reads the file and returns what is wrong with it. Returns "" when nothing is wrong, or when it
  // is unknown what the file should hold.
  std::string check() const;

 private:
  std::string path_;
  bool is_watched_;
  bool exists_ = false;
  std::uint64_t length_most_ = 0;                   // the most that the file may hold
  std::optional<std::uint64_t> length_;             // the length of the last complete write
  std::unique_ptr<http::BodyExpectation> content_;  // its content, for a watched file
  std::array<std::uint64_t, kOutcomes> outcomes_{};
};

// Keeps a body while it arrives. The bytes that a strategy received are gone when the task returns
// an operation on a file.
class PageBuffer final : public http::BodyReceiver {
 public:
  // It holds as many bytes as `memory` has, which is the limit of the fetch.
  explicit PageBuffer(std::span<std::byte> memory) : memory_(memory) {}

  // Begins the next body. `remembers`: keep its hash, too.
  void begin(bool remembers);
  void body(std::span<const std::byte> part) override;

  std::size_t limit() const { return memory_.size(); }
  std::span<const std::byte> bytes() const { return memory_.first(size_); }
  // The remembered content, null when there is none. Call it once, when the body is complete.
  std::unique_ptr<http::BodyExpectation> take_content();

 private:
  std::span<std::byte> memory_;
  std::size_t size_ = 0;
  std::unique_ptr<http::BodyExpectation> content_;
  http::BodyCheck hash_;
};

// Puts one page after the other into its file: Open, Write until all is written, CloseFile.
class PageWriter {
 public:
  Op begin(StoredPage& page, PageBuffer& buffer);
  // The next operation; nullopt when the file is closed.
  std::optional<Op> resume(const Completion& ended);
  // After that: ok, cancelled by a stop, or local_resource for anything that the file system
  // refused.
  Outcome outcome() const { return outcome_; }

 private:
  enum class Stage : std::uint8_t { opening, writing, closing };

  Op open(int creates);
  Op write_on();
  Op close();

  Stage stage_ = Stage::opening;
  Outcome outcome_ = Outcome::internal;
  StoredPage* page_ = nullptr;
  PageBuffer* buffer_ = nullptr;
  int flags_ = 0;
  int file_ = -1;
  std::size_t written_ = 0;
};

}  // namespace asyncbench::workloads
