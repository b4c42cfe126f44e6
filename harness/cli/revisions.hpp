// Revisions of a repository of the user's, checked out beside his work.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/fd.hpp"

namespace asyncbench::cli {

struct Revision {
  std::string name;           // as given: anything git understands
  std::string commit;         // its whole hash
  std::filesystem::path top;  // of the repository
};

// The revision in the repository that `folder` is in. Throws CommandError (exit 2): no repository
// (`without` says what to do then), or a revision that it does not know.
Revision find_revision(const std::filesystem::path& folder, const std::string& name,
                       const std::string& without);

// Says on stderr that edits which are not committed are not measured, where `name` is HEAD and the
// repository that `folder` is in has any.
void note_uncommitted(const std::filesystem::path& folder, const std::string& name);

// One process at a time works in a folder, which is made where it is missing. Children inherit the
// lock: what a killed gate has started may still be at work there. The constructor waits, and says
// so on stderr; it throws CommandError (exit 6) for a folder that cannot be written.
class WorkLock {
 public:
  explicit WorkLock(const std::filesystem::path& folder);

 private:
  Fd fd_;
};

// Runs a program that has to succeed; `what` is what it does: "checking out".
using Must = std::function<void(std::vector<std::string> arguments, std::string_view what)>;

// A Must whose programs write into `log`. It throws CommandError (exit 2) with the last words of
// one that fails, and whose revision it was.
Must must_succeed(const std::filesystem::path& log, const std::string& revision);

// The revision in `source`, a worktree that is made where it is missing or unfinished, and for
// which the caller holds a lock. Throws CommandError (exit 2) for a folder there that is none of
// ours: a checkout would overwrite what it holds.
void check_out_at(const std::filesystem::path& source, const Revision& revision, const Must& must);

}  // namespace asyncbench::cli
