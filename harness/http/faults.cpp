#include "http/faults.hpp"

#include <algorithm>
#include <utility>

#include "http/body.hpp"
#include "http/origin_path.hpp"

namespace asyncbench::http {
namespace {

using namespace fault_step;
using namespace std::chrono_literals;
using namespace std::string_literals;
using Steps = std::vector<FaultStep>;
using Outcomes = std::vector<Outcome>;

const std::string kOk = "HTTP/1.1 200 OK\r\n";
const std::string kLength = "Content-Length: 12\r\n";
const std::string kChunked = "Transfer-Encoding: chunked\r\n";
const std::string kEnd = "\r\n";
const std::string kReplyHead = kOk + kLength + kEnd;

// The body that a client expects from /fault/ID. It is as long as the body of any path that names
// no size.
std::string body_of(const std::string& id) {
  const auto bytes = body_slice(body_phase("/fault/" + id), 0, OriginPath{}.body_bytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string chunked_body_of(const std::string& id, const std::string& trailers = "") {
  const std::string body = body_of(id);
  return "5\r\n" + body.substr(0, 5) + "\r\n7\r\n" + body.substr(5) + "\r\n0\r\n" + trailers + kEnd;
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string result;
  result.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

class Catalogue {
 public:
  FaultScript& add(std::string id, std::string summary, Steps steps, Outcomes outcomes,
                   Outcomes curl_outcomes = {}) {
    scripts_.push_back({.id = std::move(id),
                        .summary = std::move(summary),
                        .steps = std::move(steps),
                        .outcomes = std::move(outcomes),
                        .curl_outcomes = std::move(curl_outcomes)});
    return scripts_.back();
  }

  // A well-formed reply with the expected body; the connection goes on after it.
  FaultScript& control(const std::string& id, std::string summary, const std::string& head) {
    return add(id, std::move(summary), {SendBytes{head + body_of(id)}, KeepAlive{}}, {Outcome::ok});
  }

  // Bytes that a client must refuse without waiting for more: no more come, nor an end of the
  // stream.
  FaultScript& refused(std::string id, std::string summary, std::string bytes, Outcome outcome,
                       Outcomes curl_outcomes = {}) {
    return add(std::move(id), std::move(summary), {SendBytes{std::move(bytes)}, Stall{}}, {outcome},
               std::move(curl_outcomes));
  }

  // A malformed head with a body: a lax client would take this for a good response.
  FaultScript& bad_head(const std::string& id, std::string summary, const std::string& head) {
    return refused(id, std::move(summary), head + body_of(id), Outcome::protocol);
  }

  std::vector<FaultScript> take() { return std::move(scripts_); }

 private:
  std::vector<FaultScript> scripts_;
};

void add_controls(Catalogue& all) {
  all.control("C0-length", "Content-Length", kReplyHead);
  all.add("C0-chunked", "chunked",
          {SendBytes{kOk + kChunked + kEnd + chunked_body_of("C0-chunked")}, KeepAlive{}},
          {Outcome::ok});
  all.add("C0-close", "a body that ends with the connection",
          {SendBytes{kOk + kEnd + body_of("C0-close")}, Close{}}, {Outcome::ok});
  all.add("C0-drip", "written byte by byte",
          {Drip{kReplyHead + body_of("C0-drip"), 1ms}, KeepAlive{}}, {Outcome::ok});
  all.add("C0-trailers", "chunked with trailers",
          {SendBytes{kOk + kChunked + kEnd +
                     chunked_body_of("C0-trailers", "Digest: none\r\nX-Checked: yes\r\n")},
           KeepAlive{}},
          {Outcome::ok});
  all.add("C0-extensions", "chunk sizes with extensions",
          {SendBytes{kOk + kChunked + kEnd + "C;a=\"b c\";d\r\n" + body_of("C0-extensions") +
                     "\r\n000 ;e\r\n\r\n"},
           KeepAlive{}},
          {Outcome::ok});
  all.control("C0-twice", "the same Content-Length twice", kOk + kLength + kLength + kEnd);
  all.control("C0-list", "Content-Length as a list of one number",
              kOk + "Content-Length: 12, 12\r\n\r\n");
  all.control(
      "C0-interim", "100 and 103 before the reply",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + kReplyHead);
  all.control("C0-folded", "a folded field", kOk + "X-Note: one\r\n\ttwo\r\n" + kLength + kEnd);
  all.add("C0-304", "304 with Content-Length",
          {SendBytes{"HTTP/1.1 304 Not Modified\r\n" + kLength + kEnd}, KeepAlive{}},
          {Outcome::ok});
  all.add("C0-head", "the answer to HEAD, with Content-Length",
          {SendBytes{kReplyHead}, KeepAlive{}}, {Outcome::ok})
      .head_method = true;
}

void add_ends(Catalogue& all) {
  all.add("S04", "RST as soon as the connection is accepted", {Reset{}}, {Outcome::reset})
      .before_request = true;
  all.add("S05", "FIN after the request", {Close{}}, {Outcome::eof_before_response});
  all.add("S06", "RST after the request", {Reset{}}, {Outcome::reset});
  all.add("S07", "no answer", {Stall{}}, {Outcome::timeout_headers});
  all.add("S08", "a head that drips, a byte every 100 ms",
          {Drip{kOk + repeated("X-Slow: abcdefgh\r\n", 500), 100ms}, Stall{}},
          {Outcome::timeout_headers});
  all.add("S09", "FIN within the status line", {SendBytes{"HTTP/1.1 20"}, Close{}},
          {Outcome::truncated}, {Outcome::eof_before_response});
  all.add("S10", "FIN within the head", {SendBytes{kOk + kLength}, Close{}}, {Outcome::truncated});
  all.add("S10-line", "FIN after the status line", {SendBytes{kOk}, Close{}}, {Outcome::truncated});
  all.add("S10-wrong", "FIN within a line of the head that is wrong so far",
          {SendBytes{kOk + "X-Bad\x01"}, Close{}}, {Outcome::protocol}, {Outcome::truncated});
  all.add("S11", "FIN after an interim response",
          {SendBytes{"HTTP/1.1 100 Continue\r\n\r\n"}, Close{}}, {Outcome::truncated});
  const std::string part = kOk + "Content-Length: 1000\r\n\r\n" + repeated("x", 100);
  all.add("S12", "FIN after 100 of 1,000 bytes", {SendBytes{part}, Close{}}, {Outcome::truncated});
  all.add("S13", "RST after 100 of 1,000 bytes", {SendBytes{part}, Pause{20ms}, Reset{}},
          {Outcome::reset});
  all.add("S14", "silence after 5 of 10 bytes",
          {SendBytes{kOk + "Content-Length: 10\r\n\r\nhello"}, Stall{}}, {Outcome::timeout_body});
  all.add("S15", "FIN before the last chunk",
          {SendBytes{kOk + kChunked + "\r\n5\r\nhello\r\n"}, Close{}}, {Outcome::truncated});
}

void add_bad_chunks(Catalogue& all) {
  const std::string head = kOk + kChunked + kEnd;
  const auto bad = [&](std::string id, std::string summary, const std::string& body) {
    all.refused(std::move(id), std::move(summary), head + body, Outcome::protocol);
  };
  bad("S16-letters", "a chunk size that is not a number", "ZZ\r\nhello\r\n0\r\n\r\n");
  bad("S16-negative", "a negative chunk size", "-5\r\nhello\r\n0\r\n\r\n");
  bad("S16-blanks", "a chunk size with blanks behind it", "5 \r\nhello\r\n0\r\n\r\n");
  bad("S17", "a chunk size of more than 64 bits", "fffffffffffffffff\r\nhello\r\n0\r\n\r\n");
  bad("S17-zeros", "a chunk size of 17 digits, zeros in front",
      "00000000000000005\r\nhello\r\n0\r\n\r\n");
  bad("S18", "chunk data longer than its size", "3\r\nhello\r\n0\r\n\r\n");
  bad("S19", "chunk lines that end with LF alone", "c\n" + body_of("S19") + "\n0\n\n");
  bad("S34", "NUL in a trailer", "5\r\nhello\r\n0\r\nX-Bad: a\0b\r\n\r\n"s);
  bad("S34-folded", "a folded trailer", "5\r\nhello\r\n0\r\nX-Bad: a\r\n b\r\n\r\n");
}

void add_bad_heads(Catalogue& all) {
  all.bad_head("S20", "Content-Length and Transfer-Encoding",
               kOk + kLength + kChunked + kEnd + chunked_body_of("S20"));
  all.bad_head("S21", "two Content-Length that differ",
               kOk + kLength + "Content-Length: 3\r\n\r\n");
  all.bad_head("S22", "Content-Length with letters", kOk + "Content-Length: 12abc\r\n\r\n");
  all.bad_head("S23", "Content-Length of more than 64 bits",
               kOk + "Content-Length: 18446744073709551628\r\n\r\n");
  all.bad_head("S24", "negative Content-Length", kOk + "Content-Length: -12\r\n\r\n");
  all.bad_head("S25", "chunked is not the last transfer coding",
               kOk + "Transfer-Encoding: chunked, identity\r\n\r\n");
  all.bad_head("S26", "an unknown transfer coding", kOk + "Transfer-Encoding: gobble\r\n\r\n");
  all.bad_head("S27", "version HTTP/2.0", "HTTP/2.0 200 OK\r\n" + kLength + kEnd);
  all.bad_head("S28-http12", "version HTTP/1.2", "HTTP/1.2 200 OK\r\n" + kLength + kEnd);
  all.bad_head("S28-httx", "a protocol other than HTTP", "HTTX/1.1 200 OK\r\n" + kLength + kEnd);
  all.bad_head("S28-status99", "status 99", "HTTP/1.1 99 Low\r\n" + kLength + kEnd);
  all.bad_head("S28-status1000", "status 1000", "HTTP/1.1 1000 High\r\n" + kLength + kEnd);
  all.refused("S28-garbage", "binary garbage",
              "\x16\x03\x01\x02\x00\x01\x00\xff\xfe\x00\x80\x81\x82\x83\x84\x85"s,
              Outcome::protocol);
  all.refused("S28-http09", "a body without any head", "<html>hello world</html>\n",
              Outcome::protocol);
  all.bad_head("S29-no-colon", "a field without a colon", kOk + "Nonsense\r\n" + kLength + kEnd);
  all.bad_head("S29-nul", "NUL in a field", kOk + "X-Bad: a\0b\r\n"s + kLength + kEnd);
  all.add("S29-nul-line", "NUL at the start of a line, FIN after the body",
          {SendBytes{kOk + "\0X-Bad: a\r\n"s + kLength + kEnd + body_of("S29-nul-line")}, Close{}},
          {Outcome::protocol}, {Outcome::truncated});
  all.bad_head("S30-bare-cr", "CR within a value", kOk + "X-Bad: a\rb\r\n" + kLength + kEnd);
  all.bad_head("S30-space", "a space before a colon", kOk + "Content-Length : 12\r\n\r\n");
  all.bad_head("S30-lf-only", "lines that end with LF alone",
               "HTTP/1.1 200 OK\nContent-Length: 12\n\n");
  all.refused("S33", "101 without a request for it",
              "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
              Outcome::protocol);
}

void add_excess(Catalogue& all) {
  const std::string line = "X-Big: " + repeated("a", 128U << 10U) + kEnd;
  all.refused("S31-line", "one field of 128 KiB", kOk + line + kLength + kEnd, Outcome::limit);
  all.refused("S31-head", "a head of 400 KB",
              kOk + repeated("X-Big: " + repeated("a", 3989) + kEnd, 100) + kLength + kEnd,
              Outcome::limit);
  all.refused("S32-fields", "5,001 fields", kOk + repeated("A: b\r\n", 5000) + kLength + kEnd,
              Outcome::limit);
  all.refused("S32-interim", "2,000 interim responses",
              repeated("HTTP/1.1 103 Early Hints\r\n\r\n", 2000) + kReplyHead, Outcome::limit);
  all.refused("S35", "a body of a tebibyte, by Content-Length",
              kOk + "Content-Length: 1099511627776\r\n\r\n" + body_of("S35"), Outcome::limit);
  all.refused("S35-chunked", "a body of a tebibyte, by its first chunk's size",
              kOk + kChunked + "\r\n10000000000\r\n" + body_of("S35-chunked"), Outcome::limit);
}

void add_reuse(Catalogue& all) {
  const std::string surplus = "surplus";
  all.add("S36-surplus", "bytes after the body",
          {SendBytes{kReplyHead + body_of("S36-surplus") + surplus}, KeepAlive{}}, {Outcome::ok});
  all.add("S36-204", "204 with a body",
          {SendBytes{"HTTP/1.1 204 No Content\r\n\r\n" + surplus}, KeepAlive{}}, {Outcome::ok});
  all.add("S36-head", "the answer to HEAD with a body",
          {SendBytes{kReplyHead + body_of("S36-head")}, KeepAlive{}}, {Outcome::ok})
      .head_method = true;
  // A client that has sent its next request by then cannot know that the bytes do not answer it,
  // but it can see that they are not a response.
  all.add("S37", "bytes that answer nothing, 20 ms after a good reply",
          {SendBytes{kReplyHead + body_of("S37")}, Pause{20ms}, SendBytes{surplus}, KeepAlive{}},
          {Outcome::ok, Outcome::protocol});
  all.add("S38-close", "FIN as the connection is reused", {Close{}}, {Outcome::ok}).only_reused =
      true;
  all.add("S38-reset", "RST as the connection is reused", {Reset{}}, {Outcome::ok}).only_reused =
      true;
  all.add("S39", "Connection: close, but it stays open",
          {SendBytes{kOk + "Connection: close\r\n" + kLength + kEnd + body_of("S39")}, Stall{}},
          {Outcome::ok});
}

void add_statuses_and_content(Catalogue& all) {
  const auto status = [&](const std::string& id, const std::string& line) {
    all.add(id, line,
            {SendBytes{"HTTP/1.1 " + line + kEnd + kLength + kEnd + body_of(id)}, KeepAlive{}},
            {Outcome::http_status});
  };
  status("S40-302", "302 Found\r\nLocation: /");
  status("S40-404", "404 Not Found");
  status("S40-429", "429 Too Many Requests\r\nRetry-After: 1");
  status("S40-503", "503 Service Unavailable");

  std::string flipped = body_of("S41");
  flipped[7] = static_cast<char>(flipped[7] ^ 0x10);
  all.add("S41", "one bit of the body flipped", {SendBytes{kReplyHead + flipped}, KeepAlive{}},
          {Outcome::content_mismatch});
}

// A bad network's effects, at fixed times.
void add_toxics(Catalogue& all) {
  const auto reply = [](const std::string& id) { return kReplyHead + body_of(id); };
  all.add("S42-latency", "the reply comes 30 ms late",
          {Pause{30ms}, SendBytes{reply("S42-latency")}, KeepAlive{}}, {Outcome::ok});
  const std::string jittered = reply("S42-jitter");
  all.add("S42-jitter", "pauses of changing length within the reply",
          {Pause{3ms}, SendBytes{jittered.substr(0, 9)}, Pause{17ms},
           SendBytes{jittered.substr(9, 20)}, Pause{1ms}, SendBytes{jittered.substr(29, 15)},
           Pause{11ms}, SendBytes{jittered.substr(44)}, KeepAlive{}},
          {Outcome::ok});
  all.add("S42-bandwidth", "one byte every 2 ms", {Drip{reply("S42-bandwidth"), 2ms}, KeepAlive{}},
          {Outcome::ok});
  const std::string sliced = reply("S42-slicer");
  Steps slices;
  for (std::size_t at = 0; at < sliced.size(); at += 3) {
    slices.emplace_back(SendBytes{sliced.substr(at, 3)});
    slices.emplace_back(Pause{200us});
  }
  slices.emplace_back(KeepAlive{});
  all.add("S42-slicer", "cut into pieces of three bytes", std::move(slices), {Outcome::ok});
  all.add("S42-slow-close", "the connection's end, which ends the body, comes 50 ms late",
          {SendBytes{kOk + kEnd + body_of("S42-slow-close")}, Pause{50ms}, Close{}}, {Outcome::ok});
  all.add("S42-timeout", "the reply's first half, then silence",
          {SendBytes{kReplyHead + body_of("S42-timeout").substr(0, 6)}, Stall{}},
          {Outcome::timeout_body});
  all.add("S42-reset", "the reply's first half, then RST 20 ms later",
          {SendBytes{kReplyHead + body_of("S42-reset").substr(0, 6)}, Pause{20ms}, Reset{}},
          {Outcome::reset});
}

std::vector<FaultScript> make_catalogue() {
  Catalogue all;
  add_controls(all);
  add_ends(all);
  add_bad_chunks(all);
  add_bad_heads(all);
  add_excess(all);
  add_reuse(all);
  add_statuses_and_content(all);
  add_toxics(all);
  return all.take();
}

}  // namespace

std::span<const FaultScript> all_faults() {
  static const std::vector<FaultScript> catalogue = make_catalogue();
  return catalogue;
}

const FaultScript* find_fault(std::string_view id) {
  const auto faults = all_faults();
  const auto found = std::ranges::find(faults, id, &FaultScript::id);
  return found == faults.end() ? nullptr : &*found;
}

}  // namespace asyncbench::http
