#include "load/arrivals.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "core/assert.hpp"
#include "load/random.hpp"

namespace asyncbench::load {
namespace {

constexpr std::string_view kClosed = "closed";
constexpr std::string_view kConstant = "constant:";
constexpr std::string_view kPoisson = "poisson:";
constexpr double kNsPerSecond = 1e9;
constexpr double kLastOffset =
    0x1p62;  // 146 years: later times do not matter, and sums cannot overflow

// Uniform on (0, 1], so that its logarithm is finite.
double unit_interval(std::uint64_t random) {
  return (static_cast<double>(random >> 11U) + 1.0) * 0x1p-53;
}

std::string shortest(double value) {
  char text[32];
  const auto [end, error] = std::to_chars(std::begin(text), std::end(text), value);
  return {text, end};
}

std::string with_rate(std::string_view kind, double rate_per_s) {
  if (rate_per_s == 0) return std::string(kind.substr(0, kind.size() - 1));
  return std::string(kind) + shortest(rate_per_s);
}

}  // namespace

std::string ArrivalSpec::to_string() const {
  switch (kind) {
    case ArrivalKind::closed:
      break;
    case ArrivalKind::constant:
      return with_rate(kConstant, rate_per_s);
    case ArrivalKind::poisson:
      return with_rate(kPoisson, rate_per_s);
    case ArrivalKind::share:
      return shortest(std::round(share * 1e6) / 1e4) + "%";
  }
  return std::string(kClosed);
}

std::optional<ArrivalSpec> parse_arrivals(std::string_view text) {
  if (text == kClosed) return ArrivalSpec{};
  if (text == "constant") return ArrivalSpec{.kind = ArrivalKind::constant};
  if (text == "poisson") return ArrivalSpec{.kind = ArrivalKind::poisson};
  ArrivalSpec spec;
  if (text.starts_with(kConstant)) {
    spec.kind = ArrivalKind::constant;
    text.remove_prefix(kConstant.size());
  } else if (text.starts_with(kPoisson)) {
    spec.kind = ArrivalKind::poisson;
    text.remove_prefix(kPoisson.size());
  } else if (text.ends_with('%')) {
    spec.kind = ArrivalKind::share;
    text.remove_suffix(1);
  } else {
    return std::nullopt;
  }
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, spec.rate_per_s);
  if (error != std::errc{} || stop != end) return std::nullopt;
  if (!std::isfinite(spec.rate_per_s) || spec.rate_per_s <= 0) return std::nullopt;
  if (spec.kind == ArrivalKind::share) {
    spec.share = std::exchange(spec.rate_per_s, 0) / 100;
    if (spec.share > 1) return std::nullopt;
  }
  return spec;
}

// The seed is hashed first. Otherwise the chains of neighbouring seeds would soon meet at a common
// sum of seed and offset, and be equal from there on.
ArrivalSchedule::ArrivalSchedule(ArrivalSpec spec, std::uint64_t seed, Time t0, Part part)
    : spec_(spec),
      seed_(split_mix(seed)),
      t0_(t0),
      part_(part),
      cursor_(spec.kind == ArrivalKind::constant ? part.index : 0) {
  must_hold(spec.kind != ArrivalKind::share, "a schedule knows its rate");
  must_hold(part.index < part.of, "a part of a schedule is one of its parts");
}

std::int64_t ArrivalSchedule::next_offset_ns(std::uint64_t index_or_offset) const {
  if (spec_.kind == ArrivalKind::constant) {
    // An extended mantissa holds every offset of 63 bits, so rounding errors do not add up.
    const long double offset = static_cast<long double>(index_or_offset) *
                               static_cast<long double>(kNsPerSecond) /
                               static_cast<long double>(spec_.rate_per_s);
    return std::llround(std::min<long double>(offset, kLastOffset));
  }
  const double u = unit_interval(split_mix(seed_ + index_or_offset));
  const double gap = std::max(-std::log(u) / spec_.rate_per_s * kNsPerSecond, 1.0);
  return static_cast<std::int64_t>(index_or_offset) +
         std::llround(std::min(gap, kLastOffset - static_cast<double>(index_or_offset)));
}

// Whose an arrival is follows from another hash of its offset than the gap after it does.
std::int64_t ArrivalSchedule::next_offset_ns(std::uint64_t offset, Part part) const {
  const auto is_own = [&](std::uint64_t at) {
    return part.of == 1 || split_mix(~(seed_ + at)) % part.of == part.index;
  };
  do {
    offset = static_cast<std::uint64_t>(next_offset_ns(offset));
  } while (!is_own(offset) && static_cast<double>(offset) < kLastOffset);
  return static_cast<std::int64_t>(offset);
}

Time ArrivalSchedule::take() {
  // The cursor guards no other data, so relaxed order is enough.
  if (spec_.kind == ArrivalKind::constant) {
    return t0_ + Duration{next_offset_ns(cursor_.fetch_add(part_.of, std::memory_order_relaxed))};
  }
  std::uint64_t last = cursor_.load(std::memory_order_relaxed);
  std::int64_t next = next_offset_ns(last, part_);
  while (!cursor_.compare_exchange_weak(last, static_cast<std::uint64_t>(next),
                                        std::memory_order_relaxed)) {
    next = next_offset_ns(last, part_);
  }
  return t0_ + Duration{next};
}

template <class Visit>
void ArrivalSchedule::walk(Part part, Visit visit) const {
  const bool is_constant = spec_.kind == ArrivalKind::constant;
  std::uint64_t cursor = is_constant ? part.index : 0;
  for (;;) {
    const std::int64_t offset = is_constant ? next_offset_ns(cursor) : next_offset_ns(cursor, part);
    if (!visit(t0_ + Duration{offset})) return;
    cursor = is_constant ? cursor + part.of : static_cast<std::uint64_t>(offset);
  }
}

std::uint64_t ArrivalSchedule::count(Time from, Time until) const {
  std::uint64_t arrivals = 0;
  walk(part_, [&](Time time) {
    if (time >= from && time < until) ++arrivals;
    return time < until;
  });
  return arrivals;
}

std::vector<double> ArrivalSchedule::gaps_s(Time from, Time until, std::size_t most) const {
  std::vector<double> gaps;
  std::optional<Time> last;
  walk({}, [&](Time time) {
    if (time >= until || gaps.size() == most) return false;
    if (last) gaps.push_back(static_cast<double>((time - *last).count()) / kNsPerSecond);
    if (time >= from) last = time;
    return true;
  });
  return gaps;
}

}  // namespace asyncbench::load
