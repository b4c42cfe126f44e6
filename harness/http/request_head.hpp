// What a server accepts as the head of a request. Private to the http part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace asyncbench::http {

// Refuses a request when readers could disagree about its end or its meaning. The connection closes
// after the refusal, because nothing that follows may be taken for a request (RFC 9112, section
// 11.2). It reads whole lines where they lie and allocates nothing.
class RequestHead {
 public:
  // A new request begins.
  void begin() { *this = {}; }

  // Takes the whole lines at the front of `bytes`, up to the end of the head; returns their size.
  // Call refused() afterwards. method() and target() point into the request line as it was given.
  std::size_t lines(std::string_view bytes);

  // Refuses a line whose end has not come, when what has come is already too long or wrong.
  void unfinished_line(std::string_view line);

  // Nothing of a head has been taken since begin().
  bool untouched() const { return bytes_ == 0; }

  bool refused() const { return refusal_status_ != 0; }
  unsigned refusal_status() const { return refusal_status_; }
  const char* refusal_detail() const { return refusal_detail_; }
  void refuse(unsigned status, const char* detail);

  bool complete() const { return complete_; }
  bool has_request_line() const { return !method_.empty(); }
  std::string_view method() const { return method_; }
  std::string_view target() const { return target_; }  // in origin form, or "*"

  // The request line without its end. After relocate_request_line(), method() and target() point
  // into `copy`, which has the same content.
  std::string_view request_line() const { return request_line_; }
  void relocate_request_line(std::string_view copy);

  bool http_1_1() const { return http_1_1_; }
  bool keep_alive() const { return keep_alive_; }
  bool chunked() const { return chunked_; }
  std::uint64_t content_length() const { return content_length_; }  // 0 where none was given
  bool expects_continue() const { return expects_continue_ && http_1_1_; }

 private:
  const char* take_line(const char* at, const char* end);
  const char* take_request_line(const char* at, const char* end);
  const char* take_field(const char* at, const char* end);
  bool understand_target(std::string_view target);
  bool understand(std::string_view name, std::string_view value);
  bool add_host(std::string_view value);
  bool add_content_length(std::string_view value);
  bool add_transfer_encoding(std::string_view value);
  void end_head();

  std::string_view request_line_;
  std::string_view method_;
  std::string_view target_;
  std::string_view authority_;  // of a target in absolute form
  unsigned refusal_status_ = 0;
  const char* refusal_detail_ = "";
  std::uint64_t content_length_ = 0;
  std::size_t fields_ = 0;
  std::size_t bytes_ = 0;
  bool complete_ = false;
  bool http_1_1_ = true;
  bool has_host_ = false;
  bool has_content_length_ = false;
  bool chunked_ = false;
  bool expects_continue_ = false;
  bool says_close_ = false;
  bool says_keep_alive_ = false;
  bool keep_alive_ = true;
};

}  // namespace asyncbench::http
