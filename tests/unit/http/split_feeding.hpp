// Feeds a reader the same bytes in every way in which a network could cut them.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace asyncbench::http {

// All ways to cut `bytes` in two, every byte by itself, and the whole. Long texts are cut in two
// only at some places.
inline std::vector<std::vector<std::string>> all_cuts(const std::string& bytes) {
  std::vector<std::vector<std::string>> cuts{{bytes}};
  const std::size_t stride = 1 + bytes.size() / 2'000;
  for (std::size_t at = 1; at < bytes.size(); at += stride) {
    cuts.push_back({bytes.substr(0, at), bytes.substr(at)});
  }
  if (bytes.size() < 20'000) {
    std::vector<std::string> single;
    for (const char c : bytes) single.emplace_back(1, c);
    cuts.push_back(std::move(single));
  }
  return cuts;
}

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace asyncbench::http
