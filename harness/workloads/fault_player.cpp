#include "workloads/fault_player.hpp"

#include <span>
#include <variant>

namespace asyncbench::workloads {

namespace step = http::fault_step;

std::optional<Op> FaultPlayer::begin(const http::FaultScript& script) {
  script_ = &script;
  step_ = 0;
  dripped_ = 0;
  return next();
}

std::optional<Op> FaultPlayer::next() const {
  if (step_ == script_->steps.size()) return op::Close{};
  const auto deadline = [this] { return now() + write_timeout_; };
  return std::visit(
      Overloaded{[&](const step::SendBytes& send) -> std::optional<Op> {
                   return op::Send{std::as_bytes(std::span(send.bytes)), deadline()};
                 },
                 [&](const step::Drip& drip) -> std::optional<Op> {
                   if (dripped_ % 2 == 1) return op::Sleep{now() + drip.gap};
                   const auto bytes = std::as_bytes(std::span(drip.bytes));
                   return op::Send{bytes.subspan(dripped_ / 2, 1), deadline()};
                 },
                 [](const step::Pause& pause) -> std::optional<Op> {
                   return op::Sleep{now() + pause.time};
                 },
                 [](const step::Stall&) -> std::optional<Op> { return op::Receive{}; },
                 [](const step::Close&) -> std::optional<Op> { return op::Close{}; },
                 [](const step::Reset&) -> std::optional<Op> { return op::Close{.reset = true}; },
                 [](const step::KeepAlive&) -> std::optional<Op> { return std::nullopt; }},
      script_->steps[step_]);
}

std::optional<Op> FaultPlayer::resume(const Completion& ended) {
  if (ended.error) return op::Close{};
  const http::FaultStep& current = script_->steps[step_];
  if (std::holds_alternative<step::Stall>(current)) {
    // A stall ends only when the client leaves; what the client says meanwhile is ignored.
    if (ended.data.empty()) return op::Close{};
    return next();
  }
  if (const auto* drip = std::get_if<step::Drip>(&current)) {
    if (++dripped_ < 2 * drip->bytes.size()) return next();
    dripped_ = 0;
  }
  ++step_;
  return next();
}

}  // namespace asyncbench::workloads
