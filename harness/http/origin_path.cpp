#include "http/origin_path.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "http/faults.hpp"
#include "http/head_syntax.hpp"

namespace asyncbench::http {
namespace {

using Unit = std::pair<std::string_view, std::uint64_t>;
constexpr std::array<Unit, 4> kSizeUnits{
    {{"", 1}, {"k", 1U << 10U}, {"m", 1U << 20U}, {"g", 1U << 30U}}};
constexpr std::array<Unit, 4> kTimeUnits{
    {{"ns", 1}, {"us", 1'000}, {"ms", 1'000'000}, {"s", 1'000'000'000}}};
constexpr std::uint64_t kMaxDelay = 3'600'000'000'000;  // an hour: a longer one is a typing error
constexpr std::uint64_t kMaxBurn = 10'000'000'000;      // a handler that computes cannot be stopped

template <std::size_t kUnits>
std::optional<std::uint64_t> parse_quantity(std::string_view text,
                                            const std::array<Unit, kUnits>& units) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = syntax::parse_decimal(text.substr(0, digits));
  if (!number) return std::nullopt;
  for (const auto& [name, factor] : units) {
    std::uint64_t product = 0;
    if (text.substr(digits) != name) continue;
    if (__builtin_mul_overflow(*number, factor, &product)) return std::nullopt;
    return product;
  }
  return std::nullopt;
}

bool set_body(OriginPath& path, Framing framing, std::string_view value) {
  const auto size = parse_quantity(value, kSizeUnits);
  path.framing = framing;
  path.body_bytes = size.value_or(0);
  return size.has_value();
}

bool set_status(OriginPath& path, std::string_view value) {
  const auto status = syntax::parse_decimal(value);
  if (!status || *status < 200 || *status > 599) return false;
  path.status = static_cast<unsigned>(*status);
  return true;
}

bool set_delay(OriginPath& path, std::string_view value) {
  constexpr std::string_view kExponential = "exp:";
  path.delay_exponential = value.starts_with(kExponential);
  if (path.delay_exponential) value.remove_prefix(kExponential.size());
  const auto time = parse_quantity(value, kTimeUnits);
  if (!time || *time > kMaxDelay) return false;
  path.delay = Duration{static_cast<Duration::rep>(*time)};
  return true;
}

bool set_burn(OriginPath& path, std::string_view value) {
  const auto time = parse_quantity(value, kTimeUnits);
  if (!time || *time > kMaxBurn) return false;
  path.burn = Duration{static_cast<Duration::rep>(*time)};
  return true;
}

bool set_upload(OriginPath& path, std::string_view value) {
  path.upload_bytes = parse_quantity(value, kSizeUnits);
  return path.upload_bytes.has_value();
}

bool set_fault(OriginPath& path, std::string_view id) {
  path.fault = find_fault(id);
  return path.fault != nullptr;
}

bool set(OriginPath& path, std::string_view name, std::string_view value) {
  if (name == "bytes") return set_body(path, Framing::length, value);
  if (name == "chunked") return set_body(path, Framing::chunked, value);
  if (name == "close") return set_body(path, Framing::until_close, value);
  if (name == "status") return set_status(path, value);
  if (name == "delay") return set_delay(path, value);
  if (name == "burn") return set_burn(path, value);
  if (name == "upload") return set_upload(path, value);
  if (name == "fault") return set_fault(path, value);
  return false;
}

}  // namespace

std::optional<OriginPath> parse_origin_path(std::string_view target) {
  std::string_view rest = target.substr(0, target.find('?'));
  OriginPath path;
  if (rest == "/") return path;
  if (rest.empty()) return std::nullopt;
  while (!rest.empty()) {
    if (rest.front() != '/') return std::nullopt;
    const std::size_t middle = rest.find('/', 1);
    if (middle == std::string_view::npos) return std::nullopt;
    const std::size_t end = std::min(rest.find('/', middle + 1), rest.size());
    if (!set(path, rest.substr(1, middle - 1), rest.substr(middle + 1, end - middle - 1))) {
      return std::nullopt;
    }
    rest.remove_prefix(end);
  }
  if (path.status == 205) path.body_bytes = 0;  // its body is empty (RFC 9110, section 15.3.6)
  return path;
}

}  // namespace asyncbench::http
