#include "workloads/memory_figure.hpp"

#include <fmt/format.h>

namespace asyncbench::workloads {

void put_memory(const measure::MemoryRamp& ramp, std::string_view thing, SideRecord& record) {
  const std::string figure = fmt::format("memory_per_{}_bytes", thing);
  auto& curve = record.curves[fmt::format("private_bytes_by_{}s", thing)];
  for (const measure::Point& point : ramp.points()) curve.emplace_back(point.x, point.y);
  if (const auto line = measure::fit_line(ramp.points())) {
    record.figures[figure] = line->slope;
    record.figures["memory_fit"] = line->explained;
    return;
  }
  record.unreadable[figure] = ramp.unreadable().empty()
                                  ? fmt::format("too few {}s were there at once", thing)
                                  : ramp.unreadable();
}

}  // namespace asyncbench::workloads
