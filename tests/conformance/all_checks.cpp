#include <algorithm>
#include <array>
#include <string>

#include "checks.hpp"

namespace asyncbench::conformance {

namespace {

constexpr std::array kEndingNames = {"success", "partial",  "end", "error",
                                     "reset",   "deadline", "stop"};

struct Possible {
  OpKind operation;
  std::vector<Ending> endings;
};

// What can become of each operation. A short write cannot be brought about on a file system with
// space, and what a Close or a CloseFile meets is not told to the task.
const std::vector<Possible>& possible_endings() {
  using enum Ending;
  static const std::vector<Possible> all = {
      {OpKind::begin, {success, stop}},
      {OpKind::connect, {success, error, deadline, stop}},
      {OpKind::receive, {success, partial, end, reset, deadline, stop}},
      {OpKind::send, {success, partial, reset, deadline, stop}},
      {OpKind::close, {success, error, reset, stop}},
      {OpKind::open, {success, error, stop}},
      {OpKind::read, {success, partial, end, error, stop}},
      {OpKind::write, {success, error, stop}},
      {OpKind::sync, {success, error, stop}},
      {OpKind::close_file, {success, stop}},
      {OpKind::sleep, {success, stop}},
      {OpKind::exchange, {success, partial, error, reset, deadline, stop}},
      {OpKind::gather, {success, error, stop}},
      {OpKind::finish, {success, stop}},
      {OpKind::accept, {success, error, stop}},
  };
  return all;
}

}  // namespace

std::vector<Check> all_checks() {
  std::vector<Check> all;
  for (const auto& checks :
       {connect_checks(), receive_checks(), send_checks(), sleep_checks(), stop_checks(),
        accept_checks(), unix_checks(), file_checks(), file_load_checks(), gather_checks(),
        gather_stream_checks(), exchange_checks(), run_checks()}) {
    all.insert(all.end(), checks.begin(), checks.end());
  }
  return all;
}

std::vector<std::string> unchecked_endings() {
  const std::vector<Check> checks = all_checks();
  std::vector<std::string> unchecked;
  for (const auto& [operation, endings] : possible_endings()) {
    for (const Ending ending : endings) {
      const bool checked = std::ranges::any_of(checks, [&](const Check& check) {
        return check.operation == operation && check.ending == ending;
      });
      if (checked) continue;
      unchecked.push_back(std::string(name_of(operation)) + ": " +
                          kEndingNames[static_cast<std::size_t>(ending)]);
    }
  }
  return unchecked;
}

}  // namespace asyncbench::conformance
