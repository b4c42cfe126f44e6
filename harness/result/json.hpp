// The result as JSON text, as results/schema/result-1.schema.json has it.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "result/result.hpp"

namespace asyncbench::result {

// No larger file is read: results of thousands of cells stay far below.
inline constexpr std::size_t kMaxResultBytes = std::size_t{512} * 1024 * 1024;

// The text cannot be used as a result; exit code 2. The message names what is wrong, where (field
// and byte offset), and the remedy where there is one.
class FormatError : public std::runtime_error {
 public:
  FormatError(const std::string& message, std::size_t offset)
      : std::runtime_error(message), offset_(offset) {}

  // The byte where the trouble is, from 0.
  std::size_t offset() const { return offset_; }

 private:
  std::size_t offset_;
};

struct Parsed {
  Result result;
  // Paths ("/cells/0/color") of fields that this program does not know. Only a file of a higher
  // minor version may have such: a program that knows them wrote it.
  std::vector<std::string> ignored;
};

// Ends with a line feed. Bytes that are not UTF-8 are replaced by U+FFFD. Throws std::logic_error
// when a figure is not finite, which is a bug of whoever put it there.
std::string serialize(const Result& result);

// Strict: what is malformed, missing, unknown or of another type, a field given twice, a number out
// of range, nesting deeper than 64, more than 4096 fields an object, more than kMaxResultBytes, or
// a newer major version is an error. Throws FormatError.
Parsed parse(std::string_view text);

}  // namespace asyncbench::result
