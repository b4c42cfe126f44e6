#include "core/plugin_file.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "core/fd.hpp"

namespace asyncbench {

namespace {

namespace fs = std::filesystem;

constexpr const char* kEntryPoint = "asyncbench_plugin";

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw PluginError("plugin " + path + ": " + why);
}

struct stat status_of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) refuse(path, std::strerror(errno));
  return status;
}

// Checks that nobody but the user and root can change what is there.
void require_own(const fs::path& path, const struct stat& status, const std::string& what) {
  if (status.st_uid != geteuid() && status.st_uid != 0) {
    refuse(path, what + " belongs to another user (" + std::to_string(status.st_uid) +
                     "), who could run code as you; use a copy of your own");
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    refuse(path, what + " can be written by other users, who could run code as you; " +
                     "chmod go-w it, after a look at what is in it");
  }
}

// The file that is really meant, as an absolute path without symbolic links.
fs::path checked_file(const std::string& path) {
  if (path.find('/') == std::string::npos) {
    refuse(path, "a plugin's path is given with its folder; write ./" + path);
  }
  std::error_code error;
  fs::path file = fs::canonical(path, error);
  if (error) refuse(path, error.message() + "; give the path of a plugin (.so)");
  const struct stat status = status_of(file);
  if (!S_ISREG(status.st_mode)) refuse(path, "is no regular file; give the path of a plugin (.so)");
  require_own(file, status, "the file");
  require_own(file.parent_path(), status_of(file.parent_path()), "a plugin's folder");
  return file;
}

// Whether a file of `size` bytes has `count` entries of `entry_size` bytes at `offset`.
bool has_table(std::uint64_t size, std::uint64_t offset, std::uint64_t count,
               std::uint64_t entry_size) {
  return offset <= size && count * entry_size <= size - offset;
}

// dlopen(3) maps what a file's headers name without a look at its size: of one that is cut off, it
// reads pages that are not there, and the process ends by SIGBUS.
void require_whole(const fs::path& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) refuse(path, std::strerror(errno));
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const auto require = [&](bool is_there) {
    if (!is_there) refuse(path, "is cut off, or no shared library; build it, or copy it, again");
  };
  const auto read = [&](void* to, std::size_t bytes, std::uint64_t offset) {
    require(::pread(file.get(), to, bytes, static_cast<off_t>(offset)) ==
            static_cast<ssize_t>(bytes));
  };
  Elf64_Ehdr header{};
  read(&header, sizeof header, 0);
  require(std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0);
  // dlopen(3) itself refuses another class or byte order with the right reason.
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB) return;
  // The sections come last, so they show a cut anywhere.
  require(has_table(size, header.e_shoff, header.e_shnum, header.e_shentsize));
  require(header.e_phentsize == sizeof(Elf64_Phdr) &&
          has_table(size, header.e_phoff, header.e_phnum, sizeof(Elf64_Phdr)));
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    read(&segment, sizeof segment, header.e_phoff + i * sizeof segment);
    require(has_table(size, segment.p_offset, segment.p_filesz, 1));
  }
}

// A library that is closed again unless it is kept.
class Library {
 public:
  explicit Library(const fs::path& file) : handle_(::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr) {
      refuse(file, std::string("cannot be loaded: ") + ::dlerror() +
                       "; build it against this program's installation");
    }
  }
  ~Library() {
    if (handle_ != nullptr) ::dlclose(handle_);
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  void* find(const char* symbol) const { return ::dlsym(handle_, symbol); }
  void keep() { handle_ = nullptr; }

 private:
  void* handle_;
};

void require_same_build(const fs::path& file, const Plugin& plugin) {
  if (plugin.abi != kPluginAbi) {
    refuse(file, "speaks version " + std::to_string(plugin.abi) +
                     " of the plugin interface, this program version " +
                     std::to_string(kPluginAbi) + "; build it against this program's installation");
  }
  if (std::strcmp(plugin.compiler, kPluginCompiler) != 0) {
    refuse(file, std::string("was built by ") + plugin.compiler + ", this program by " +
                     kPluginCompiler + "; build both with the same compiler");
  }
  if (plugin.sizes != PluginSizes{}) refuse_other_headers(file);
}

bool is_name(const std::string& name) {
  const auto is_word = [](const std::string& word) {
    return !word.empty() &&
           word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
  };
  const auto colon = name.find(':');
  return is_word(name.substr(0, colon)) &&
         (colon == std::string::npos || is_word(name.substr(colon + 1)));
}

void require_new_names(const fs::path& file, const Registry& present,
                       const std::vector<std::unique_ptr<Strategy>>& strategies) {
  std::vector<std::string> names;
  for (const auto& strategy : strategies) {
    const std::string& name = names.emplace_back(strategy->info().name);
    if (!is_name(name)) {
      refuse(file, "\"" + name + "\" is no name of a strategy; use [a-z0-9_]+, and a variant " +
                       "after a colon");
    }
    const bool is_twice = std::find(names.begin(), names.end() - 1, name) != names.end() - 1;
    if (is_twice || present.find(name) != nullptr) {
      refuse(file, "there is a strategy " + name + " already; give the plugin's another name");
    }
  }
}

}  // namespace

void refuse_plugin(const std::string& path, const std::string& why) { refuse(path, why); }

void refuse_other_headers(const std::string& path) {
  refuse(path,
         "was built with other headers or options than this program; build it against this "
         "program's installation");
}

const Plugin& load_plugin(const std::string& path, Registry& registry) {
  const fs::path file = checked_file(path);
  require_whole(file);
  Library library(file);
  const auto entry = reinterpret_cast<decltype(&asyncbench_plugin)>(library.find(kEntryPoint));
  if (entry == nullptr) {
    refuse(file, std::string("is no plugin: it has no function ") + kEntryPoint +
                     "(); see docs/writing-a-strategy.md or writing-a-workload.md");
  }
  const Plugin& plugin = *entry();
  require_same_build(file, plugin);
  try {
    std::vector<std::unique_ptr<Strategy>> strategies;
    if (plugin.make != nullptr) strategies = plugin.make();
    if (strategies.empty() && plugin.workloads == nullptr) {
      refuse(file, "has no strategy and no workload in it");
    }
    require_new_names(file, registry, strategies);
    registry.add_plugin(file, std::move(strategies));
  } catch (const PluginError&) {
    throw;
  } catch (const std::exception& error) {
    refuse(file, std::string("failed to make its strategies: ") + error.what());
  }
  library.keep();
  return plugin;
}

}  // namespace asyncbench
