// A folder for files that nobody is to keep.
#pragma once

#include <string>

#include "core/fd.hpp"

namespace asyncbench {

// A new folder in `parent` that no other user may enter. The destructor removes it with everything
// in it. A killed process leaves its folder, but not the lock on it (flock(2)): so
// remove_abandoned() finds such folders, and the constructor calls it. Throws std::system_error
// with the operation and the folder.
class PrivateFolder {
 public:
  explicit PrivateFolder(const std::string& parent);
  ~PrivateFolder();
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;

  const std::string& path() const { return path_; }
  int fd() const { return lock_.get(); }  // the open folder

  // Removes the private folders in `parent` whose process has ended.
  static void remove_abandoned(const std::string& parent);

 private:
  std::string path_;
  Fd lock_;
};

}  // namespace asyncbench
