// Bytes as gzip (RFC 1952), and back: how results are stored compressed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace asyncbench::result {

// As one member whose header has neither name nor time: the same bytes give the same file. Less
// than 4 GiB. Throws std::bad_alloc.
std::string gzipped(std::string_view bytes);

// Whether the bytes begin as gzip does. No JSON text begins so.
bool is_gzip(std::string_view bytes);

// What is packed in one member or several. Throws FormatError, with the offset in `packed`, for
// data that is cut off or damaged, that something else follows, or that unpacks to more than
// `limit` bytes: a small file can be made to unpack to a thousand times its size.
std::string gunzipped(std::string_view packed, std::size_t limit);

// The program that packed the bytes, by how they begin: "zstd", "xz", "bzip2"; empty for any other
// content, gzip included.
std::string_view foreign_packer(std::string_view bytes);

}  // namespace asyncbench::result
