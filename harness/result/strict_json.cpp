#include "result/strict_json.hpp"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <vector>

#include "result/json.hpp"

namespace asyncbench::result {
namespace {

using nlohmann::ordered_json;

// Reads text and lets others see how far the parser has come, which its events do not tell.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, std::size_t* passed) : at_(at), passed_(passed) {}

  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    ++*passed_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  std::size_t* passed_;
};

// Sees every event of a parse and keeps the path to the current value.
class Walker : public nlohmann::json_sax<ordered_json> {
 public:
  explicit Walker(const std::size_t& passed) : passed_(passed) {}

  bool null() override { return value(); }
  bool boolean(bool) override { return value(); }
  bool number_integer(number_integer_t) override { return value(); }
  bool number_unsigned(number_unsigned_t) override { return value(); }
  bool number_float(number_float_t, const string_t&) override { return value(); }
  bool string(string_t&) override { return value(); }
  bool binary(binary_t&) override { return value(); }
  bool start_object(std::size_t) override { return open(true); }
  bool start_array(std::size_t) override { return open(false); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    Level& level = levels_.back();
    if (!level.names.insert(name).second) {
      throw FormatError(fmt::format("byte {}: the field \"{}\" of \"{}\" is given twice", passed_,
                                    name, parent_path()),
                        passed_);
    }
    if (level.names.size() > kMaxFields) {
      throw FormatError(
          fmt::format("byte {}: more than {} fields in one object", passed_, kMaxFields), passed_);
    }
    level.name = name;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    const std::size_t offset = position > 0 ? position - 1 : passed_;
    std::string_view text = error.what();
    // "[json.exception.parse_error.101] parse error at line 1, column 2: what" becomes "what".
    if (const auto cut = text.find("] "); cut != text.npos) text.remove_prefix(cut + 2);
    if (const auto cut = text.find(": "); cut != text.npos) text.remove_prefix(cut + 2);
    throw FormatError(fmt::format("byte {}: not JSON: {}", offset, text), offset);
  }

 protected:
  // The value at path() starts (structured) or has just been read (scalar).
  virtual void reached() {}

  std::string path() const {
    std::string path;
    for (const Level& level : levels_) {
      path += level.object ? "/" + level.name : fmt::format("/{}", level.index);
    }
    return path;
  }

  const std::size_t& passed_;

 private:
  struct Level {
    bool object;
    std::string name;       // of the current field
    std::size_t index = 0;  // of the current element
    std::unordered_set<std::string> names;
  };

  std::string parent_path() const {
    const std::string whole = path();
    return whole.substr(0, whole.rfind('/'));
  }

  bool value() {
    reached();
    next();
    return true;
  }
  bool open(bool object) {
    reached();
    if (levels_.size() == kMaxDepth) {
      throw FormatError(fmt::format("byte {}: nested deeper than {} levels", passed_, kMaxDepth),
                        passed_);
    }
    levels_.push_back({.object = object});
    return true;
  }
  bool close() {
    levels_.pop_back();
    next();
    return true;
  }
  void next() {
    if (!levels_.empty() && !levels_.back().object) ++levels_.back().index;
  }

  std::vector<Level> levels_;
};

class Locator : public Walker {
 public:
  Locator(const std::size_t& passed, const std::string& path) : Walker(passed), path_(path) {}
  std::size_t found() const { return found_; }

 private:
  void reached() override {
    if (found_ == 0 && path() == path_) found_ = passed_ - 1;
  }

  const std::string& path_;
  std::size_t found_ = 0;
};

}  // namespace

ordered_json parse_strict(std::string_view text) {
  if (text.size() > kMaxResultBytes) {
    throw FormatError(fmt::format("{} bytes: larger than any result ({} bytes at most)",
                                  text.size(), kMaxResultBytes),
                      kMaxResultBytes);
  }
  std::size_t passed = 0;
  Walker walker(passed);
  const char* const end = text.data() + text.size();
  ordered_json::sax_parse(CountingIterator(text.data(), &passed), CountingIterator(end, &passed),
                          &walker);
  return ordered_json::parse(text);
}

std::size_t offset_of(std::string_view text, const std::string& path) {
  std::size_t passed = 0;
  Locator locator(passed, path);
  const char* const end = text.data() + text.size();
  ordered_json::sax_parse(CountingIterator(text.data(), &passed), CountingIterator(end, &passed),
                          &locator);
  return locator.found();
}

}  // namespace asyncbench::result
