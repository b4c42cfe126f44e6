// A folder for the files of one participant.
#pragma once

#include <string>

#include "core/fd.hpp"

namespace asyncbench::workloads {

// A new folder in `parent` that no other user may enter, removed with everything in it by the
// destructor. A process that is killed cannot do that: it leaves the folder, but not the lock on it
// (flock(2)), by which remove_abandoned() knows it, and so does whoever makes the next one. Throws
// std::system_error with the operation and the folder.
class PrivateFolder {
 public:
  explicit PrivateFolder(const std::string& parent);
  ~PrivateFolder();
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;

  const std::string& path() const { return path_; }
  int fd() const { return lock_.get(); }  // of the folder itself

  // Removes those in `parent` whose process has ended.
  static void remove_abandoned(const std::string& parent);

 private:
  std::string path_;
  Fd lock_;
};

// Where those go that nobody named a parent for: $TMPDIR, or else /tmp.
std::string temporary_folder();

}  // namespace asyncbench::workloads
