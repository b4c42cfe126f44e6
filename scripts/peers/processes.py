"""Processes that are stopped, continued, accounted and ended, with all of their children."""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

AT_REST_MS = 3  # nobody worked and nobody wanted to for so long
PATIENCE_S = 20
ASK_AGAIN_S = 0.3


def fail(message):
    sys.exit(f"compare-peers: {message}")


def tree(pid):
    """The process and its descendants, parents first."""
    found = [pid]
    for parent in found:
        for children in pathlib.Path(f"/proc/{parent}/task").glob("*/children"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                found += [int(child) for child in children.read_text().split()]
    return found


class Process:
    """A program that runs until end(). Its process group is its own, so that Ctrl-C on the terminal
    reaches this script alone. With `counts_children`, its CPU time is that of its children: those
    of `asyncbench run` do the work while it sleeps, and so do the workers of nginx."""

    def __init__(self, command, cpu=None, log=os.devnull, counts_children=False):
        self.command, self.log = [str(word) for word in command], log
        self.counts_children, self.counted = counts_children, None

        def prepare():
            os.setpgid(0, 0)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            if cpu is not None:
                os.sched_setaffinity(0, {cpu})

        with open(log, "wb") as output:
            self.popen = subprocess.Popen(
                self.command,
                preexec_fn=prepare,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.pid = self.popen.pid

    def output(self):
        return pathlib.Path(self.log).read_text(errors="replace")

    def check_alive(self):
        if self.popen.poll() is not None:
            fail(
                f"{' '.join(self.command)} ended too early, with {self.popen.returncode}:\n"
                + self.output()
            )

    def signal(self, number, pids):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def stop(self):
        self.signal(signal.SIGSTOP, reversed(tree(self.pid)))

    def resume(self):
        self.signal(signal.SIGCONT, tree(self.pid))

    def end(self):
        """Ends it as Ctrl-C would, also while it is stopped; returns what it has printed. Its
        children are killed: their parent would give them seconds, and nobody needs their results."""
        if self.popen.poll() is not None:
            return self.output()
        pids = tree(self.pid)
        self.signal(signal.SIGCONT, pids[:1])
        self.signal(signal.SIGINT, pids[:1])
        self.signal(signal.SIGKILL, pids[1:])
        deadline = time.monotonic() + PATIENCE_S
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(ASK_AGAIN_S)
                return self.output()
            # Where the process has just been continued, any of its threads may have taken the
            # signal; wrk needs it in its first.
            late = time.monotonic() > deadline
            self.signal(signal.SIGKILL if late else signal.SIGINT, tree(self.pid))

    def threads(self):
        """The /proc folders of the threads whose CPU time counts."""
        if self.counted is None:
            pids = tree(self.pid)
            self.counted = pids[1:] if self.counts_children else pids[:1]
        for pid in self.counted:
            yield from pathlib.Path(f"/proc/{pid}/task").iterdir()

    def cpu_ns(self):
        """CPU time by thread, user and system, by the scheduler's account."""
        try:
            return {
                int(thread.name): int((thread / "schedstat").read_text().split()[0])
                for thread in self.threads()
            }
        except (FileNotFoundError, ProcessLookupError):
            self.check_alive()
            return {}

    def is_runnable(self):
        try:
            # The state follows the name, which is in parentheses.
            stats = [(thread / "stat").read_text() for thread in self.threads()]
        except (FileNotFoundError, ProcessLookupError):
            self.check_alive()
            return True
        return any(stat.rpartition(") ")[2][0] == "R" for stat in stats)


def wait_for_rest(processes):
    """Returns when none of them works, and what was sent to them has been dealt with."""
    deadline = time.monotonic() + PATIENCE_S
    last, quiet_ms = None, 0
    while quiet_ms < AT_REST_MS:
        now = [process.cpu_ns() for process in processes]
        quiet = now == last and not any(process.is_runnable() for process in processes)
        last, quiet_ms = now, quiet_ms + 1 if quiet else 0
        if time.monotonic() > deadline:
            names = " and ".join(process.command[0] for process in processes)
            fail(f"{names} still work {PATIENCE_S} s after the load was stopped")
        time.sleep(0.001)


ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@contextlib.contextmanager
def signals_end_the_block():
    """Turns Ctrl-C and its like into SystemExit, so that what was started is ended. More of them
    change nothing: the end takes a known time."""

    def leave(number, _):
        for each in ENDING:
            signal.signal(each, signal.SIG_IGN)
        print(f"\ncompare-peers: ended by {signal.Signals(number).name}", file=sys.stderr)
        sys.exit(128 + number)

    before = {number: signal.signal(number, leave) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def started(*arguments, **options):
    """A Process for as long as the block lasts. Signals wait while it is started or ended, since
    they would leave it behind."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        process = Process(*arguments, **options)
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            yield process
        finally:
            signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
            process.end()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def run(command, cpu=None):
    """Runs a program to its end, which must be a good one; returns what it has printed."""
    with tempfile.NamedTemporaryFile() as log, started(command, cpu, log.name) as process:
        code = process.popen.wait()
        if code != 0:
            fail(f"{' '.join(process.command)} ended with {code}:\n{process.output()}")
        return process.output()
