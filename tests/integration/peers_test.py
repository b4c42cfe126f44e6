"""Runs the asyncbench program against the programs that users know: peers_test.py PROGRAM [TEST...].

Its origin must satisfy their load generators, its client their servers. What is not installed is
skipped; exit code 77 when that leaves nothing.
"""

import contextlib
import json
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

PATIENCE_S = 60
TESTS = pathlib.Path(__file__).resolve().parent.parent
SCHEMA = TESTS.parent / "results/schema/result-1.schema.json"
VALIDATE = TESTS / "unit/result/validate.py"
SERVING = ["thread_per_request", "thread_per_connection", "thread_pool", "epoll", "asio",
           "asio_coro", "asio_uring", "uring"]

program = ""


def needs(*tools):
    missing = [tool for tool in tools if not shutil.which(tool)]
    return unittest.skipIf(missing, f"not installed: {', '.join(missing)}")


def output_of(*command):
    """What the command says on both outputs; it must succeed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=PATIENCE_S, check=False)
    text = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit {done.returncode}: {text}")
    return text


@contextlib.contextmanager
def running(*command, folder=None):
    """A child with its standard output as text; killed at the end if it still runs."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          cwd=folder) as child:
        try:
            yield child
        finally:
            child.kill()


@contextlib.contextmanager
def origin(strategy, *options):
    """The URL of an origin, which must end well when it is told to."""
    with running(program, "origin", "--strategy", strategy, "--port", "0", *options) as child:
        line = child.stdout.readline()
        listening = re.search(r"http://127\.0\.0\.1:\d+", line)
        if not listening:
            raise unittest.SkipTest(line.strip())
        yield listening.group()
        child.send_signal(signal.SIGTERM)
        totals, _ = child.communicate(timeout=PATIENCE_S)
        assert child.returncode == 0, f"exit {child.returncode}: {totals}"
        assert re.search(r"\d+ connections, \d+ requests, \d+ responses", totals), totals


def wait_until_listening(port):
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class PeerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def for_each_serving_strategy(self, check, *options):
        for strategy in SERVING:
            with self.subTest(strategy=strategy), origin(strategy, *options) as url:
                check(url)

    def measure(self, workload, *options):
        """The cells of a short run, in all of which every request and invariant holds."""
        out = self.folder / "result.json"
        out.unlink(missing_ok=True)
        table = output_of(program, "run", workload, "--warmup", "50ms", "--trials", "1", "--out",
                          str(out), *options)
        for line in table.splitlines():
            self.assertLessEqual(len(line), 80, line)
        self.assert_valid(out)
        cells = [cell for cell in json.loads(out.read_text())["cells"]
                 if cell["status"] != "unsupported"]
        self.assertTrue(cells)
        for cell in cells:
            self.assertEqual(cell["status"], "measured", cell["reason"])
            for trial in cell["trials"]:
                self.assertEqual(trial["status"], "ok", f"{cell['id']}: {trial['reason']}")
                self.assertLessEqual(set(trial["outcomes"]), {"ok"}, cell["id"])
                self.assertNotIn(False, trial["invariants"].values(),
                                 f"{cell['id']}: {trial['invariants']}")
        # A busy machine may leave one strategy nothing of a short window, but not all of them.
        self.assertTrue(any(trial["outcomes"] for cell in cells for trial in cell["trials"]))
        return cells

    def assert_valid(self, out):
        try:
            import jsonschema  # pylint: disable=import-outside-toplevel,unused-import
        except ImportError:
            return
        output_of(sys.executable, str(VALIDATE), str(SCHEMA), str(out))


class OriginTest(PeerTest):
    """The origin under other people's clients."""

    @needs("curl")
    def test_satisfies_curl(self):
        def fetch(url, path, *options):
            body = self.folder / "body"
            body.unlink(missing_ok=True)
            said = output_of("curl", "-sS", "-m20", "-o", str(body), "-w", "%{http_code}",
                             *options, url + path)
            self.assertEqual(said, "200", path)
            return body.read_bytes() if body.exists() else b""

        def check(url):
            self.assertEqual(len(fetch(url, "/")), 12)
            self.assertIn(b"Content-Length: 1000\r\n", fetch(url, "/bytes/1000", "--head"))
            self.assertEqual(len(fetch(url, "/", "--data", "x" * 50000)), 12)
            self.assertEqual(len(fetch(url, "/", "--http1.0")), 12)
            self.assertEqual(len(fetch(url, "/chunked/100000")), 100000)
            self.assertEqual(len(fetch(url, "/chunked/1000", "--http1.0", "--raw")), 1000)
            self.assertEqual(len(fetch(url, "/close/5000")), 5000)
            self.assertEqual(fetch(url, "/bytes/3m"), fetch(url, "/bytes/3m"))
            opened = output_of("curl", "-sS", "-m20", "-o", "/dev/null", "-w", "%{num_connects} ",
                               url + "/?[1-100]")
            self.assertEqual(opened.split(), ["1"] + 99 * ["0"])

        self.for_each_serving_strategy(check)

    @needs("wrk")
    def test_satisfies_wrk(self):
        def check(url):
            said = output_of("wrk", "-t1", "-c16", "-d1s", url + "/")
            self.assertRegex(said, r"[1-9]\d* requests in")
            self.assertNotRegex(said, "Socket errors|Non-2xx")

        self.for_each_serving_strategy(check)

    @needs("ab")
    def test_satisfies_ab(self):
        def check(url):
            for keep_alive in ([], ["-k"]):
                said = output_of("ab", "-q", "-n", "2000", "-c", "16", *keep_alive, url + "/")
                self.assertRegex(said, r"Complete requests: +2000\nFailed requests: +0\n")
                if keep_alive:
                    self.assertRegex(said, r"Keep-Alive requests: +2000\n")

        self.for_each_serving_strategy(check)

    @needs("h2load")
    def test_satisfies_h2load(self):
        def check(url):
            said = output_of("h2load", "--h1", "-n", "2000", "-c", "16", url + "/")
            self.assertIn("2000 done, 2000 succeeded, 0 failed, 0 errored, 0 timeout", said)

        self.for_each_serving_strategy(check)


