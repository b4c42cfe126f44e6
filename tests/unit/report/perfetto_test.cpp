#include "report/perfetto.hpp"

#include <gmock/gmock.h>

#include <map>
#include <string>
#include <vector>

namespace asyncbench::report {
namespace {

using testing::ElementsAre;
using testing::Pair;

// Reads what the writer writes: numbers and bytes by field.
struct Message {
  std::multimap<unsigned, std::uint64_t> numbers;
  std::multimap<unsigned, std::string> texts;

  explicit Message(const std::string& bytes) {
    std::size_t at = 0;
    const auto varint = [&] {
      std::uint64_t value = 0;
      for (unsigned shift = 0;; shift += 7) {
        const auto byte = static_cast<unsigned char>(bytes.at(at++));
        value |= std::uint64_t{byte & 0x7FU} << shift;
        if ((byte & 0x80U) == 0) return value;
      }
    };
    while (at < bytes.size()) {
      const std::uint64_t key = varint();
      const std::uint64_t value = varint();
      if ((key & 7U) == 0) {
        numbers.emplace(key >> 3U, value);
      } else {
        texts.emplace(key >> 3U, bytes.substr(at, value));
        at += value;
      }
    }
  }
  std::uint64_t number(unsigned field) const { return numbers.find(field)->second; }
  Message message(unsigned field) const { return Message(texts.find(field)->second); }
};

// "track: name from-to", in the order of their ends.
std::vector<std::string> slices_of(const std::string& trace) {
  std::map<std::uint64_t, std::string> tracks;
  std::map<std::uint64_t, std::string> names;
  std::map<std::uint64_t, std::vector<std::pair<std::string, std::uint64_t>>> open;
  std::vector<std::string> slices;
  const Message packets(trace);
  for (const auto& [field, bytes] : packets.texts) {
    EXPECT_EQ(field, 1U);
    const Message packet(bytes);
    EXPECT_EQ(packet.number(10), 1U) << "one sequence";
    if (packet.texts.contains(60)) {
      const Message descriptor = packet.message(60);
      const std::uint64_t uuid = descriptor.number(1);
      EXPECT_FALSE(tracks.contains(uuid));
      if (descriptor.texts.contains(2)) tracks[uuid] = descriptor.texts.find(2)->second;
      if (descriptor.texts.contains(4)) {
        tracks[uuid] = descriptor.message(4).texts.find(5)->second;
      }
      continue;
    }
    if (packet.texts.contains(12)) {
      const Message name = packet.message(12).message(2);
      names[name.number(1)] = name.texts.find(2)->second;
    }
    const Message event = packet.message(11);
    const std::uint64_t track = event.number(11);
    if (event.number(9) == 1) {
      open[track].emplace_back(names.at(event.number(10)), packet.number(8));
    } else {
      const auto [name, from] = open[track].back();
      open[track].pop_back();
      slices.push_back(tracks.at(track) + ": " + name + " " + std::to_string(from) + "-" +
                       std::to_string(packet.number(8)));
    }
  }
  for (const auto& [track, left] : open) EXPECT_TRUE(left.empty()) << track;
  return slices;
}

TEST(Perfetto, ShowsThreadsConnectionsAndRequests) {
  measure::Tail tail;
  tail.excerpt.turns = {
      {.start_ns = 100, .end_ns = 110, .task = 0, .thread = 7, .wanted = OpKind::receive},
      {.start_ns = 120, .end_ns = 130, .task = 1, .thread = 7, .wanted = OpKind::receive},
      {.start_ns = 200, .end_ns = 240, .task = 0, .thread = 7, .wanted = OpKind::send}};
  tail.excerpt.reasons = {"unknown", "epoll_wait"};
  tail.excerpt.absences = {
      {.thread = 7, .out_ns = 140, .woken_ns = 180, .in_ns = 190, .reason = 1},
      {.thread = 7, .out_ns = 210, .woken_ns = 210, .in_ns = 220, .reason = 0}};
  const measure::RequestAnatomy request{
      .task = 0, .begun_ns = 105, .sent_ns = 108, .first_byte_ns = 205, .ended_ns = 230};
  tail.slowest = {request};
  tail.sample = {request};
  const TracedProcess process{.name = "fetch epoll", .tail = &tail};
  EXPECT_THAT(
      slices_of(perfetto(std::span(&process, 1))),
      ElementsAre("thread 7: code of connection 0 0-10", "thread 7: code of connection 1 20-30",
                  "thread 7: waits: epoll_wait 40-80", "thread 7: waits for a CPU 80-90",
                  "thread 7: waits for a CPU 110-120", "thread 7: code of connection 0 100-140",
                  "connection 0: code 0-10", "connection 0: receive 10-100",
                  "connection 0: code 100-140", "connection 1: code 20-30",
                  "requests of connection 0: sending 5-8",
                  "requests of connection 0: answering 8-105",
                  "requests of connection 0: receiving 105-130",
                  "requests of connection 0: request, 0 us 5-130"));
}

TEST(Perfetto, OfNothingIsEmpty) {
  EXPECT_THAT(slices_of(perfetto(std::span<const TracedProcess>{})), testing::IsEmpty());
}

}  // namespace
}  // namespace asyncbench::report
