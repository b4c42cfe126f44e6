// JSON text to values, refusing what a careless parser lets through. Internal to this part.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace asyncbench::result {

inline constexpr std::size_t kMaxDepth = 64;
inline constexpr std::size_t kMaxFields = 4096;

// Throws FormatError: see parse() in json.hpp for what is refused.
nlohmann::ordered_json parse_strict(std::string_view text);

// Where the value at a path such as "/cells/0/trials" starts or, for a scalar, about where it ends;
// 0 when there is none. The text has passed parse_strict().
std::size_t offset_of(std::string_view text, const std::string& path);

}  // namespace asyncbench::result
