#include "result/gzip.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <new>
#include <utility>

#include "result/json.hpp"

namespace asyncbench::result {
namespace {

constexpr std::string_view kMagic = "\x1f\x8b";
constexpr int kWindowBits = 15 + 16;  // the greatest window, and gzip's header: zlib.h

Bytef* bytes_of(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

// zlib's state, ended in any case.
struct Stream : z_stream {
  explicit Stream(int (*end_with)(z_streamp)) : z_stream{}, end(end_with) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { end(this); }

  int (*end)(z_streamp);
};

}  // namespace

std::string gzipped(std::string_view bytes) {
  assert(bytes.size() <= std::numeric_limits<uInt>::max());
  Stream stream(deflateEnd);
  constexpr int kMemory = 8;  // zlib's default
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kWindowBits, kMemory,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = bytes_of(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = bytes_of(packed);
  stream.avail_out = static_cast<uInt>(packed.size());
  // deflateBound() left room for all of it.
  [[maybe_unused]] const int status = deflate(&stream, Z_FINISH);
  assert(status == Z_STREAM_END);
  packed.resize(stream.total_out);
  return packed;
}

bool is_gzip(std::string_view bytes) { return bytes.starts_with(kMagic); }

std::string gunzipped(std::string_view packed, std::size_t limit) {
  Stream stream(inflateEnd);
  if (inflateInit2(&stream, kWindowBits) != Z_OK) throw std::bad_alloc();
  const auto offset = [&] { return packed.size() - stream.avail_in; };
  const auto refuse = [&](const std::string& what) {
    return FormatError(fmt::format("byte {} of the compressed file: {}", offset(), what), offset());
  };
  constexpr const char* kCopyAgain = "copy the file again from where it was made, or measure again";
  stream.next_in = bytes_of(packed);
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string text;
  for (;;) {
    constexpr std::size_t kStep = 256 * 1024;
    const std::size_t size = text.size();
    text.resize(size + kStep);
    stream.next_out = bytes_of(text) + size;
    stream.avail_out = kStep;
    const int status = inflate(&stream, Z_NO_FLUSH);
    text.resize(size + kStep - stream.avail_out);
    if (text.size() > limit) {
      throw refuse(fmt::format("unpacks to more than {} bytes: not a result of asyncbench", limit));
    }
    if (status == Z_STREAM_END) {
      if (stream.avail_in == 0) return text;
      if (!is_gzip(packed.substr(offset()))) {
        throw refuse(fmt::format("{} bytes follow the end of the compressed data; {}",
                                 stream.avail_in, kCopyAgain));
      }
      inflateReset(&stream);
    } else if (status == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      throw refuse(fmt::format("the compressed data is damaged ({}); {}",
                               stream.msg == nullptr ? "no reason given" : stream.msg, kCopyAgain));
    } else if (stream.avail_in == 0 && stream.avail_out != 0) {
      throw refuse(fmt::format("the compressed data ends early; {}", kCopyAgain));
    }
  }
}

std::string_view foreign_packer(std::string_view bytes) {
  using namespace std::string_view_literals;
  constexpr std::array kPackers = {
      std::pair{"\x28\xb5\x2f\xfd"sv, "zstd"sv},
      std::pair{"\xfd\x37zXZ\0"sv, "xz"sv},
      std::pair{"BZh"sv, "bzip2"sv},
  };
  const auto* const found = std::ranges::find_if(
      kPackers, [&](const auto& each) { return bytes.starts_with(each.first); });
  return found == kPackers.end() ? ""sv : found->second;
}

}  // namespace asyncbench::result
