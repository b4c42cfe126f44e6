// What goes over the network between OpenSSL and a task: encrypted bytes in memory.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "workloads/tls/handles.hpp"

namespace asyncbench::workloads::tls {

// OpenSSL's own memory BIO copies what comes in once more, and moves what is left with each read;
// this one reads where the bytes were received.
struct Wire {
  std::span<const std::byte> in;  // received, not read yet
  std::vector<std::byte> out;     // to be sent; keeps its memory when it is cleared
};

// Makes `connection` read from the wire and write to it. `wire` outlives the connection and stays
// where it is.
void attach(ssl_st& connection, Wire& wire);

}  // namespace asyncbench::workloads::tls
