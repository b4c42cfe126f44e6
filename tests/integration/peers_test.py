"""Runs the asyncbench program against the programs that users know: peers_test.py PROGRAM [TEST...].

Its origin must satisfy their load generators, its client their servers. What is not installed is
skipped; exit code 77 when that leaves nothing.
"""

import contextlib
import json
import pathlib
import re
import resource
import shlex
import shutil
import signal
import socket
import ssl
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

# Beside what all workloads with TLS are given.
WORKLOAD_OPTIONS = {"scrape": ["--pages", "16"], "gather": ["--fan-out", "3"]}

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
        listening = re.search(r"https?://127\.0\.0\.1:\d+", line)
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


class ServedTest(PeerTest):
    """Has other people's servers."""

    def fetch_from(self, url, connections, *options):
        cells = self.measure("fetch", "--url", url, "--duration", "300ms", "--connections",
                             str(connections), *options)
        self.assertGreaterEqual({cell["strategy"] for cell in cells},
                                {"thread_per_request", "thread_per_connection", "asio"})
        for cell in cells:
            self.assertIsNone(cell["trials"][0]["invariants"]["both_ends_agree"], "nobody counted the replies")

    @contextlib.contextmanager
    def nginx(self, listen="", more=""):
        """The port of an nginx that answers everything alike."""
        port = free_port()
        places = "".join(f"{kind}_temp_path {self.folder}/{kind};"
                         for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
        configuration = self.folder / "nginx.conf"
        configuration.write_text(
            f"daemon off; master_process off; pid {self.folder}/pid; error_log stderr;\n"
            "events { worker_connections 1024; }\n"
            f"http {{ access_log off; keepalive_requests 1000000; {places}\n"
            f"server {{ listen 127.0.0.1:{port} {listen}; {more} "
            "location / { return 200 'hello world\\n'; } }}\n")
        with running("nginx", "-p", str(self.folder), "-c", str(configuration)):
            wait_until_listening(port)
            yield port


class FetchTest(ServedTest):
    """Every client strategy against other people's servers."""

    @needs("nginx")
    def test_measures_nginx(self):
        with self.nginx() as port:
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


class TlsTest(ServedTest):
    """TLS with other people's clients and servers."""

    def make_certificate(self):
        """Paths of a certificate for localhost and 127.0.0.1, and of its key."""
        certificate, key = str(self.folder / "cert.pem"), str(self.folder / "key.pem")
        output_of("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                  "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj",
                  "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        return certificate, key

    @needs("curl", "openssl")
    def test_the_origin_satisfies_curl_openssl_and_python(self):
        certificate = str(self.folder / "origin.pem")

        def check(url):
            port = int(url.rsplit(":", 1)[1])
            said = output_of("curl", "-sS", "-m20", "--cacert", certificate, "-w", "%{http_version}",
                             url + "/bytes/200000", "-o", "/dev/null")
            self.assertEqual(said, "1.1")
            context = ssl.create_default_context(cafile=certificate)
            context.set_alpn_protocols(["http/1.1"])
            with socket.create_connection(("127.0.0.1", port)) as plain, \
                    context.wrap_socket(plain, server_hostname="localhost") as stream:
                self.assertEqual(stream.selected_alpn_protocol(), "http/1.1")
                stream.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                reply = b"".join(iter(lambda: stream.recv(4096), b""))
            self.assertTrue(reply.startswith(b"HTTP/1.1 200 OK\r\n"), reply)

        self.for_each_serving_strategy(check, "--tls", certificate)
        for version in ("1.2", "1.3"):
            with origin("epoll", "--tls", certificate, "--tls-version", version) as url:
                asked = ["openssl", "s_client", "-connect", url.removeprefix("https://"), "-brief",
                         "-CAfile", certificate, "-verify_return_error"]
                said = output_of("sh", "-c", shlex.join(asked + ["-alpn", "http/1.1"]) + " </dev/null")
                self.assertIn(f"Protocol version: TLSv{version}", said)
                self.assertIn("Verification: OK", said)
                for refused in (["-tls1_2" if version == "1.3" else "-tls1_3"], ["-alpn", "h2"]):
                    with self.assertRaisesRegex(AssertionError, "alert"):
                        output_of("sh", "-c", shlex.join(asked + refused) + " </dev/null")

    @needs("wrk")
    def test_the_origin_satisfies_wrk(self):
        def check(url):
            said = output_of("wrk", "-t1", "-c16", "-d1s", url + "/")
            self.assertRegex(said, r"[1-9]\d* requests in")
            self.assertNotRegex(said, "Socket errors|Non-2xx")

        self.for_each_serving_strategy(check, "--tls", str(self.folder / "origin.pem"))

    @needs("nginx", "openssl")
    def test_measures_nginx(self):
        certificate, key = self.make_certificate()
        files = f"ssl_certificate {certificate}; ssl_certificate_key {key};"
        with self.nginx("ssl", files) as port:
            self.fetch_from(f"https://localhost:{port}/", 16, "--ca", certificate)
            self.fetch_from(f"https://127.0.0.1:{port}/", 16, "--insecure", "--tls-version", "1.2",
                            "--keep-alive", "off", "--strategies",
                            "thread_per_request,thread_per_connection,asio,epoll,curl_multi")

    @needs("openssl")
    def test_measures_openssls_s_server(self):
        certificate, key = self.make_certificate()
        (self.folder / "page").write_text("hello world\n")
        port = free_port()
        with running("openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", certificate,
                     "-key", key, "-WWW", "-quiet", folder=self.folder):
            wait_until_listening(port)
            # It serves one connection after the other.
            self.fetch_from(f"https://localhost:{port}/page", 1, "--ca", certificate,
                            "--keep-alive", "off", "--turns", "off")

    @needs("openssl")
    def test_measures_pythons_ssl(self):
        certificate, key = self.make_certificate()
        server = self.folder / "server.py"
        server.write_text(
            "import http.server as s, ssl, sys\n"
            "s.SimpleHTTPRequestHandler.log_message = lambda *_: 0\n"
            "server = s.ThreadingHTTPServer(('127.0.0.1', 0), s.SimpleHTTPRequestHandler)\n"
            "context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n"
            "context.load_cert_chain(*sys.argv[1:])\n"
            "server.socket = context.wrap_socket(server.socket, server_side=True)\n"
            "print(server.server_port, flush=True)\n"
            "server.serve_forever()\n")
        with running(sys.executable, str(server), certificate, key, folder=self.folder) as python:
            port = int(python.stdout.readline())
            self.fetch_from(f"https://localhost:{port}/cert.pem", 4, "--ca", certificate)


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

    def test_tls_in_every_workload_that_has_it(self):
        for workload in ("fetch", "serve", "gather", "scrape", "echo"):
            with self.subTest(workload=workload):
                self.measure(workload, "--duration", "100ms", "--connections", "8", "--tls", "on",
                             "--tls-version", "1.2,1.3", *WORKLOAD_OPTIONS.get(workload, []))


def main():
    global program  # pylint: disable=global-statement
    program = sys.argv.pop(1)
    ran = unittest.main(exit=False, verbosity=2).result
    if not ran.wasSuccessful():
        return 1
    return 77 if ran.testsRun == len(ran.skipped) else 0


if __name__ == "__main__":
    sys.exit(main())
