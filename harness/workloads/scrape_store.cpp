#include "workloads/scrape_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "core/fd.hpp"
#include "workloads/op_outcome.hpp"

namespace asyncbench::workloads {
namespace {

// How much one system call reads back.
constexpr std::size_t kPieceBytes = 64 * 1024;

std::string refusal(const char* operation) {
  return std::string(operation) + ": " + std::strerror(errno);
}

}  // namespace

bool StoredPage::must_be_cut(std::uint64_t bytes) {
  const bool is_longer = length_most_ > bytes;
  length_most_ = std::max(length_most_, bytes);
  length_.reset();
  content_.reset();
  return is_longer;
}

void StoredPage::is_written(std::uint64_t bytes, std::unique_ptr<http::BodyExpectation> content) {
  length_most_ = bytes;
  length_ = bytes;
  content_ = std::move(content);
}

std::string StoredPage::check() const {
  if (!length_) return "";
  const Fd file{::open(path_.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) return refusal("open");
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return refusal("fstat");
  if (static_cast<std::uint64_t>(status.st_size) != *length_) {
    return "holds " + std::to_string(status.st_size) + " bytes of " + std::to_string(*length_);
  }
  if (!content_) return "";
  http::BodyCheck body;
  body.begin(*content_, true);
  std::vector<std::byte> piece(std::min<std::uint64_t>(*length_, kPieceBytes));
  while (body.length() < *length_) {
    const ssize_t got = ::read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refusal("read");
    if (got == 0) break;
    body.bytes(std::span(piece).first(static_cast<std::size_t>(got)));
  }
  return body.end(false) ? "" : "holds other bytes than were fetched";
}

void PageBuffer::begin(bool remembers) {
  size_ = 0;
  content_.reset();
  if (!remembers) return;
  // The content that comes is taken as right, as with the first reply of a foreign server.
  content_ = std::make_unique<http::BodyExpectation>(http::BodyExpectation::of_foreign_server());
  hash_.begin(*content_, true);
}

void PageBuffer::body(std::span<const std::byte> part) {
  assert(part.size() <= memory_.size() - size_);
  std::ranges::copy(part, memory_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += part.size();
  if (content_) hash_.bytes(part);
}

std::unique_ptr<http::BodyExpectation> PageBuffer::take_content() {
  if (content_) hash_.end(false);
  return std::move(content_);
}

// If a file were cut to nothing before it is written again, ext4 would write it to the disk at once
// when it is closed (auto_da_alloc, ext4(5)). So a page that is as long as before overwrites the
// file. A file that is there is opened without O_CREAT, with which no kernel opens at once what it
// has in its caches (build_open_flags() in fs/open.c).
Op PageWriter::begin(StoredPage& page, PageBuffer& buffer) {
  page_ = &page;
  buffer_ = &buffer;
  written_ = 0;
  flags_ = O_WRONLY | (page.must_be_cut(buffer.bytes().size()) ? O_TRUNC : 0);
  return open(page.exists() ? 0 : O_CREAT);
}

Op PageWriter::open(int creates) {
  stage_ = Stage::opening;
  return op::Open{page_->path().c_str(), flags_ | creates};
}

std::optional<Op> PageWriter::resume(const Completion& ended) {
  switch (stage_) {
    case Stage::opening:
      if (ended.error == std::errc::no_such_file_or_directory && page_->exists()) {
        page_->is_gone();
        return open(O_CREAT);
      }
      if (ended.error) {
        outcome_ = outcome_of_file(ended.error);
        return std::nullopt;
      }
      page_->is_there();
      file_ = static_cast<int>(ended.size);
      return write_on();
    case Stage::writing:
      if (ended.error || ended.size == 0) {
        outcome_ = outcome_of_file(ended.error);
        return close();
      }
      written_ += ended.size;
      return write_on();
    case Stage::closing:
      break;
  }
  if (outcome_ == Outcome::ok) page_->is_written(written_, buffer_->take_content());
  return std::nullopt;
}

Op PageWriter::write_on() {
  if (written_ == buffer_->bytes().size()) {
    outcome_ = Outcome::ok;
    return close();
  }
  stage_ = Stage::writing;
  return op::Write{file_, written_, buffer_->bytes().subspan(written_)};
}

Op PageWriter::close() {
  stage_ = Stage::closing;
  return op::CloseFile{file_};
}

}  // namespace asyncbench::workloads
