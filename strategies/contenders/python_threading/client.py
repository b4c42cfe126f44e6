"""fetch (http.client), echo and timers with a blocking thread for each connection or timer."""

import http.client
import json
import os
import pathlib
import socket
import struct
import sys
import threading
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "python_participant"))
import participant as p  # noqa: E402

STACK_BYTES = 256 * 1024  # what these threads need; 8 MiB of address space each otherwise
UNANSWERED_MOST = 128 * 1024  # so many bytes fit into the sockets' buffers while nobody reads

FAILURES = (OSError, http.client.HTTPException, EOFError, ValueError)


def outcome_of(error, is_connected, has_head):
    """Of a request that raised it; `has_head`: the head of an answer had come."""
    if isinstance(error, TimeoutError):
        if not is_connected:
            return p.CONNECT_TIMEOUT
        return p.TIMEOUT_BODY if has_head else p.TIMEOUT_HEADERS
    if isinstance(error, socket.gaierror):
        return p.DNS
    if isinstance(error, http.client.RemoteDisconnected):
        return p.EOF
    if isinstance(error, (http.client.IncompleteRead, EOFError)):
        return p.TRUNCATED
    if isinstance(error, (http.client.HTTPException, ValueError)):
        return p.PROTOCOL
    if isinstance(error, ConnectionRefusedError):
        return p.CONNECT_REFUSED
    return p.RESET if isinstance(error, ConnectionError) else p.LOCAL_RESOURCE


class Course:
    """One thread for each task, and the orders."""

    def __init__(self, job):
        self.job = job
        self.requests = p.Requests(job)
        self.lock = threading.Lock()  # of the records
        self.sockets = {}  # that a task uses; shut down by the hard stop
        self.is_stopped = False

    def next_begin(self, task, last_end=None):
        """Waits for the task's turn, and returns when its next request begins: as the last one ends, so that no time is
        lost between them, or when its turn does. None: there are no more."""
        while True:
            with self.lock:
                wait = self.requests.wait_ns(task)
            if not wait:
                return (last_end or p.now()) if self.requests.go_on() else None
            last_end = None
            time.sleep(wait / 1e9)

    def ended(self, task, begun, outcome, body_bytes=0, url=None):
        at = p.now()  # others may hold the lock
        if self.is_stopped and outcome != p.OK:
            outcome = p.CANCELLED
        with self.lock:
            return self.requests.ended(task, begun, outcome, body_bytes, url, at)

    def run(self, task):
        """`task(number, course)` issues requests while next_begin() has one."""
        threading.stack_size(STACK_BYTES)
        threads = [threading.Thread(target=task, args=(number, self), daemon=True) for number in range(self.job.tasks)]
        for thread in threads:
            thread.start()
        orders = open(p.ORDERS)
        hard_stop = p.now()
        if (go := json.loads(orders.readline() or "{}")).get("type") == "go":
            self.requests.set_window(go)
            hard_stop = go["window_end_ns"] + self.job.grace_ns
            threading.Thread(target=self._await_stop, args=(orders,), daemon=True).start()
        self._join(threads, hard_stop)
        self._stop()
        self._join(threads, p.now() + 10**9)
        with self.lock:
            self.requests.write()
            os._exit(0)  # without the threads that still sleep

    def _await_stop(self, orders):
        orders.readline()
        self._stop()

    @staticmethod
    def _join(threads, limit_ns):
        for thread in threads:
            thread.join(max((limit_ns - p.now()) / 1e9, 0))

    def _stop(self):
        """Ends what blocks on a socket."""
        self.is_stopped = True
        self.requests.stop()
        for used in list(self.sockets.values()):
            try:
                used.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def fetch(job):
    targets = job.targets()
    deadline = job.seconds("deadline")

    def task(number, course):
        connection, nth, end = None, number, None
        while begun := course.next_begin(number, end):
            target = targets[nth % len(targets)]
            nth += 1
            body, has_head = b"", False
            try:
                if connection is None or (connection.host, connection.port) != (target.host, target.port):
                    connection = http.client.HTTPConnection(target.host, target.port, timeout=deadline)
                if connection.sock is None:
                    connection.connect()
                    course.sockets[number] = connection.sock
                connection.request("GET", target.path)
                response = connection.getresponse()
                has_head = True
                body = response.read()
                outcome = target.outcome_of(response.status, body)
            except FAILURES as error:
                outcome = outcome_of(error, connection.sock is not None, has_head)
                connection.close()
            end = course.ended(number, begun, outcome, len(body), target.url if job.urls else None)

    return task


def echo(job):
    size = job.number("message_bytes")
    if size > UNANSWERED_MOST:
        p.fail(f"sends a message whole before it reads: --message-bytes {UNANSWERED_MOST} at most")
    address = ("127.0.0.1", job.port)
    deadline = job.seconds("deadline")

    def exchange(used, message, back):
        used.sendall(message)
        view = memoryview(back)
        while view:
            got = used.recv_into(view)
            if not got:
                raise EOFError
            view = view[got:]
        return p.OK if back == message else p.CONTENT_MISMATCH

    def task(number, course):
        used, sequence, end = None, 0, None
        rest = bytes((number + i) & 255 for i in range(size - 16))
        back = bytearray(size)
        while begun := course.next_begin(number, end):
            sequence += 1
            try:
                if used is None:
                    used = socket.create_connection(address, timeout=deadline)
                    used.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    course.sockets[number] = used
                outcome = exchange(used, struct.pack("<QQ", number, sequence) + rest, back)
            except FAILURES as error:
                outcome = outcome_of(error, used is not None, False)
            if outcome != p.OK and used is not None:
                used.close()
                used = None
            end = course.ended(number, begun, outcome, size if outcome in (p.OK, p.CONTENT_MISMATCH) else 0)

    return task


def timers(job):
    first = p.now() + job.nanoseconds("period") + job.tasks * 100_000  # when all threads exist

    def task(number, course):
        timer = p.Timer(job, first, number)
        while course.requests.go_on():
            while (left := timer.due - p.now()) > 0:
                time.sleep(left / 1e9)
            course.ended(number, timer.due, p.OK)
            timer.next()

    return task


def echo_server():
    """A thread for each connection."""

    def serve(used):
        try:
            used.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while data := used.recv(65536):
                used.sendall(data)
        except ConnectionError:
            pass
        used.close()

    def accept(listener):
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.stack_size(STACK_BYTES)
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    threading.Thread(target=accept, args=(listener,), daemon=True).start()
    p.listening(listener.getsockname()[1])
    for line in open(p.ORDERS):
        if json.loads(line)["type"] == "stop":
            break
    p.report(type="record")
    os._exit(0)  # without the threads that wait for their clients


if __name__ == "__main__":
    the_job = p.Job(["fetch", "echo", "timers"])
    if the_job.role == "server":
        echo_server()
    Course(the_job).run({"fetch": fetch, "echo": echo, "timers": timers}[the_job.workload](the_job))
