// The embedded origin's reply to one request: what the path asks for, as the bytes of a response.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/time.hpp"
#include "http/origin_path.hpp"
#include "http/request_reader.hpp"
#include "http/response_head.hpp"
#include "workloads/made_replies.hpp"

namespace asyncbench::workloads {

// Makes one reply after the other, for one connection.
class OriginReply {
 public:
  // An output of this size is sent before more is appended to it.
  static constexpr std::size_t kOutputBytes = 64 * 1024;

  // Reads what the request asks for, while the reader holds it.
  void begin(const http::RequestReader& request);
  const http::OriginPath& path() const { return path_; }
  // Whether the connection closes behind the reply.
  bool closes() const { return closes_; }
  // Answers with that status instead of the path's: a gateway's backend has failed (502).
  void answer_instead(unsigned status);

  void append_head(std::string& output, Time at);

  // Head and body, where the connection asks for the same plain reply again: instead of appending
  // them. Null: they have to be appended. The bytes stay until the next call of begin().
  const std::string* repeated(MadeReplies& replies, Time at);

  // The body follows its head in one of two ways. A long body of known length is sent from the
  // table, in slices, without a copy; any other is appended to the output until the output is full.
  bool goes_in_slices() const;
  std::span<const std::byte> take_slice();
  void append_body(std::string& output);

  // Whether the body has been appended or taken as a whole.
  bool is_whole() const { return body_sent_ == body_bytes_; }
  std::uint64_t body_bytes() const { return body_bytes_; }

 private:
  void look_up(std::string_view target);
  void append_chunks(std::string& output);

  std::string last_target_;  // the requests of a connection are often alike: each is parsed once
  bool is_repeated_ = false;
  std::shared_ptr<const MadeReply> made_;  // to last_target_
  http::OriginPath path_;
  std::size_t phase_ = 0;
  http::Framing framing_ = http::Framing::length;
  bool is_head_ = false;
  bool has_body_ = true;
  bool closes_ = false;
  bool says_keep_alive_ = false;
  std::uint64_t body_bytes_ = 0;
  std::uint64_t body_sent_ = 0;  // appended or taken
  http::DateField date_;
};

}  // namespace asyncbench::workloads
