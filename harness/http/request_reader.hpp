// Reads one request after the other from the bytes of a stream, for servers; does no I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace asyncbench::http {

inline constexpr std::size_t kMaxRequestHeadBytes = 16 * 1024;
inline constexpr std::size_t kMaxTargetBytes = 8 * 1024;
inline constexpr std::size_t kMaxRequestFields = 100;

// The raw head is checked by our own policy (smuggling, Host, versions: docs/faults.md K07 to K10).
// Chunked bodies are framed by Beast's basic_parser. A body is read and dropped.
class RequestReader {
 public:
  explicit RequestReader(std::uint64_t max_body_bytes = 1 << 20);
  ~RequestReader();

  enum class State : std::uint8_t {
    idle,     // between requests: no byte of the next one has come
    head,     // inside a head
    body,     // inside a body
    ready,    // a whole request: see below; feed() again after next()
    refused,  // not acceptable: answer refusal_status() and close; parse nothing more
  };
  // Takes bytes up to the end of one request; returns how many it took.
  struct Fed {
    std::size_t taken;
    State state;
  };
  Fed feed(std::span<const std::byte> bytes);

  State state() const;

  // Valid in state ready, until next() or destruction. The target may point into the bytes that
  // were fed last, so these must still exist.
  std::string_view target() const;
  std::string_view method() const;   // "GET", "HEAD", "POST" ...
  bool http_1_1() const;             // or a later 1.x; false: HTTP/1.0
  bool keep_alive() const;           // by version and Connection
  std::uint64_t body_bytes() const;  // as received, without the framing of chunks
  // In state body: whether the client waits for "100 Continue". It returns true once.
  bool take_expects_continue();

  unsigned refusal_status() const;  // 400, 413, 414, 431, 501, 505
  const char* refusal_detail() const;

  // Goes on to the next request.
  void next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace asyncbench::http
