#include <gtest/gtest.h>

#include <memory>

#include "strategies/uring/streams.hpp"

namespace asyncbench::uring {
namespace {

class NoTask final : public Task {
 public:
  Op start(unsigned) override { return op::Finish{}; }
  Op resume(const Completion&) override { return op::Finish{}; }
};

TEST(StreamTable, AStreamIsFoundByTheNameOfItsConnectionAlone) {
  NoTask task;
  StreamTable table;
  const std::unique_ptr<Stream> stream = table.make(task);
  const StreamId before = stream->id;
  EXPECT_EQ(table.find(before), stream.get());
  ++stream->id.generation;
  EXPECT_EQ(table.find(before), nullptr);
  EXPECT_EQ(table.find(stream->id), stream.get());
}

TEST(StreamTable, AStreamStaysUntilItsLastOperationHasCompleted) {
  NoTask task;
  StreamTable table;
  std::unique_ptr<Stream> made = table.make(task);
  Stream& stream = *made;
  const StreamId id = stream.id;
  table.begin_in_flight(stream);
  table.retire(std::move(made));
  EXPECT_EQ(&table.at(id), &stream);
  EXPECT_NE(table.make(task)->id.place, id.place);
  table.end_in_flight(stream);
  EXPECT_EQ(table.find(id), nullptr);
  EXPECT_EQ(table.in_flight(), 0U);
}

TEST(StreamTable, APlaceThatIsUsedAgainKeepsItsGenerations) {
  NoTask task;
  StreamTable table;
  std::unique_ptr<Stream> first = table.make(task);
  const StreamId closed = first->id;
  ++first->id.generation;
  table.retire(std::move(first));
  const std::unique_ptr<Stream> second = table.make(task);
  EXPECT_EQ(second->id.place, closed.place);
  EXPECT_EQ(table.find(closed), nullptr);
}

TEST(StreamTable, AnOperationThatWasNotInFlightCannotComplete) {
  NoTask task;
  StreamTable table;
  const std::unique_ptr<Stream> stream = table.make(task);
  EXPECT_DEATH(table.end_in_flight(*stream), "was in flight");
}

}  // namespace
}  // namespace asyncbench::uring
