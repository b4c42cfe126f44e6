#include "result/strict_json.hpp"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>
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

// Builds the value, knows the path to what it has read last, and refuses what parse_strict() does.
class Builder : public nlohmann::json_sax<ordered_json> {
 public:
  explicit Builder(const std::size_t& passed) : passed_(passed) {}

  bool null() override { return scalar(nullptr); }
  bool boolean(bool value) override { return scalar(value); }
  bool number_integer(number_integer_t value) override { return scalar(value); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(value); }
  bool number_float(number_float_t value, const string_t&) override { return scalar(value); }
  bool string(string_t& value) override { return scalar(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // JSON text has none
  bool start_object(std::size_t) override { return open(ordered_json::object()); }
  bool start_array(std::size_t) override { return open(ordered_json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    auto& fields = open_.back()->get_ref<ordered_json::object_t&>();
    if (!fields.emplace(name, nullptr).second) {
      throw FormatError(fmt::format("byte {}: the field \"{}\" of \"{}\" is given twice", passed_,
                                    name, path_of(open_.size() - 1)),
                        passed_);
    }
    if (fields.size() > kMaxFields) {
      throw FormatError(
          fmt::format("byte {}: more than {} fields in one object", passed_, kMaxFields), passed_);
    }
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

  ordered_json take() { return std::move(root_); }

 protected:
  // The value at path() has started (structured) or has just been read (scalar).
  virtual void reached() {}

  std::string path() const { return path_of(open_.size()); }

  const std::size_t& passed_;

 private:
  // The place of what was read last, in the outermost `levels` of the open lists and objects.
  std::string path_of(std::size_t levels) const {
    std::string path;
    for (const ordered_json* value : std::span(open_).first(levels)) {
      path += value->is_object()
                  ? "/" + value->get_ref<const ordered_json::object_t&>().back().first
                  : fmt::format("/{}", value->size() - 1);
    }
    return path;
  }

  // Where the value goes: the file itself, the end of a list, or the field named last.
  ordered_json& put(ordered_json value) {
    if (open_.empty()) return root_ = std::move(value);
    ordered_json& parent = *open_.back();
    if (parent.is_array()) return parent.emplace_back(std::move(value));
    return parent.get_ref<ordered_json::object_t&>().back().second = std::move(value);
  }

  bool scalar(ordered_json value) {
    put(std::move(value));
    reached();
    return true;
  }
  bool open(ordered_json empty) {
    ordered_json& value = put(std::move(empty));
    reached();
    if (open_.size() == kMaxDepth) {
      throw FormatError(fmt::format("byte {}: nested deeper than {} levels", passed_, kMaxDepth),
                        passed_);
    }
    open_.push_back(&value);
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  ordered_json root_;
  // The lists and objects that have not ended; none grows while one inside it is open.
  std::vector<ordered_json*> open_;
};

class Locator : public Builder {
 public:
  Locator(const std::size_t& passed, const std::string& path) : Builder(passed), path_(path) {}
  std::size_t found() const { return found_; }

 private:
  void reached() override {
    if (found_ == 0 && path() == path_) found_ = passed_ - 1;
  }

  const std::string& path_;
  std::size_t found_ = 0;
};

void read(std::string_view text, std::size_t& passed, Builder& builder) {
  const char* const end = text.data() + text.size();
  ordered_json::sax_parse(CountingIterator(text.data(), &passed), CountingIterator(end, &passed),
                          &builder);
}

}  // namespace

ordered_json parse_strict(std::string_view text) {
  if (text.size() > kMaxResultBytes) {
    throw FormatError(fmt::format("{} bytes: larger than any result ({} bytes at most)",
                                  text.size(), kMaxResultBytes),
                      kMaxResultBytes);
  }
  std::size_t passed = 0;
  Builder builder(passed);
  read(text, passed, builder);
  return builder.take();
}

std::size_t offset_of(std::string_view text, const std::string& path) {
  std::size_t passed = 0;
  Locator locator(passed, path);
  read(text, passed, locator);
  return locator.found();
}

}  // namespace asyncbench::result
