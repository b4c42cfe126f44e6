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

}  // namespace
}  // namespace asyncbench
