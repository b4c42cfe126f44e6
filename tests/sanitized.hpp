// What is different in a build with a sanitizer, for the tests that depend on speed or signals.
#pragma once

namespace asyncbench::test {

// Address- and ThreadSanitizer make code five to fifteen times slower (their documentation), and
// processes that measure take their time from the same few CPUs.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// It cannot see what the kernel does on behalf of a ring, so that no test under it uses io_uring.
#if defined(__SANITIZE_THREAD__)
inline constexpr bool kUnderThreadSanitizer = true;
#else
inline constexpr bool kUnderThreadSanitizer = false;
#endif
inline constexpr const char* kNoRings =
    "ThreadSanitizer does not see what the kernel does in a ring";

// How many times longer a test has to wait for code that was slowed down.
inline constexpr int kSlowdown = kSanitized ? 10 : 1;

}  // namespace asyncbench::test
