// A folder of this user's own, for as long as the object lives.
#pragma once

#include <string>

namespace asyncbench::workloads {

class PrivateFolder {
 public:
  // A new one below $TMPDIR, or below /tmp, that nobody else may enter. Throws std::system_error
  // naming the operation and the path.
  PrivateFolder();
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  ~PrivateFolder();  // with all that is in it

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace asyncbench::workloads
