// Socket calls that strategies over plain system calls share.
#pragma once

#include "core/endpoint.hpp"
#include "core/fd.hpp"

namespace asyncbench {

// An unconnected stream socket for connecting to `to`, with TCP_NODELAY if it speaks TCP. `flags`
// are those of socket(2) beside SOCK_CLOEXEC: SOCK_NONBLOCK, or 0. Empty, with errno set, when the
// system refuses one.
Fd stream_socket(const Endpoint& to, int flags);

// connect(2). 0, or the errno: EINPROGRESS when it goes on without the caller.
int begin_connect(int fd, const Endpoint& to);

// How a connect that went on by itself has ended: 0, or its errno. Tells it once (SO_ERROR,
// socket(7)).
int end_connect(int fd);

bool is_unix_socket(int fd);

void set_blocking(int fd, bool is_blocking);

// Makes close(2) send RST instead of FIN and drop what has not been sent (SO_LINGER, socket(7)). A
// Unix socket knows no reset, and closes as ever.
void reset_on_close(int fd);

}  // namespace asyncbench
