"""Runs scripts/compare-peers and its parts: compare_peers_test.py PROGRAM [TEST...].

What is not installed is skipped; exit code 77 when that leaves nothing.
"""

import contextlib
import ctypes
import math
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
SCRIPTS = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts"
sys.path.insert(0, str(SCRIPTS))

from peers import figures, minimal, processes, servers, turns  # pylint: disable=wrong-import-position

PATIENCE_S = 120
PR_SET_CHILD_SUBREAPER = 36
ECHO_SERVER = pathlib.Path(__file__).resolve().parent / "stand_ins/netbench"
BUSY = ["sh", "-c", "while :; do :; done"]

program = ""


def cpu_ns(process):
    return sum(process.cpu_ns().values())


def wait_until(holds):
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def has_children():
    """Ends those that have ended, which come here when their own parents end."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
        return True
    return False


class ProcessTest(unittest.TestCase):
    def test_a_stopped_process_and_its_children_do_nothing(self):
        with processes.started(["sh", "-c", f"{BUSY[2]} & {BUSY[2]}"]) as process:
            wait_until(lambda: len(processes.tree(process.pid)) == 2)
            process.stop()
            child = processes.tree(process.pid)[1]
            processes.wait_for_rest([process])
            for pid in (process.pid, child):
                state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
                self.assertEqual(state, "T")
            used_ns = cpu_ns(process)
            time.sleep(0.05)
            self.assertEqual(cpu_ns(process), used_ns)
            process.resume()
            wait_until(lambda: cpu_ns(process) > used_ns)

    def test_the_children_alone_may_count(self):
        command = ["sh", "-c", f"{BUSY[2]} & wait"]
        with processes.started(command) as whole:
            with processes.started(command, counts_children=True) as of_children:
                for process in (whole, of_children):
                    wait_until(lambda process=process: len(processes.tree(process.pid)) == 2)
                wait_until(lambda: cpu_ns(of_children) > 50_000_000)
                self.assertLess(cpu_ns(whole), 50_000_000)

    def test_a_stopped_process_ends_with_its_children(self):
        with processes.started(["sh", "-c", f"{BUSY[2]} & {BUSY[2]}"]) as process:
            wait_until(lambda: len(processes.tree(process.pid)) == 2)
            process.stop()
            pids = processes.tree(process.pid)
        for pid in pids:
            wait_until(lambda pid=pid: not pathlib.Path(f"/proc/{pid}").exists())

    def test_rest_is_not_believed_while_somebody_works(self):
        patience_s, processes.PATIENCE_S = processes.PATIENCE_S, 0.2
        try:
            with processes.started(BUSY) as process:
                with self.assertRaisesRegex(SystemExit, "still work"):
                    processes.wait_for_rest([process])
        finally:
            processes.PATIENCE_S = patience_s

    def test_an_early_end_is_told_with_its_output(self):
        with tempfile.NamedTemporaryFile() as log:
            command = ["sh", "-c", "echo so it is; exit 3"]
            with processes.started(command, None, log.name) as process:
                process.popen.wait()
                with self.assertRaisesRegex(SystemExit, "ended too early, with 3:\nso it is"):
                    process.check_alive()


class CountTest(unittest.TestCase):
    def test_received_bytes_are_those_of_each_connection_to_the_port(self):
        with socket.create_server(("127.0.0.1", 0)) as listener, contextlib.ExitStack() as stack:
            port = listener.getsockname()[1]
            expected = {}
            for length in (1, 70, 4000):
                client = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
                server = stack.enter_context(listener.accept()[0])
                client.sendall(bytes(length))
                server.sendall(bytes(10 * length))
                expected[client.getsockname()[1]] = length
            self.assertEqual(servers.received_bytes(port), expected)

    def turn(self, requests, received):
        return turns.Turn(0.1, requests, received, 1, 1)

    def test_bytes_count_by_the_length_that_a_counter_has_shown(self):
        rounds = [
            {("nginx", "a"): self.turn(10, 920), ("nginx", "b"): self.turn(10, 450)},
            {("uring", "a"): self.turn(None, 1840), ("uring", "b"): self.turn(None, 90)},
            {("uring", "a"): None, ("nginx", "a"): self.turn(3, 276)},
            {("uring", "a"): self.turn(None, 1841)},
        ]
        turns.count_by_bytes(rounds, lambda key: key[1])
        self.assertEqual(rounds[1]["uring", "a"].requests, 20)
        self.assertEqual(rounds[1]["uring", "b"].requests, 2)
        self.assertIsNone(rounds[3]["uring", "a"])  # a part of a request

    def test_bytes_count_by_a_length_that_is_known(self):
        rounds = [{("epoll", "a"): self.turn(None, 640)}, {("epoll", "a"): self.turn(None, 641)}]
        turns.count_by_bytes(rounds, lambda key: key[1], 64)
        self.assertEqual(rounds[0]["epoll", "a"].requests, 10)
        self.assertIsNone(rounds[1]["epoll", "a"])

    def test_requests_of_unknown_length_are_not_counted_by_bytes(self):
        for counted in (self.turn(10, 925), None):
            round_ = {("nginx", "a"): counted, ("uring", "a"): self.turn(None, 920)}
            with self.assertRaisesRegex(SystemExit, "length of a request of a is not known"):
                turns.count_by_bytes([round_], lambda key: key[1])


class FigureTest(unittest.TestCase):
    def test_the_interval_is_that_of_student(self):
        # The standard deviation is sqrt(1/60), and t is 3.1824 with three degrees of freedom.
        ratio, low, high = figures.interval([0.1, 0.2, 0.3, 0.4])
        self.assertAlmostEqual(math.log(ratio), 0.25)
        self.assertAlmostEqual(math.log(low), 0.25 - 3.1824 / math.sqrt(240), places=4)
        self.assertAlmostEqual(math.log(high), 0.25 + 3.1824 / math.sqrt(240), places=4)

    def test_the_interval_holds_the_truth_as_often_as_it_says(self):
        rng = random.Random(1)
        for sets in (2, 5, 40):
            held = 0
            for _ in range(4000):
                _, low, high = figures.interval([rng.gauss(0.1, 0.02) for _ in range(sets)])
                held += low <= math.exp(0.1) <= high
            self.assertAlmostEqual(held / 4000, 0.95, delta=0.015)

    def test_a_target_is_reached_by_the_whole_interval_alone(self):
        at_most, at_least = figures.Target(0.9), figures.Target(0.9, at_least=True)
        for low, high, below, above in [
            (0.80, 0.89, "pass", "FAIL"), (0.85, 0.95, "near", "near"), (0.91, 0.99, "FAIL", "pass")
        ]:
            self.assertEqual(at_most.judge(low, high), below)
            self.assertEqual(at_least.judge(low, high), above)
        self.assertEqual(figures.Same().judge(0.99, 1.01), "alike")
        self.assertEqual(figures.Same().judge(1.01, 1.02), "apart")

    def test_a_disturbed_turn_does_not_move_a_set(self):
        def turn(used_ns):
            return turns.Turn(0.1, 100, 9200, used_ns, 1)

        rounds = [{"a": turn(100), "b": turn(200)} for _ in range(5)]
        rounds[2]["a"] = turn(100_000)
        rounds[3]["b"] = None
        ratio = turns.log_ratio(rounds, "a", "b", lambda turn: turn.generator_ns)
        self.assertAlmostEqual(ratio, math.log(0.5))
        for of_round in rounds[:3]:
            of_round["a"] = None
        with self.assertRaisesRegex(SystemExit, "--turn"):
            turns.log_ratio(rounds, "a", "b", lambda turn: turn.generator_ns)


def has_minimal_programs():
    return all(os.access(file, os.X_OK) for file in minimal.programs(program))


def end(process):
    """What the minimal program has printed once it is told to end."""
    process.send_signal(signal.SIGTERM)
    printed, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, printed
    return int(printed)


class MinimalTest(unittest.TestCase):
    def setUp(self):
        if not has_minimal_programs():
            self.skipTest("the minimal programs are not built (ninja minimal)")

    def start(self, name, *arguments):
        process = subprocess.Popen([minimal.program(program, name), *map(str, arguments)],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def serve(self, name):
        port = servers.free_port()
        process = self.start(name, "server", port)

        def listens():
            with contextlib.suppress(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port)).close()
                return True
            return False

        wait_until(listens)
        return process, servers.Counting(None, port)

    def test_every_client_and_server_counts_what_both_have_done(self):
        pairs = [(client, "epoll") for client in {*minimal.COUNTERPARTS["fetch"].values()}]
        pairs += [("epoll", server) for server in {*minimal.COUNTERPARTS["serve"].values()}]
        for client, server in pairs:
            for connections, body_bytes in minimal.WORK + [(3, 300_000)]:
                with self.subTest(client=client, server=server, body_bytes=body_bytes):
                    serving, counter = self.serve(server)
                    asking = self.start(client, "client", counter.port, connections, body_bytes)
                    # More than what may be under way.
                    wait_until(lambda: counter.count() > connections + 20)
                    asked, served = end(asking), end(serving)
                    self.assertGreater(asked, 0)
                    # Other threads go on until the one that has the signal has ended them all.
                    self.assertLessEqual(asked, served)

    def test_a_client_takes_nothing_but_whole_replies_of_status_200(self):
        for reply, why in [(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n..", "status"),
                           (b"HTTP/1.1 200 OK\r\n\r\n", "Content-Length"),
                           (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n...", "more"),
                           (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n..", "recv")]:
            with self.subTest(why=why), socket.create_server(("127.0.0.1", 0)) as listener:
                asking = self.start("epoll", "client", listener.getsockname()[1], 1, 2)
                with listener.accept()[0] as connection:
                    self.assertTrue(connection.recv(1000).startswith(b"GET /bytes/2 HTTP/1.1\r\n"))
                    connection.sendall(reply)
                    connection.shutdown(socket.SHUT_WR)
                    _, told = asking.communicate(timeout=PATIENCE_S)
                self.assertEqual(asking.returncode, 1)
                self.assertIn(why, told)

    def test_wrong_usage_is_told(self):
        for arguments in [[], ["server"], ["client", 1], ["somebody", 1]]:
            asking = self.start("curl_multi", *arguments)
            _, told = asking.communicate(timeout=PATIENCE_S)
            self.assertEqual(asking.returncode, 2)
            self.assertIn("client PORT CONNECTIONS BYTES", told)


@unittest.skipUnless(
    all(map(shutil.which, ["nginx", "wrk", "curl"])) and {0, 1} <= os.sched_getaffinity(0),
    "nginx, wrk or curl is not installed, or there is one CPU",
)
class ScriptTest(unittest.TestCase):
    def command(self, *options):
        script = [sys.executable, str(SCRIPTS / "compare-peers"), "--program", program]
        return script + ["--sets", "2", "--rounds", "2", "--turn", "20ms", *options]

    def test_every_part_compares_in_turns(self):
        parts = [
            ("clients", ["--against-program", program], 6), ("servers", [], 6), ("pipelined", [], 3)
        ]
        if has_minimal_programs():
            parts.append(("minimal", ["--strategies", "libevent,curl_multi"], 12))
            parts.append(("echo", ["--netbench", str(ECHO_SERVER)], 6))
        for part, options, rows in parts:
            with self.subTest(part=part):
                done = subprocess.run(self.command("--only", part, *options), capture_output=True,
                                      text=True, timeout=PATIENCE_S, check=False)
                self.assertIn(done.returncode, (0, 1), done.stderr)
                found = re.findall(r" [\d.]+ \[ *[\d.]+, *[\d.]+\] (?:<=|>=|=)[\d.]+ +\w+$",
                                   done.stdout, re.MULTILINE)
                self.assertEqual(len(found), rows, done.stdout + done.stderr)
                self.assertLessEqual(max(map(len, done.stdout.splitlines())), 80, done.stdout)
                self.assertEqual(done.returncode, int("FAIL" in done.stdout), done.stdout)

    def test_an_interruption_leaves_nothing_behind(self):
        self.assertEqual(ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1), 0)
        for after_s in (0.1, 0.5, 1.5):
            with self.subTest(after_s=after_s), tempfile.TemporaryDirectory() as folder:
                with subprocess.Popen(self.command("--only", "servers", "--rounds", "100"),
                                      env=os.environ | {"TMPDIR": folder}, text=True,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as script:
                    script.stderr.readline()  # it has begun
                    time.sleep(after_s)  # in the midst of any of its steps
                    script.send_signal(signal.SIGINT)
                    _, told = script.communicate(timeout=PATIENCE_S)
                self.assertEqual(script.returncode, 130, told)
                self.assertIn("SIGINT", told)
                self.assertFalse(has_children())
                self.assertEqual(os.listdir(folder), [])

    def test_a_strategy_without_a_minimal_program_is_refused(self):
        done = subprocess.run(self.command("--only", "minimal", "--strategies", "fiber"),
                              capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("fiber has no minimal program", done.stderr)

    def test_what_is_missing_is_told_with_the_remedy(self):
        done = subprocess.run(self.command("--against-program", "/nowhere"), capture_output=True,
                              text=True, timeout=PATIENCE_S, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nowhere is missing: run scripts/quickstart", done.stderr)


def main():
    global program  # pylint: disable=global-statement
    program = sys.argv.pop(1)
    ran = unittest.main(exit=False, verbosity=2).result
    if not ran.wasSuccessful():
        return 1
    return 77 if ran.testsRun == len(ran.skipped) else 0


if __name__ == "__main__":
    sys.exit(main())
