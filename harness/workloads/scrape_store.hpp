// Where scraped pages are kept: a file for each, what it should hold, and how to write it.
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

// The file of one page. Used by one task; by others after the job.
class StoredPage {
 public:
  // `is_watched`: its content is remembered (as a hash), to be compared with the file's.
  StoredPage(std::string path, bool is_watched) : path_(std::move(path)), is_watched_(is_watched) {}

  const std::string& path() const { return path_; }
  bool is_watched() const { return is_watched_; }

  void count(Outcome outcome) { ++outcomes_[static_cast<std::size_t>(outcome)]; }
  const std::array<std::uint64_t, kOutcomes>& outcomes() const { return outcomes_; }

  // Writing begins, of so many bytes; says whether what is longer in the file must go first. Until
  // is_written(), nobody knows what the file holds.
  bool must_be_cut(std::uint64_t bytes);
  void is_written(std::uint64_t bytes, std::unique_ptr<http::BodyExpectation> content);

  // Reads the file: "" or what is wrong with it. Right is one of which nothing is known.
  std::string check() const;

 private:
  std::string path_;
  bool is_watched_;
  std::uint64_t length_most_ = 0;                   // of the file
  std::optional<std::uint64_t> length_;             // of what was written whole and last
  std::unique_ptr<http::BodyExpectation> content_;  // of a watched one, then
  std::array<std::uint64_t, kOutcomes> outcomes_{};
};

// Keeps a body while it arrives: what a strategy received is gone once the task asks for a file.
class PageBuffer final : public http::BodyReceiver {
 public:
  // Holds as many bytes as `memory`, which is the limit of the fetch.
  explicit PageBuffer(std::span<std::byte> memory) : memory_(memory) {}

  // The next body; `remembers`: what it was, apart from the copy.
  void begin(bool remembers);
  void body(std::span<const std::byte> part) override;

  std::size_t limit() const { return memory_.size(); }
  std::span<const std::byte> bytes() const { return memory_.first(size_); }
  // Once, when the body is whole; null unless it was to be remembered.
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
  // Then: ok, cancelled by a stop, or local_resource for whatever the file system refused.
  Outcome outcome() const { return outcome_; }

 private:
  enum class Stage : std::uint8_t { opening, writing, closing };

  Op write_on();
  Op close();

  Stage stage_ = Stage::opening;
  Outcome outcome_ = Outcome::internal;
  StoredPage* page_ = nullptr;
  PageBuffer* buffer_ = nullptr;
  int file_ = -1;
  std::size_t written_ = 0;
};

}  // namespace asyncbench::workloads
