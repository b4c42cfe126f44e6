#include "measure/symbols.hpp"

#include <cxxabi.h>
#include <elfutils/libdwfl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>

namespace asyncbench::measure {
namespace {

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? path : path.substr(slash + 1);
}

std::string readable(const char* symbol) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> demangled(
      abi::__cxa_demangle(symbol, nullptr, nullptr, &status), std::free);
  if (status == 0) return short_name(demangled.get());
  const std::string_view plain = symbol;
  return std::string(plain.substr(0, plain.find('@')));  // "read@@GLIBC_2.2.5"
}

}  // namespace

namespace {

constexpr std::string_view kSigns = "<>=!-+*/%&|^~,";

// The length of a name such as "operator<<" at the front of a text; 0 when there is none.
std::size_t sign_operator(std::string_view text) {
  constexpr std::string_view kOperator = "operator";
  if (!text.starts_with(kOperator)) return 0;
  const std::string_view sign = text.substr(kOperator.size());
  if (sign.starts_with("()") || sign.starts_with("[]")) return kOperator.size() + 2;
  const std::size_t length = std::min(sign.find_first_not_of(kSigns), sign.size());
  return length == 0 ? 0 : kOperator.size() + length;
}

// The text between a function's parameters and a name inside that function: " const" in
// "f() const::{lambda()#1}". nullopt when no name follows the parameters.
std::optional<std::size_t> way_inside(std::string_view after_parameters) {
  const std::size_t at = after_parameters.find_first_not_of(" &constvolatile");
  if (at == std::string_view::npos || !after_parameters.substr(at).starts_with("::")) {
    return std::nullopt;
  }
  return at;
}

}  // namespace

std::string short_name(std::string_view demangled) {
  constexpr std::string_view kAnonymous = "(anonymous namespace)";
  std::string name;
  int depth = 0;   // in parameters of calls and templates
  int braces = 0;  // in "{lambda(int)#1}"
  for (std::size_t i = 0; i < demangled.size(); ++i) {
    const std::string_view rest = demangled.substr(i);
    const char c = rest[0];
    if (depth == 0 && rest.starts_with(kAnonymous)) {
      name += "(anonymous)";
      i += kAnonymous.size() - 1;
    } else if (const std::size_t length = depth == 0 ? sign_operator(rest) : 0; length > 0) {
      name += rest.substr(0, length);
      i += length - 1;
    } else if (c == '(' || c == '<') {
      ++depth;
    } else if (c == ')' || (c == '>' && !demangled.substr(0, i).ends_with('-'))) {
      --depth;
      if (depth > 0 || c == '>' || braces > 0) continue;
      const auto inside = way_inside(rest.substr(1));
      if (!inside) break;
      i += *inside;
    } else if (depth == 0) {
      braces += (c == '{') - (c == '}');
      name += c;
    }
  }
  name.resize(name.find_last_not_of(' ') + 1);
  // A function template's return type stands before the name.
  const std::size_t space = name.rfind(' ', name.find("operator "));
  return space == std::string::npos ? name : name.substr(space + 1);
}

KernelSymbols::KernelSymbols(std::string_view kallsyms) {
  // "ffffffff81000000 T name" or "ffffffffc0000000 t name\t[module]".
  while (!kallsyms.empty()) {
    const std::size_t end = std::min(kallsyms.find('\n'), kallsyms.size());
    const std::string_view line = kallsyms.substr(0, end);
    kallsyms.remove_prefix(std::min(end + 1, kallsyms.size()));
    Symbol symbol;
    const auto [at, error] =
        std::from_chars(line.data(), line.data() + line.size(), symbol.address, 16);
    const auto offset = static_cast<std::size_t>(at - line.data());
    if (error != std::errc{} || line.size() < offset + 4 || symbol.address == 0) continue;
    if (std::string_view("tTwW").find(line[offset + 1]) == std::string_view::npos) continue;
    const std::string_view name = line.substr(offset + 3);
    const std::size_t tab = name.find('\t');
    symbol.name = name.substr(0, tab);
    symbol.module = tab == name.npos ? kKernelModule : std::string(name.substr(tab + 1));
    symbols_.push_back(std::move(symbol));
  }
  // Where an address has several names, the first in the file counts, as in perf.
  std::ranges::stable_sort(symbols_, {}, &Symbol::address);
}

Function KernelSymbols::at(std::uint64_t address) const {
  const auto after = std::ranges::upper_bound(symbols_, address, {}, &Symbol::address);
  if (after == symbols_.begin()) return {.name = "", .module = kKernelModule};
  const auto first =
      std::ranges::lower_bound(symbols_, std::prev(after)->address, {}, &Symbol::address);
  return {.name = first->name, .module = first->module};
}

struct Symbols::Modules {
  explicit Modules(pid_t process) {
    callbacks.find_elf = dwfl_linux_proc_find_elf;
    callbacks.find_debuginfo = dwfl_standard_find_debuginfo;
    session.reset(dwfl_begin(&callbacks));
    if (session == nullptr) return;
    if (dwfl_linux_proc_report(session.get(), process) != 0 ||
        dwfl_report_end(session.get(), nullptr, nullptr) != 0) {
      session.reset();
    }
  }

  Dwfl_Callbacks callbacks{};
  std::unique_ptr<Dwfl, decltype(&dwfl_end)> session{nullptr, dwfl_end};
};

Symbols::Symbols(pid_t process) {
  // The search for names must not wait for a server of debug files.
  ::unsetenv("DEBUGINFOD_URLS");
  modules_ = std::make_unique<Modules>(process);
  std::string path(4096, '\0');
  const ssize_t length =
      ::readlink(fmt::format("/proc/{}/exe", process).c_str(), path.data(), path.size());
  program_ = base_name(
      std::string_view(path).substr(0, length < 0 ? 0 : static_cast<std::size_t>(length)));
}

Symbols::~Symbols() = default;

Function Symbols::user(std::uint64_t address) {
  const auto [known, is_new] = known_.try_emplace(address);
  if (!is_new) return known->second;
  Function& function = known->second;
  function.module = kNoModule;
  Dwfl_Module* const module =
      modules_->session == nullptr ? nullptr : dwfl_addrmodule(modules_->session.get(), address);
  if (module == nullptr) return function;
  function.module = base_name(
      dwfl_module_info(module, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr));
  GElf_Off offset = 0;
  GElf_Sym symbol{};
  const char* const name =
      dwfl_module_addrinfo(module, address, &offset, &symbol, nullptr, nullptr, nullptr);
  // Where no symbol covers the address, libdw returns an earlier symbol, which would be a guess.
  const bool covers = symbol.st_size == 0 || offset < symbol.st_size;
  if (name != nullptr && covers) function.name = readable(name);
  return function;
}

Function Symbols::kernel(std::uint64_t address) {
  if (!kernel_read_) read_kernel();
  if (kernel_.empty()) return {.name = "", .module = kKernelModule};
  return kernel_.at(address);
}

void Symbols::read_kernel() {
  kernel_read_ = true;
  std::ifstream file("/proc/kallsyms");
  if (!file) {
    kernel_reason_ = errno_text("open /proc/kallsyms") + "; the kernel was built without it";
    return;
  }
  kernel_ = KernelSymbols(std::string(std::istreambuf_iterator<char>(file), {}));
  if (kernel_.empty()) {
    kernel_reason_ =
        "/proc/kallsyms hides the kernel's addresses; as root: sysctl kernel.kptr_restrict=1";
  }
}

}  // namespace asyncbench::measure
