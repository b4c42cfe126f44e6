// Results as files: written whole or not at all.
#pragma once

#include <string>
#include <string_view>

#include "result/json.hpp"
#include "result/storage.hpp"

namespace asyncbench::result {

// Puts `text` at `path`: a temporary file in the same folder, fsync, rename, fsync of the folder.
// A reader sees the old content or the new one, even after a crash in between; on an error the old
// content stays and no temporary file is left. Throws StoreError.
void write_atomically(const std::string& path, std::string_view text);

// Whether write_atomically() could work: to be asked before anything is measured. Creates a file
// in the folder and removes it. Refuses a path that exists and is no regular file, because the
// rename would replace a device or a link. Throws StoreError.
void check_writable(const std::string& path);

// Reads a result. Throws StoreError when the file cannot be read, FormatError, with the path in
// its message, when it is no result.
Parsed load(const std::string& path);

}  // namespace asyncbench::result
