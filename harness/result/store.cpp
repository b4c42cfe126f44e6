#include "result/store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "result/gzip.hpp"

namespace asyncbench::result {
namespace {

constexpr std::string_view kTemporaryEnd = ".tmp";

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Whether a file of that name is a temporary one beside a file: "r.json.1234.0.tmp".
bool is_temporary_of(std::string_view name, std::string_view file) {
  if (!name.starts_with(file) || !name.ends_with(kTemporaryEnd)) return false;
  name.remove_prefix(file.size());
  name.remove_suffix(kTemporaryEnd.size());
  const std::size_t dot = name.find('.', 1);
  return name.starts_with('.') && dot != std::string_view::npos &&
         is_number(name.substr(1, dot - 1)) && is_number(name.substr(dot + 1));
}

// Whether the file has been removed since it was opened.
bool is_gone(const Fd& file) {
  struct stat status {};
  return ::fstat(file.get(), &status) == 0 && status.st_nlink == 0;
}

// A new file beside `path` that removes itself unless it was kept. A killed process leaves it, but
// not the lock on it (flock(2)): the next one for the same path removes it.
class Temporary {
 public:
  explicit Temporary(const std::string& path) {
    remove_abandoned(path);
    // The process id keeps concurrent runs apart; the number passes what could not be removed.
    for (int i = 0;; ++i) {
      name_ = fmt::format("{}.{}.{}{}", path, ::getpid(), i, kTemporaryEnd);
      try {
        fd_ = open_file(name_, O_WRONLY | O_CREAT | O_EXCL);
      } catch (const StoreError& error) {
        if (error.error() == EEXIST && i < 99) continue;
        name_.clear();
        throw;
      }
      // Until it is locked, it looks abandoned, and another process may remove it.
      const bool is_taken = ::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
      if ((!is_taken && !is_gone(fd_)) || i == 99) return;
    }
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }

  int fd() const { return fd_.get(); }
  const std::string& name() const { return name_; }

  static void remove_abandoned(const std::string& path) {
    namespace fs = std::filesystem;
    const std::string file = fs::path(path).filename();
    std::error_code ignored;
    for (fs::directory_iterator entry(folder_of(path), ignored), end; entry != end;
         entry.increment(ignored)) {
      if (!is_temporary_of(entry->path().filename().native(), file)) continue;
      const Fd left(::open(entry->path().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
      if (left && ::flock(left.get(), LOCK_EX | LOCK_NB) == 0) ::unlink(entry->path().c_str());
    }
  }

  void keep_as(const std::string& path) {
    if (std::rename(name_.c_str(), path.c_str()) != 0) throw StoreError("rename to", path, errno);
    name_.clear();
  }

 private:
  std::string name_;
  Fd fd_;
};

void refuse_special(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    throw StoreError(path + ": exists and is not a regular file; name another file with --out");
  }
}

}  // namespace

void write_atomically(const std::string& path, std::string_view text) {
  refuse_special(path);
  Temporary file(path);
  write_all(file.fd(), text, path);
  sync_file(file.fd(), path);
  file.keep_as(path);
  sync_folder_of(path);
}

void store(const std::string& path, const Result& result) {
  const std::string text = serialize(result);
  write_atomically(path, path.ends_with(kCompressedExtension) ? gzipped(text) : text);
}

std::string stem_of(const std::string& path) {
  std::string_view stem = path;
  for (const std::string_view extension : {kCompressedExtension, std::string_view(".json")}) {
    if (stem.ends_with(extension)) stem.remove_suffix(extension.size());
  }
  return std::string(stem);
}

void check_writable(const std::string& path) {
  refuse_special(path);
  const Temporary file(path);
  // A full file system lets a file be created but not filled.
  write_all(file.fd(), std::string(4096, '\n'), path);
  sync_file(file.fd(), path);
}

Parsed load(const std::string& path) {
  const bool is_input = path == kStandardInput;
  const Fd fd = is_input ? Fd() : open_file(path, O_RDONLY);
  std::string text = read_all(is_input ? STDIN_FILENO : fd.get(), kMaxResultBytes, path);
  try {
    if (is_gzip(text)) text = gunzipped(text, kMaxResultBytes);
    if (const std::string_view packer = foreign_packer(text); !packer.empty()) {
      throw FormatError(
          fmt::format("is compressed by {0}, and asyncbench reads gzip; unpack it with {0} -d",
                      packer),
          0);
    }
    return parse(text);
  } catch (const FormatError& error) {
    throw FormatError(fmt::format("{}: {}", path, error.what()), error.offset());
  }
}

}  // namespace asyncbench::result
