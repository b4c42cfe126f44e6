#include "result/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cassert>
#include <cerrno>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "result/convert.hpp"
#include "result/strict_json.hpp"

namespace asyncbench::result {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kCrcDigits = 8;

constexpr const char* kHeld = ": another run is writing it; wait for its end, or use another --out";

std::uint32_t crc_of(std::string_view text) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()));
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The JSON of a line (without its line feed); nullopt when the sum does not fit.
std::optional<std::string_view> checked(std::string_view line) {
  std::uint32_t sum = 0;
  const char* const digits_end = line.data() + std::min(kCrcDigits, line.size());
  const auto [end, error] = std::from_chars(line.data(), digits_end, sum, 16);
  if (error != std::errc{} || end != line.data() + kCrcDigits || line.size() <= kCrcDigits ||
      line[kCrcDigits] != ' ') {
    return std::nullopt;
  }
  const std::string_view json = line.substr(kCrcDigits + 1);
  if (crc_of(json) != sum) return std::nullopt;
  return json;
}

Json line_of_kind(const char* kind) { return Json{{"record", kind}}; }

Json without_trials(Result result) {
  for (Cell& cell : result.cells) cell.trials.clear();
  return to_json(result);
}

// A text of a record; empty where it has none.
std::string text_in(const Json& line, const char* name) {
  const auto field = line.find(name);
  if (field == line.end()) return "";
  if (!field->is_string()) throw FieldError(fmt::format("/{}", name), "must be a text");
  return field->get<std::string>();
}

void take_line(std::string_view text, JournalContents& contents, bool first) {
  const Json line = parse_strict(text);
  const std::string kind = line.is_object() ? text_in(line, "record") : "";
  if (first != (kind == "header")) {
    throw FieldError("", first ? "the first line is no header" : "a second header");
  }
  if (kind == "header" || kind == "growth") {
    if (!line.contains("result")) throw FieldError("", "a header without a result");
    Parsed parsed = parse(dump(line.at("result")));
    contents.ignored = std::move(parsed.ignored);
    if (kind == "header") {
      contents.plan = text_in(line, "plan");
      contents.result = std::move(parsed.result);
    } else {
      contents.result.plan = std::move(parsed.result.plan);
      for (Cell& cell : parsed.result.cells) {
        if (!contents.result.find_cell(cell.id)) contents.result.cells.push_back(std::move(cell));
      }
    }
  } else if (kind == "trial") {
    Cell* const cell = contents.result.find_cell(text_in(line, "cell"));
    if (!cell || !line.contains("trial")) throw FieldError("", "a trial of an unknown cell");
    const bool lenient = contents.result.schema.minor > Schema{}.minor;
    cell->trials.push_back(
        trial_from_json(line.at("trial"), lenient ? &contents.ignored : nullptr));
    contents.order.push_back(cell->id);
    ++contents.records;
  } else if (kind == "end") {
    contents.ended = true;
  } else {
    throw FieldError("", fmt::format("a record of unknown kind \"{}\"", kind));
  }
}

[[noreturn]] void refuse(const std::string& path, std::size_t line, std::size_t offset,
                         const std::string& problem) {
  throw FormatError(
      fmt::format("{}: line {} (byte {}): {}; this journal cannot be used, start a new run", path,
                  line, offset, problem),
      offset);
}

JournalContents read_from(int fd, const std::string& path) {
  const std::string text = read_all(fd, kMaxResultBytes, path);
  JournalContents contents;
  std::size_t line_number = 0;
  for (std::size_t at = 0; at < text.size();) {
    ++line_number;
    const std::size_t feed = text.find('\n', at);
    const std::size_t end = feed == text.npos ? text.size() : feed + 1;
    const auto json =
        feed == text.npos ? std::nullopt : checked(std::string_view(text).substr(at, feed - at));
    if (!json) {
      // A crash can leave the last line incomplete, or complete in length but not in content.
      if (end < text.size()) refuse(path, line_number, at, "does not fit its checksum");
      contents.torn_bytes = text.size() - at;
      break;
    }
    try {
      take_line(*json, contents, line_number == 1);
    } catch (const FieldError& error) {
      refuse(path, line_number, at, fmt::format("{} {}", error.path(), error.what()));
    } catch (const FormatError& error) {
      refuse(path, line_number, at, error.what());
    }
    contents.whole_bytes = at = end;
  }
  if (contents.whole_bytes == 0) refuse(path, 1, 0, "holds no header: nothing was measured yet");
  return contents;
}

}  // namespace

JournalContents read_journal(const std::string& path) {
  return read_from(open_file(path, O_RDONLY).get(), path);
}

