#include "core/private_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace asyncbench {
namespace {

constexpr std::string_view kPrefix = "asyncbench-files-";
constexpr std::string_view kUnique = "XXXXXX";  // mkdtemp(3) replaces it

enum class Lock { ours, taken, none };

// Locks the folder until its descriptor is closed. `none` means that the file system has no locks;
// there, no folder is ever taken for abandoned.
Lock lock(int folder) {
  if (::flock(folder, LOCK_EX | LOCK_NB) == 0) return Lock::ours;
  return errno == EWOULDBLOCK ? Lock::taken : Lock::none;
}

Fd open_folder(const std::string& path) {
  return Fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
}

// Whether a folder of that name was made here: others may begin their folders' names alike.
bool is_ours(std::string_view name, const Fd& folder) {
  struct stat status {};
  return name.starts_with(kPrefix) && name.size() == kPrefix.size() + kUnique.size() &&
         ::fstat(folder.get(), &status) == 0 && status.st_uid == ::geteuid() &&
         (status.st_mode & ALLPERMS) == S_IRWXU;
}

[[noreturn]] void refuse(const std::string& operation) {
  throw std::system_error(errno, std::system_category(), operation);
}

}  // namespace

PrivateFolder::PrivateFolder(const std::string& parent) {
  remove_abandoned(parent);
  // Until it is locked, a new folder looks abandoned, and another process may remove it.
  while (true) {
    path_ = parent + '/';
    path_ += kPrefix;
    path_ += kUnique;
    if (::mkdtemp(path_.data()) == nullptr) refuse("no folder can be made in " + parent);
    lock_ = open_folder(path_);
    if (!lock_ && errno != ENOENT) refuse("opening " + path_);
    if (lock_ && lock(lock_.get()) != Lock::taken && ::access(path_.c_str(), F_OK) == 0) return;
  }
}

PrivateFolder::~PrivateFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void PrivateFolder::remove_abandoned(const std::string& parent) {
  std::error_code ignored;
  for (std::filesystem::directory_iterator entry(parent, ignored), end; entry != end;
       entry.increment(ignored)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(kPrefix)) continue;
    const Fd folder = open_folder(entry->path().string());
    if (!folder || !is_ours(name, folder) || lock(folder.get()) != Lock::ours) continue;
    std::filesystem::remove_all(entry->path(), ignored);
  }
}

}  // namespace asyncbench
