"""Echo servers: asyncbench's and netbench's (github.com/DylanZA/netbench)."""

import contextlib
import json
import os

from peers.figures import Target
from peers.processes import fail, started
from peers.servers import Server, free_port, wait_until_listening

PREFIX = "netbench "  # of its servers' names
TARGET = Target(1.0)
# A strategy, and the engine of netbench that it is compared with.
ROWS = [("uring", "io_uring"), ("uring", "io_uring --defer_taskrun 1"), ("epoll", "epoll")]
MESSAGE_BYTES = 64


@contextlib.contextmanager
def netbench(program, name, cpu, folder):
    """Answers a message that says how long the answer is to be (see bench/minimal/epoll.cpp)."""
    port = free_port()
    command = [program, "--v6", "0", "--server_only", "1", "--use_port", port]
    command += ["--rx", name.removeprefix(PREFIX)]
    with started(command, cpu, folder / "server.log") as process:
        wait_until_listening(port, process)
        yield Server(process, port)


def _job(strategy):
    parameters = {"message_bytes": str(MESSAGE_BYTES), "subject": "server"}
    work = {"parameters": parameters, "verify": "none", "urls": [], "allowed_hosts": []}
    work["folder"] = ""
    return {
        "type": "job",
        "protocol": 3,
        "role": "server",
        "workload": "echo",
        "strategy": strategy,
        "work": work,
        "address": {"port": 0, "path": ""},
        "cpus": [],
        "window_expected_ns": 1_000_000_000,
        "turns": 0,
        "count_syscalls": False,
        "live": False,
        "profile": None,
        "parent": 0,
    }


@contextlib.contextmanager
def ours(program, strategy, cpu, folder):
    """A server of the workload `echo`, started as docs/participant-protocol.md says."""
    orders, reports = folder / "orders", folder / "reports"
    for pipe in (orders, reports):
        os.mkfifo(pipe)
    command = ["sh", "-c", 'exec "$0" participant 3<"$1" 4>"$2"', program, orders, reports]
    with started(command, cpu, folder / "server.log") as process:
        with open(orders, "w") as to_it, open(reports) as from_it:
            to_it.write(json.dumps(_job(strategy)) + "\n")
            to_it.flush()
            report = json.loads(from_it.readline() or '{"type": "nothing"}')
            if report["type"] != "listening":
                fail(f"no echo server: {report}\n{process.output()}")
            yield Server(process, report["address"]["port"])
