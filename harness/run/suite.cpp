#include "run/suite.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

#include "run/plan.hpp"
#include "workloads/all_workloads.hpp"
#include "workloads/names.hpp"

namespace asyncbench::run {
namespace {

using workloads::split_list;
using workloads::unknown_name;
using workloads::Workload;

// One suite's text being read: every error carries its place.
class SuiteReader {
 public:
  explicit SuiteReader(const std::string& source) : source_(source) {}

  Suite read(const toml::table& root) {
    Suite suite;
    suite.name = source_;
    for (const auto& [key, node] : root) {
      if (key == "summary") {
        suite.summary = text_of(node);
      } else if (key == "strategies") {
        suite.strategies = names_of(node);
      } else if (key == "settings") {
        read_settings(table_of(node), suite.settings);
      } else if (key == "cells") {
        read_cells(node, suite.cells);
      } else {
        refuse(key.source(),
               unknown_name("key", key.str(), {"summary", "strategies", "settings", "cells"}));
      }
    }
    if (suite.cells.empty()) refuse(root.source(), "a suite needs at least one [[cells]] table");
    return suite;
  }

 private:
  [[noreturn]] void refuse(const toml::source_region& at, std::string_view what) const {
    throw UsageError(fmt::format("{}:{}:{}: {}", source_, at.begin.line, at.begin.column, what));
  }

  // Runs `read`, whose UsageError gets the place of `node`.
  template <class Read>
  void placed(const toml::node& node, Read read) const {
    try {
      read();
    } catch (const UsageError& error) {
      refuse(node.source(), error.what());
    }
  }

  const toml::table& table_of(const toml::node& node) const {
    if (const toml::table* table = node.as_table()) return *table;
    refuse(node.source(), "a table is wanted here");
  }

  std::string text_of(const toml::node& node) const {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* flag = node.as_boolean()) return flag->get() ? "on" : "off";
    refuse(node.source(), "a string or a whole number is wanted here");
  }

  // A scalar, or an array of scalars, as the list that flags would give.
  std::string list_of(const toml::node& node) const {
    const toml::array* items = node.as_array();
    if (items == nullptr) return text_of(node);
    std::vector<std::string> texts;
    for (const toml::node& item : *items) texts.push_back(text_of(item));
    return fmt::format("{}", fmt::join(texts, ","));
  }

  std::vector<std::string> names_of(const toml::node& node) const {
    return split_list(list_of(node));
  }

  void read_settings(const toml::table& table, GivenSettings& settings) const {
    for (const auto& [key, node] : table) {
      placed(node, [&, name = key.str(), &value = node] { settings.read(name, text_of(value)); });
    }
  }

  void read_cells(const toml::node& node, std::vector<SuiteEntry>& entries) const {
    const toml::array* tables = node.as_array();
    if (tables == nullptr || !tables->is_array_of_tables()) {
      refuse(node.source(), "cells are [[cells]] tables");
    }
    for (const toml::node& table : *tables) entries.push_back(read_entry(table_of(table)));
  }

  SuiteEntry read_entry(const toml::table& table) const {
    SuiteEntry entry;
    if (const toml::node* node = table.get("workload")) entry.workload = text_of(*node);
    if (entry.workload.empty()) refuse(table.source(), "this [[cells]] table names no workload");
    const Workload* const workload = workloads::find_workload(entry.workload);
    if (workload == nullptr) {
      refuse(table.get("workload")->source(),
             unknown_name("workload", entry.workload, workload_names()));
    }
    for (const auto& [key, node] : table) {
      const std::string name{key.str()};
      if (name == "workload") continue;
      if (name == "strategies") {
        entry.strategies = names_of(node);
      } else if (const auto* info = workloads::find_parameter(workload->info().parameters, name)) {
        placed(node, [&, &value = node] {
          entry.parameters[name] = workloads::parse_values(*info, list_of(value));
        });
      } else if (const Setting* setting = find_setting(name);
                 setting != nullptr && setting->of_cell) {
        placed(node,
               [&, &value = node] { entry.settings[name] = values_of(*setting, list_of(value)); });
      } else {
        std::vector<std::string> known{"workload", "strategies"};
        for (const auto& one : workload->info().parameters) known.emplace_back(one.name);
        for (const Setting& one : all_settings()) {
          if (one.of_cell) known.emplace_back(one.name);
        }
        refuse(key.source(), unknown_name("key", name, known));
      }
    }
    return entry;
  }

  const std::string& source_;
};

}  // namespace

Suite parse_suite(std::string_view text, const std::string& source) {
  try {
    return SuiteReader(source).read(toml::parse(text, source));
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    throw UsageError(fmt::format("{}:{}:{}: {}", source, at.line, at.column, error.description()));
  }
}

Suite load_suite(const std::string& name_or_path) {
  for (const EmbeddedSuite& suite : embedded_suites()) {
    if (suite.name == name_or_path) return parse_suite(suite.text, name_or_path);
  }
  std::ifstream file(name_or_path);
  if (!file) {
    throw UsageError(fmt::format("suite {}: {}", name_or_path, std::strerror(errno)));
  }
  std::ostringstream text;
  text << file.rdbuf();
  return parse_suite(text.view(), name_or_path);
}

}  // namespace asyncbench::run
