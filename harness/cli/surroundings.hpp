// What the program makes of what it was started with, before anything else.
#pragma once

namespace asyncbench::cli {

// Leaves this process, and so each of its children, with
// - descriptors 0 to 2 open: a file that is opened later must not become standard output;
// - none of the variables that say where git, compilers, cmake and perf work: a git hook sets
//   GIT_DIR, and a checkout in a worktree of our own would go to the user's;
// - SIGPIPE and SIGXFSZ ignored: neither a reader that leaves nor a full quota of a file's size
// ends
//   a measurement; the write says it.
// Call it while there is one thread.
void settle_in();

// Whether children must not inherit a variable of this name.
bool redirects_children(const char* name);

}  // namespace asyncbench::cli
