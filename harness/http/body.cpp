#include "http/body.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <vector>

#include "http/origin_path.hpp"

namespace asyncbench::http {
namespace {

// The finalizer of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators).
std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}

constexpr std::uint64_t kGamma = 0x9e3779b97f4a7c15ULL;

// Adds one more word of eight bytes to a hash.
std::uint64_t absorb(std::uint64_t hash, std::uint64_t word) {
  hash = std::rotl(hash ^ (word * 0xff51afd7ed558ccdULL), 29);
  return hash * 0xc4ceb9fe1a85ec53ULL + kGamma;
}

// The table holds two periods, so that a slice of up to one period is contiguous wherever it
// begins.
const std::vector<std::byte>& table() {
  static const std::vector<std::byte> bytes = [] {
    std::vector<std::byte> made(2 * kBodyPeriodBytes);
    std::uint64_t state = 0;
    for (std::size_t i = 0; i < kBodyPeriodBytes; i += sizeof state) {
      state += kGamma;
      const std::uint64_t word = mix(state);
      std::memcpy(made.data() + i, &word, sizeof word);
    }
    std::copy_n(made.begin(), kBodyPeriodBytes, made.begin() + kBodyPeriodBytes);
    return made;
  }();
  return bytes;
}

}  // namespace

std::size_t body_phase(std::string_view target) {
  std::uint64_t hash = target.size();
  while (!target.empty()) {
    std::uint64_t word = 0;
    const std::size_t size = std::min(target.size(), sizeof word);
    std::memcpy(&word, target.data(), size);
    hash = absorb(hash, word);
    target.remove_prefix(size);
  }
  return mix(hash) % kBodyPeriodBytes;
}

std::span<const std::byte> body_slice(std::size_t phase, std::uint64_t offset,
                                      std::uint64_t wanted) {
  const std::size_t begin = (phase + offset % kBodyPeriodBytes) % kBodyPeriodBytes;
  return {table().data() + begin,
          static_cast<std::size_t>(std::min<std::uint64_t>(wanted, kBodyPeriodBytes))};
}

std::span<const std::byte> body_memory() { return table(); }

BodyExpectation BodyExpectation::of_origin(std::string_view target) {
  BodyExpectation expectation;
  expectation.foreign_ = false;
  expectation.phase_ = body_phase(target);
  const auto path = parse_origin_path(target);
  expectation.length_ = path ? path->body_bytes : OriginPath{}.body_bytes;
  return expectation;
}

BodyExpectation BodyExpectation::of_length(std::uint64_t length) {
  BodyExpectation expectation;
  expectation.first_length_ = length + 1;
  return expectation;
}

BodyExpectation::BodyExpectation(BodyExpectation&& other) noexcept
    : foreign_(other.foreign_),
      length_(other.length_),
      phase_(other.phase_),
      first_length_(other.first_length_.load(std::memory_order_relaxed)),
      first_hash_(other.first_hash_.load(std::memory_order_relaxed)) {}

void BodyCheck::begin(BodyExpectation& expected, bool content, BodyReceiver* receiver) {
  expected_ = &expected;
  receiver_ = receiver;
  content_ =
      content || (expected.foreign_ && expected.first_hash_.load(std::memory_order_relaxed) == 0);
  matches_ = true;
  length_ = 0;
  hash_ = 0;
  word_ = 0;
}

void BodyCheck::begin_unchecked(BodyReceiver* receiver) {
  *this = {};
  receiver_ = receiver;
}

void BodyCheck::bytes(std::span<const std::byte> part) {
  if (content_) {
    if (expected_->foreign_) {
      hash(part);
    } else {
      compare(part);
    }
  }
  if (receiver_ != nullptr) receiver_->body(part);
  length_ += part.size();
}

void BodyCheck::compare(std::span<const std::byte> part) {
  std::uint64_t offset = length_;
  while (matches_ && !part.empty()) {
    const auto expected = body_slice(expected_->phase_, offset, part.size());
    matches_ = std::memcmp(part.data(), expected.data(), expected.size()) == 0;
    offset += expected.size();
    part = part.subspan(expected.size());
  }
}

// Words begin at multiples of eight bytes of the body, wherever its parts begin.
void BodyCheck::hash(std::span<const std::byte> part) {
  std::size_t pending = length_ % sizeof word_;
  while (!part.empty()) {
    const std::size_t size = std::min(part.size(), sizeof word_ - pending);
    std::memcpy(reinterpret_cast<std::byte*>(&word_) + pending, part.data(), size);
    pending += size;
    part = part.subspan(size);
    if (pending == sizeof word_) {
      hash_ = absorb(hash_, word_);
      word_ = 0;
      pending = 0;
    }
  }
}

bool BodyCheck::end(bool headless) {
  if (expected_ == nullptr) return true;
  if (headless) return length_ == 0;
  if (!expected_->foreign_) return matches_ && length_ == expected_->length_;

  // The first caller sets the value; all others must agree. Length and hash need not come from the
  // same reply: where replies differ, one of them is a mismatch in any case. Zero means unknown.
  const auto agrees = [](std::atomic<std::uint64_t>& first, std::uint64_t value) {
    std::uint64_t known = first.load(std::memory_order_relaxed);
    if (known == 0 && first.compare_exchange_strong(known, value, std::memory_order_relaxed)) {
      return true;
    }
    return known == value;
  };
  if (!agrees(expected_->first_length_, length_ + 1)) return false;
  return !content_ || agrees(expected_->first_hash_, mix(absorb(hash_, word_)) | 1U);
}

}  // namespace asyncbench::http
