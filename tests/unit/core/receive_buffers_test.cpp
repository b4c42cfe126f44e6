#include "core/receive_buffers.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace asyncbench {
namespace {

TEST(ReceiveBuffers, OneBufferServesAllTakersInTurn) {
  ReceiveBuffers buffers;
  ReceiveBuffers::Buffer buffer = buffers.take();
  const std::byte* const first = buffer.get();
  for (int i = 0; i < 10; ++i) {
    buffers.give_back(std::move(buffer));
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

TEST(ReceiveBuffers, CountsWhatIsLent) {
  ReceiveBuffers buffers;
  ReceiveBuffers::Buffer one = buffers.take();
  const ReceiveBuffers::Buffer other = buffers.take();
  buffers.give_back(std::move(one));
  EXPECT_EQ(buffers.lent(), 1U);
}

TEST(ReceiveBuffers, TakesBackNoMoreThanWasLent) {
  ReceiveBuffers buffers;
  EXPECT_DEATH(buffers.give_back(std::make_unique<std::byte[]>(1)), "was lent");
}

}  // namespace
}  // namespace asyncbench
