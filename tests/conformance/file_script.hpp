// What scripts over files share.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

#include "core/op.hpp"

namespace asyncbench::conformance {

// The index of the file that `opened` says.
inline int index_of(const Completion& opened) { return static_cast<int>(opened.size); }

inline void put(std::span<std::byte> into, std::string_view text) {
  std::memcpy(into.data(), text.data(), text.size());
}

}  // namespace asyncbench::conformance
