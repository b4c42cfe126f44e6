#include "workloads/tls/error.hpp"

#include <string>

namespace asyncbench::workloads::tls {
namespace {

class Category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "tls"; }
  std::string message(int value) const override {
    return std::string(name_of(static_cast<Outcome>(value)));
  }
};

const std::error_category& category() {
  static const Category kCategory;
  return kCategory;
}

}  // namespace

std::error_code make_error(Outcome outcome) { return {static_cast<int>(outcome), category()}; }

std::optional<Outcome> outcome_of(std::error_code error) {
  if (error.category() != category()) return std::nullopt;
  return static_cast<Outcome>(error.value());
}

}  // namespace asyncbench::workloads::tls
