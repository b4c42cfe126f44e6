"""What the Python contenders share as participants: the job, what to ask for, the records of requests, the reports.

docs/participant-protocol.md describes the lines. Orders come on descriptor 3, reports go to 4, and one record of each
request to 5. Clients take their turns by themselves: they begin requests in them alone.
"""

import json
import os
import re
import struct
import sys
import time
from urllib.parse import urlsplit

ORDERS, REPORTS, RECORDS = 3, 4, 5

# Outcomes of requests, by the ids of docs/participant-protocol.md.
OK, HTTP_STATUS, CONTENT_MISMATCH, DNS, CONNECT_REFUSED, CONNECT_TIMEOUT, CONNECT_UNREACHABLE, RESET = range(8)
EOF, TRUNCATED, TIMEOUT_HEADERS, TIMEOUT_BODY, PROTOCOL, LIMIT, LOCAL_RESOURCE, CANCELLED, INTERNAL = range(8, 17)
NAMES = (
    "ok http_status content_mismatch dns connect_refused connect_timeout connect_unreachable reset "
    "eof_before_response truncated timeout_headers timeout_body protocol limit local_resource cancelled internal"
).split()

UNITS_NS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}

now = time.monotonic_ns


def report(**message):
    os.write(REPORTS, json.dumps(message).encode() + b"\n")


def fail(reason):
    """Says what cannot be done, and ends."""
    report(type="failed", reason=reason)
    sys.exit(0)


class Job:
    """The first line: the work, and where the other side is. What it cannot do ends the process."""

    # What each of these has to be. Other values would be work of another kind.
    USUAL = {"think_time": "0s", "keep_alive": "on", "request_bytes": "0", "transport": "tcp", "idle": "0", "churn": "0",
             "jitter": "0"}

    def __init__(self, workloads):
        """`workloads`: the names of those that the program can do."""
        # Unbuffered: what follows the job is read from the descriptor, by whoever waits for it.
        line = bytearray()
        while not line.endswith(b"\n"):
            line += os.read(ORDERS, 1)
        job = json.loads(line)
        self.role, self.workload = job["role"], job["workload"]
        self.grace_ns = job["grace_ns"]
        self.has_turns = job["turns"] > 0
        address = job.get("address") or {"port": 0}
        self.port = address["port"]
        self.parameters = job["work"]["parameters"]
        self.urls = job["work"]["urls"]
        if self.workload not in workloads:
            fail(f"takes part in {', '.join(workloads)} alone")
        for name, usual in self.USUAL.items():
            if (given := self.parameters.get(name, usual)) != usual:
                fail(f"can do {self.workload} with {name} {usual} alone, not {given}")
        if address.get("path"):
            fail("connects to ports alone, not to a Unix socket")
        if job["requests"]:
            fail("knows no budget of requests; give --duration instead")

    def number(self, name):
        return int(self.parameters[name])

    def nanoseconds(self, name):
        number, unit = re.fullmatch(r"(\d+)(\D+)", self.parameters[name]).groups()
        return int(number) * UNITS_NS[unit]

    def seconds(self, name):
        return self.nanoseconds(name) / 1e9

    @property
    def tasks(self):
        return self.number("timers" if self.workload == "timers" else "connections")

    def upstream(self):
        """gather: what each upstream is asked for."""
        return Target(f"http://127.0.0.1:{self.port}{self._path('upstream_delay')}", self.number("body_bytes"))

    def targets(self):
        """fetch: what is asked for, the URLs in turn."""
        if self.urls:
            return [Target(url) for url in self.urls]
        return [Target(f"http://127.0.0.1:{self.port}{self._path('server_delay')}", self.number("body_bytes"))]

    def _path(self, delay_name):
        parts = [("delay", self.parameters[delay_name]), ("burn", self.parameters.get("cpu_burn", "0s"))]
        delays = "".join(f"/{name}/{value}" for name, value in parts if value != "0s")
        return f"{delays}/bytes/{self.number('body_bytes')}"


class Target:
    """What is asked for, and what must come: the body of the first good answer, by which all others are judged."""

    def __init__(self, url, body_bytes=None):
        parts = urlsplit(url)
        self.url, self.host, self.port = url, parts.hostname, parts.port or 80
        self.path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self.request = f"GET {self.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
        self.body_bytes = body_bytes
        self.body = None

    def outcome_of(self, status, body):
        if not 200 <= status < 300 and status != 304:
            return HTTP_STATUS
        if self.body is None and self.body_bytes in (None, len(body)):
            self.body = body
        return OK if body == self.body else CONTENT_MISMATCH


class Requests:
    """Records each request, and says when the next may begin."""

    _ENTRY = struct.Struct("<qqIHH")  # begin and end in ns, bytes of the body, outcome, task

    def __init__(self, job):
        self.window_end = float("inf")  # until "go" says it
        self._look_again_ns = job.tasks * 500_000  # for "go": all tasks together look twice a millisecond
        self._turns = None  # those to come, each with its begin and end; None: not known yet
        self._turn_end = 0 if job.has_turns else float("inf")
        self._entries = bytearray()
        self._unready = set(range(job.tasks))
        self._items = {}  # counts by outcome, for each URL

    def set_window(self, go):
        """By the order "go"."""
        self.window_end = go["window_end_ns"]
        if turns := go.get("turns"):
            self._turns = [(begin, begin + turns["length_ns"]) for begin in turns["begins_ns"]]

    def stop(self):
        """No more requests begin."""
        self.window_end = 0

    def go_on(self):
        return now() < self.window_end

    def wait_ns(self, task):
        """How long the task has to wait before it may begin its next request: 0 while its turn lasts."""
        at = now()
        if at < self._turn_end or at >= self.window_end or task in self._unready:
            return 0
        if self._turns is None:
            return self._look_again_ns
        while self._turns and self._turns[0][1] <= at:
            self._turns.pop(0)
        if not self._turns:
            return self.window_end - at
        begin, end = self._turns[0]
        if begin <= at:
            self._turn_end = end
        return max(begin - at, 0)

    def ended(self, task, begun, outcome, body_bytes=0, url=None, at=None):
        """The request has ended, now or `at`, which is returned. `url`: of several that are asked for, which."""
        at = at or now()
        self._entries += self._ENTRY.pack(begun, at, body_bytes, outcome, task)
        if url is not None:
            counts = self._items.setdefault(url, {})
            counts[NAMES[outcome]] = counts.get(NAMES[outcome], 0) + 1
        if self._unready:
            self._unready.discard(task)
            if not self._unready:
                report(type="ready")
        return at

    def write(self):
        """All records and the last report."""
        left = memoryview(self._entries)
        while left:
            left = left[os.write(RECORDS, left):]
        items = [{"name": url, "outcomes": counts} for url, counts in self._items.items()]
        report(type="record", records=len(self._entries) // self._ENTRY.size, items=items)


def listening(port):
    """A server listens, on 127.0.0.1 alone; it is asked for what the embedded origin would be."""
    report(type="listening", address={"port": port, "path": "", "target": ""})


class Timer:
    """The times at which one of many tasks wants to run; its phase is its own. A late firing moves none after it."""

    def __init__(self, job, first, number):
        self.period = job.nanoseconds("period")
        self.due = first + self.period * number // job.tasks

    def next(self):
        self.due += self.period