Journal Journal::create(const std::string& path, const Result& header, const std::string& plan) {
  Fd fd;
  try {
    fd = open_file(path, O_RDWR | O_CREAT | O_EXCL);
  } catch (const StoreError& error) {
    if (error.error() != EEXIST) throw;
    Fd there(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!there && errno == ENOENT) return create(path, header, plan);  // it has just gone
    Journal other(path, std::move(there));
    other.lock();
    // One that is empty and free has been made by another run this very moment.
    throw JournalHeld(other.is_empty()
                          ? path + kHeld
                          : path +
                                ": exists: an unfinished run left it; go on with it by "
                                "--resume, or remove it");
  }
  Journal journal(path, std::move(fd));
  // Whoever looks at the new file holds it for a moment, and may have removed it as a left one.
  while (::flock(journal.fd_.get(), LOCK_EX) != 0) {
    if (errno != EINTR) throw StoreError("flock", path, errno);
  }
  if (!journal.is_in_place()) return create(path, header, plan);
  Json line = line_of_kind("header");
  line["plan"] = plan;
  line["result"] = without_trials(header);
  journal.write_line(dump(line));
  sync_folder_of(path);
  return journal;
}

void Journal::clear(const std::string& path,
                    const std::function<bool(const JournalContents&)>& may_go) {
  Fd fd;
  try {
    fd = open_file(path, O_RDWR);
  } catch (const StoreError& error) {
    if (error.error() == ENOENT) return;
    throw;
  }
  Journal journal(path, std::move(fd));
  journal.lock();
  if (!journal.is_in_place()) return clear(path, may_go);
  if (journal.is_empty() || may_go(read_from(journal.fd_.get(), path))) journal.remove();
}

Journal Journal::resume(const std::string& path, JournalContents& contents) {
  Journal journal(path, open_file(path, O_RDWR));
  journal.lock();
  if (!journal.is_in_place()) {
    throw StoreError(path + ": its run has just ended: nothing to resume");
  }
  contents = read_from(journal.fd_.get(), path);
  journal.records_ = contents.records;
  journal.size_ = contents.whole_bytes;
  if (::ftruncate(journal.fd_.get(), static_cast<off_t>(journal.size_)) != 0) {
    throw StoreError("ftruncate", path, errno);
  }
  sync_file(journal.fd_.get(), path);
  return journal;
}

void Journal::lock() {
  if (::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0) return;
  if (errno == EWOULDBLOCK) {
    throw JournalHeld(path_ + kHeld);
  }
  throw StoreError("flock", path_, errno);
}

bool Journal::is_empty() const {
  struct stat status {};
  return ::fstat(fd_.get(), &status) == 0 && status.st_size == 0;
}

bool Journal::is_in_place() const {
  struct stat own {};
  struct stat named {};
  return ::fstat(fd_.get(), &own) == 0 && ::stat(path_.c_str(), &named) == 0 &&
         own.st_dev == named.st_dev && own.st_ino == named.st_ino;
}

void Journal::remove() {
  if (::unlink(path_.c_str()) != 0 && errno != ENOENT) throw StoreError("unlink", path_, errno);
  broken_ = true;
}

void Journal::append(const std::string& cell_id, const Trial& trial) {
  Json line = line_of_kind("trial");
  line["cell"] = cell_id;
  line["trial"] = to_json(trial);
  write_line(dump(line));
  ++records_;
}

void Journal::grow(const Result& header) {
  Json line = line_of_kind("growth");
  line["result"] = without_trials(header);
  write_line(dump(line));
}

void Journal::end() { write_line(dump(line_of_kind("end"))); }

void Journal::write_line(const std::string& json) {
  assert(json.find('\n') == json.npos);
  if (broken_) throw StoreError(path_ + ": writing it has failed before; nothing more is stored");
  const std::string line = fmt::format("{:08x} {}\n", crc_of(json), json);
  try {
    if (::lseek(fd_.get(), static_cast<off_t>(size_), SEEK_SET) < 0) {
      throw StoreError("lseek", path_, errno);
    }
    write_all(fd_.get(), line, path_);
    sync_file(fd_.get(), path_);
  } catch (const StoreError& error) {
    broken_ = true;
    // What is left of the line would be dropped as torn anyway; failing to remove it is harmless.
    [[maybe_unused]] const int ignored = ::ftruncate(fd_.get(), static_cast<off_t>(size_));
    throw StoreError(fmt::format("{}; {} trials are safe in the journal", error.what(), records_));
  }
  size_ += line.size();
}

}  // namespace asyncbench::result
