"""The programs of bench/minimal: what each library can do with nothing around it."""

import contextlib
import pathlib

from peers.figures import Target
from peers.processes import started
from peers.servers import Counting, free_port, wait_until_listening

PREFIX = "minimal "  # of their names among servers and generators
OTHER_END = PREFIX + "epoll"  # serves all clients and loads all servers
TARGET = Target(1.05)
ECHO = PREFIX + "epoll, echo"
CONNECTIONS = (1, 64)
WORK = [(connections, body_bytes) for body_bytes in (12, 16384) for connections in CONNECTIONS]

# The program that does the same with the same library as a strategy.
_SERVE = {
    "thread_per_connection": "blocking",
    "epoll": "epoll",
    "uring": "uring",
    "asio": "asio",
    "asio_coro": "asio",
    "asio_uring": "asio_uring",
    "libuv": "libuv",
    "libevent": "libevent",
}
COUNTERPARTS = {
    "fetch": _SERVE | {"curl_multi": "curl_multi", "curl_threads": "curl_easy"},
    "serve": _SERVE,
}


def program(asyncbench, name):
    """The file, which is built beside asyncbench's."""
    return str(pathlib.Path(asyncbench).parent / "bench/minimal" / name)


def programs(asyncbench):
    return [program(asyncbench, name) for name in sorted({*COUNTERPARTS["fetch"].values()})]


def client(asyncbench, name, work, port, cpu, log):
    file, _, role = name.removeprefix(PREFIX).partition(", ")
    command = [program(asyncbench, file), role or "client", port, work.connections, work.body_bytes]
    return started(command, cpu, log)


@contextlib.contextmanager
def server(asyncbench, name, cpu, folder):
    port = free_port()
    command = [program(asyncbench, name.removeprefix(PREFIX)), "server", port]
    with started(command, cpu, folder / "server.log") as process:
        wait_until_listening(port, process)
        yield Counting(process, port)
