#include "strategies/epoll/receive_buffers.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace asyncbench::reactor {
namespace {

TEST(ReceiveBuffers, OneBufferServesAllTakersInTurn) {
  ReceiveBuffers buffers;
  ReceiveBuffers::Buffer buffer = buffers.take();
  const std::byte* const first = buffer.get();
  for (int i = 0; i < 10; ++i) {
    buffers.give_back(std::move(buffer));
    EXPECT_EQ(buffers.spare(), 1U);
    buffer = buffers.take();
    EXPECT_EQ(buffer.get(), first);
  }
}

TEST(ReceiveBuffers, WhatIsLentIsNotLentAgain) {
  ReceiveBuffers buffers;
  const ReceiveBuffers::Buffer one = buffers.take();
  const ReceiveBuffers::Buffer other = buffers.take();
  EXPECT_NE(one.get(), other.get());
}

TEST(ReceiveBuffers, ABurstDoesNotKeepItsMemory) {
  ReceiveBuffers buffers;
  std::vector<ReceiveBuffers::Buffer> burst(2 * ReceiveBuffers::kSpareMax);
  for (auto& buffer : burst) buffer = buffers.take();
  for (auto& buffer : burst) buffers.give_back(std::move(buffer));
  EXPECT_EQ(buffers.spare(), ReceiveBuffers::kSpareMax);
}

}  // namespace
}  // namespace asyncbench::reactor
