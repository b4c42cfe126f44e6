// Finds the names of the functions that this process runs.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "measure/profile.hpp"

namespace asyncbench::measure {

// A C++ name for people: without parameters of calls and templates, without a return type.
// "void a::B<int>::run<x>(y) const" becomes "a::B::run"; lambdas keep their number:
// "a::f()::{lambda(int)#1}" becomes "a::f::{lambda#1}".
std::string short_name(std::string_view demangled);

// The kernel's functions, from a text like /proc/kallsyms.
class KernelSymbols {
 public:
  KernelSymbols() = default;
  explicit KernelSymbols(std::string_view kallsyms);

  // False when all addresses are 0: kernel.kptr_restrict hides them.
  bool empty() const { return symbols_.empty(); }
  Function at(std::uint64_t address) const;

 private:
  struct Symbol {
    std::uint64_t address = 0;
    std::string name;
    std::string module;
  };
  std::vector<Symbol> symbols_;  // in ascending order
};

// The symbols of a process: those of the files that it has mapped when this is made, by their ELF
// symbols (including separate debug files, where installed), through libdw; and those of
// the running kernel.
class Symbols {
 public:
  explicit Symbols(pid_t process = ::getpid());
  ~Symbols();

  Function user(std::uint64_t address);
  Function kernel(std::uint64_t address);

  // The name of the program's own module.
  const std::string& program() const { return program_; }
  // Why kernel functions have no names; empty when they have names, or none was looked up.
  const std::string& kernel_reason() const { return kernel_reason_; }

 private:
  struct Modules;

  void read_kernel();

  std::unique_ptr<Modules> modules_;
  std::string program_;
  bool kernel_read_ = false;
  KernelSymbols kernel_;
  std::string kernel_reason_;
  std::unordered_map<std::uint64_t, Function> known_;  // the same addresses come again and again
};

}  // namespace asyncbench::measure
