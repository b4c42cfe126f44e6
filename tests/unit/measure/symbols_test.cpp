#include "measure/symbols.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

namespace asyncbench::measure {

// The test below finds it by name, so it must not be inlined and must have a symbol.
[[gnu::noinline]] int function_to_find(int x) {
  asm volatile("" : "+r"(x));
  return x + 1;
}

namespace {

TEST(ShortName, LeavesOutWhatNobodyReads) {
  const std::pair<const char*, const char*> kNames[] = {
      {"main", "main"},
      {"a::b(int, char const*)", "a::b"},
      {"a::B<int, c::D>::run(std::function<void (int)>) const", "a::B::run"},
      {"void a::B<int>::run<(char)3>(c::D<e>&&)", "a::B::run"},
      {"std::vector<int, std::allocator<int> > a::list<int>(int)", "a::list"},
      {"char const* a::name<3>()", "a::name"},
      {"a::(anonymous namespace)::f(int)", "a::(anonymous)::f"},
      {"a::f(int)::{lambda(int)#1}::operator()(int) const", "a::f::{lambda#1}::operator()"},
      {"a::f() const::{lambda()#2}::operator()() const", "a::f::{lambda#2}::operator()"},
      {"auto a::f<x>(x)::{lambda(auto:1&&)#1}::operator()<int>(int&&) const",
       "a::f::{lambda#1}::operator()"},
      {"a::operator<(a::B const&, a::B const&)", "a::operator<"},
      {"bool a::operator<=> <int>(a::B<int>, int)", "a::operator<=>"},
      {"a::B::operator->() const", "a::B::operator->"},
      {"a::B::operator[](unsigned long)", "a::B::operator[]"},
      {"a::B::operator bool() const", "a::B::operator bool"},
      {"operator new(unsigned long)", "operator new"},
      {"a::f(int) [clone .cold]", "a::f"},
      {"non-virtual thunk to a::B::run()", "a::B::run"},
      {"", ""},
      {">", ""},
  };
  for (const auto& [whole, brief] : kNames) EXPECT_EQ(short_name(whole), brief) << whole;
}

TEST(KernelSymbols, FindTheFunctionThatAnAddressIsIn) {
  const KernelSymbols symbols(
      "ffffffff81000100 T first\n"
      "ffffffff81000200 t second\n"
      "ffffffff81000200 t second_alias\n"
      "ffffffff81000180 d data\n"
      "ffffffffc0000000 t in_module\t[nf_tables]\n");
  EXPECT_EQ(symbols.at(0xffffffff81000000).name, "");
  EXPECT_EQ(symbols.at(0xffffffff81000100).name, "first");
  EXPECT_EQ(symbols.at(0xffffffff810001ff).name, "first");
  EXPECT_EQ(symbols.at(0xffffffff81000204).name, "second");
  EXPECT_EQ(symbols.at(0xffffffff81000204).module, kKernelModule);
  EXPECT_EQ(symbols.at(0xffffffffc0000010), (Function{"in_module", "[nf_tables]"}));
}

TEST(KernelSymbols, AreNoneWhereAddressesAreHidden) {
  EXPECT_TRUE(KernelSymbols("0000000000000000 T first\n").empty());
  EXPECT_TRUE(KernelSymbols("").empty());
}

TEST(Symbols, NameFunctionsOfThisProgramAndOfLibraries) {
  Symbols symbols;
  const auto own = reinterpret_cast<std::uint64_t>(&function_to_find);
  EXPECT_EQ(symbols.user(own),
            (Function{"asyncbench::measure::function_to_find", symbols.program()}));
  EXPECT_EQ(symbols.user(own + 3).name, "asyncbench::measure::function_to_find");
  EXPECT_EQ(function_to_find(1), 2);
  // A function that no sanitizer replaces.
  const auto libc = reinterpret_cast<std::uint64_t>(&::getppid);
  EXPECT_THAT(symbols.user(libc).module, testing::StartsWith("libc"));
  EXPECT_EQ(symbols.user(64), (Function{"", kNoModule}));
}

}  // namespace
}  // namespace asyncbench::measure
