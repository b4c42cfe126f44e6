#include "http/response_head.hpp"

#include <array>
#include <charconv>
#include <ctime>

namespace asyncbench::http {

std::string_view DateField::at(Time at) {
  if (at >= valid_until_) {
    timespec wall{};
    clock_gettime(CLOCK_REALTIME, &wall);
    tm parts{};
    gmtime_r(&wall.tv_sec, &parts);
    std::strftime(text_, sizeof text_, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    valid_until_ = at + std::chrono::seconds(1) - Duration{wall.tv_nsec};
  }
  return {text_, sizeof text_ - 1};
}

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

void append_head(std::string& out, const ResponseHead& head, std::string_view date) {
  std::array<char, 20> digits{};
  const auto number = [&digits](std::uint64_t value) {
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()));
  };
  out += "HTTP/1.1 ";
  out += number(head.status);
  out += ' ';
  out += reason_phrase(head.status);
  out += "\r\nServer: asyncbench\r\nDate: ";
  out += date;
  out += "\r\nContent-Type: application/octet-stream\r\n";
  if (head.content_length) {
    out += "Content-Length: ";
    out += number(*head.content_length);
    out += "\r\n";
  } else if (head.chunked) {
    out += "Transfer-Encoding: chunked\r\n";
  }
  if (head.close) out += "Connection: close\r\n";
  if (head.keep_alive) out += "Connection: keep-alive\r\n";
  out += "\r\n";
}

}  // namespace asyncbench::http
