// What both of libcurl's interfaces need of a transfer: a handle that is used again and again.
#pragma once

#include <curl/curl.h>

#include "minimal.hpp"

namespace minimal {

class Transfer {
 public:
  explicit Transfer(const Work& work) : bytes_(work.bytes), handle_(curl_easy_init()) {
    const std::string url = "http://127.0.0.1:" + std::to_string(work.port) + path_of(work);
    curl_easy_setopt(handle_, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle_, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
    curl_easy_setopt(handle_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle_, CURLOPT_BUFFERSIZE, long{kReceiveBytes});
    curl_easy_setopt(handle_, CURLOPT_PRIVATE, this);
    curl_easy_setopt(handle_, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(
        handle_, CURLOPT_WRITEFUNCTION, +[](char*, std::size_t, std::size_t size, void* self) {
          static_cast<Transfer*>(self)->received_ += size;
          return size;
        });
  }

  CURL* handle() const { return handle_; }

  void ended(CURLcode code) {
    long status = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK || status != 200 || received_ != bytes_) fail(curl_easy_strerror(code));
    received_ = 0;
    requests_done.fetch_add(1, std::memory_order_relaxed);
  }

 private:
  std::size_t bytes_;
  CURL* handle_;
  std::size_t received_ = 0;
};

}  // namespace minimal
