// Results as files: written whole or not at all, plain or compressed.
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

// What the name of a file ends in that store() compresses. load() goes by the content.
inline constexpr std::string_view kCompressedExtension = ".gz";

// Writes a result in the same way, as gzip where the name asks for it. Throws StoreError.
void store(const std::string& path, const Result& result);

// The path without the ending of a result, ".json" or ".json.gz": what names of files beside it are
// made of.
std::string stem_of(const std::string& path);

// Whether write_atomically() could work: to be asked before anything is measured. Creates a file
// in the folder and removes it. Refuses a path that exists and is no regular file, because the
// rename would replace a device or a link. Throws StoreError.
void check_writable(const std::string& path);

// The path that stands for standard input.
inline constexpr std::string_view kStandardInput = "-";

// Reads a result, plain or gzip, whatever its name, also from a pipe. Throws StoreError when the
// file cannot be read, FormatError, with the path in its message, when it is no result.
Parsed load(const std::string& path);

}  // namespace asyncbench::result