class FetchTest(PeerTest):
    """Every client strategy against other people's servers."""

    def fetch_from(self, url, connections):
        cells = self.measure("fetch", "--url", url, "--duration", "300ms", "--connections",
                             str(connections))
        self.assertGreaterEqual({cell["strategy"] for cell in cells},
                                {"thread_per_request", "thread_per_connection", "asio"})
        for cell in cells:
            self.assertIsNone(cell["trials"][0]["invariants"]["both_ends_agree"], "nobody counted the replies")

    @needs("nginx")
    def test_measures_nginx(self):
        port = free_port()
        places = "".join(f"{kind}_temp_path {self.folder}/{kind};"
                         for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
        configuration = self.folder / "nginx.conf"
        configuration.write_text(
            f"daemon off; master_process off; pid {self.folder}/pid; error_log stderr;\n"
            "events { worker_connections 1024; }\n"
            f"http {{ access_log off; keepalive_requests 1000000; {places}\n"
            f"server {{ listen 127.0.0.1:{port}; location / {{ return 200 'hello world\\n'; }} }}"
            "}\n")
        with running("nginx", "-p", str(self.folder), "-c", str(configuration)):
            wait_until_listening(port)
            self.fetch_from(f"http://127.0.0.1:{port}/", 64)

    @needs("node")
    def test_measures_nodes_chunks(self):
        script = self.folder / "server.js"
        script.write_text("""
            const server = require('http').createServer((request, response) => {
              response.write('a'.repeat(500));
              response.end('b'.repeat(700));
            });
            server.listen(0, '127.0.0.1', () => console.log(server.address().port));
        """)
        with running("node", str(script)) as node:
            self.fetch_from(f"http://127.0.0.1:{int(node.stdout.readline())}/", 16)

    def test_measures_pythons_http_1_0(self):
        (self.folder / "file").write_bytes(bytes(range(256)) * 12)
        # Unread log lines would fill a pipe and stop it.
        quiet = "import http.server as s; s.SimpleHTTPRequestHandler.log_message = lambda *_: 0; "
        with running(sys.executable, "-u", "-c", quiet + "s.test(s.SimpleHTTPRequestHandler, "
                     "s.ThreadingHTTPServer, port=0, bind='127.0.0.1')",
                     folder=self.folder) as server:
            port = re.search(r"port (\d+)", server.stdout.readline()).group(1)
            self.fetch_from(f"http://127.0.0.1:{port}/file", 4)


class LoadTest(PeerTest):
    """The shapes of load that the options make."""

    def test_an_open_loop_shows_a_frozen_server(self):
        with origin("asio", "--freeze", "300ms/1s") as url:
            cells = self.measure("fetch", "--url", url, "--arrivals", "constant:500",
                                 "--duration", "2s", "--turns", "off",
                                 "--strategies", "asio,thread_per_connection")
        for cell in cells:
            response_time = cell["trials"][0]["response_time"]
            self.assertGreaterEqual(response_time["p99_ns"], 150e6, cell["id"])

    def test_ten_thousand_connections(self):
        # Room for one side's connections, and for what the process needs besides.
        if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 11000:
            self.skipTest("too few descriptors (ulimit -Hn)")
        # A busy machine is allowed to be slow, so the deadline leaves time.
        self.measure("fetch", "--strategies", "asio", "--connections", "10000",
                     "--server-delay", "1s", "--duration", "2s", "--deadline", "30s")

    def test_every_option_of_the_work(self):
        for options in (["--keep-alive", "off"], ["--arrivals", "poisson:1000"],
                        ["--think-time", "5ms"], ["--server-delay", "exp:5ms"],
                        ["--body-bytes", "0,1m", "--verify", "all"], ["--requests", "200"]):
            with self.subTest(options=options):
                self.measure("fetch", "--duration", "150ms", "--connections", "8", *options)

    def test_every_server(self):
        self.measure("serve", "--duration", "100ms", "--threads", "2")


def main():
    global program  # pylint: disable=global-statement
    program = sys.argv.pop(1)
    ran = unittest.main(exit=False, verbosity=2).result
    if not ran.wasSuccessful():
        return 1
    return 77 if ran.testsRun == len(ran.skipped) else 0


if __name__ == "__main__":
    sys.exit(main())
