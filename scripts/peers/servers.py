"""Servers under load, and how many requests each has received."""

import contextlib
import http.client
import os
import re
import socket
import struct
import time

from peers.processes import PATIENCE_S, fail, run, started

BODY = "twelve bytes"
COUNTER = "/requests"


def received_bytes(port):
    """Bytes that each connection to the local port has received, by the other end's port
    (sock_diag(7); `ss -ti` shows the same)."""
    kind, info, error = 20, 2, 2  # SOCK_DIAG_BY_FAMILY, INET_DIAG_INFO, NLMSG_ERROR
    dump = 0x301  # NLM_F_REQUEST | NLM_F_DUMP
    header, message = 16, 72  # lengths of nlmsghdr and inet_diag_msg
    of_received = 128  # tcpi_bytes_received in tcp_info
    established = 1 << 1
    request = struct.pack("=IHHII", header + 56, kind, dump, 0, 0)
    request += struct.pack(
        "=BBBxI", socket.AF_INET, socket.IPPROTO_TCP, 1 << (info - 1), established
    )
    request += struct.pack("!HH", port, 0) + bytes(36) + b"\xff" * 8  # no cookie
    found = {}
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4) as diag:  # NETLINK_SOCK_DIAG
        diag.send(request)
        while True:
            answer = diag.recv(1 << 20)
            while answer:
                length, answered = struct.unpack_from("=IH", answer)
                if answered == error:
                    number = -struct.unpack_from("=i", answer, header)[0]
                    fail(f"sock_diag: {os.strerror(number)}: the kernel needs CONFIG_INET_TCP_DIAG")
                if answered != kind:  # the end of the dump
                    return found
                (other,) = struct.unpack_from("!H", answer, header + 6)
                at = header + message
                while at < length:
                    size, attribute = struct.unpack_from("=HH", answer, at)
                    if attribute == info:
                        found[other] = struct.unpack_from("=Q", answer, at + 4 + of_received)[0]
                    at += (size + 3) & ~3
                answer = answer[(length + 3) & ~3 :]


def free_port():
    """A port of five digits: requests then have the same length, whichever server they are for."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port >= 10000:
            return port


class Server:
    """A server on the loopback interface that is idle unless somebody asks."""

    def __init__(self, process, port, tls=False):
        self.process, self.port, self.tls = process, port, tls

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def count(self):
        """How many requests it has had; None where it has no counter."""
        return None


class Counting(Server):
    """One that says at COUNTER how many requests it has had, those for COUNTER left out."""

    counter_port = None  # of its own; None: the same

    def ask(self):
        asking = http.client.HTTPConnection(
            "127.0.0.1", self.counter_port or self.port, timeout=PATIENCE_S
        )
        asking.request("GET", COUNTER)
        text = asking.getresponse().read().decode()
        asking.close()
        return text

    def count(self):
        return int(self.ask())


class Nginx(Counting):
    """Its counter is without TLS."""

    def __init__(self, process, port, counter_port, tls):
        super().__init__(process, port, tls)
        self.counter_port = counter_port
        self.asked = 0

    def count(self):
        self.asked += 1  # nginx counts those, too
        return int(re.search(r"requests\s+\d+ \d+ (\d+)", self.ask()).group(1)) - self.asked


def wait_until_listening(port, process):
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        process.check_alive()
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.02)
    fail(f"nothing listens on port {port} after {PATIENCE_S} s")


def self_signed(folder):
    """What nginx is told of a certificate like that of the origin."""
    key, certificate = folder / "key.pem", folder / "cert.pem"
    run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost"])
    return f"ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_protocols TLSv1.3;"


@contextlib.contextmanager
def nginx(cpu, folder, tls=False):
    """nginx with one worker, whose files are in `folder`."""
    port, counter_port, config = free_port(), free_port(), folder / "nginx.conf"
    config.write_text(
        f"""daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 1h; default_type text/plain;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{
    listen 127.0.0.1:{port} backlog=4096 {"ssl" if tls else ""};
    {self_signed(folder) if tls else ""}
    location / {{ return 200 "{BODY}"; }}
  }}
  server {{
    listen 127.0.0.1:{counter_port};
    location = {COUNTER} {{ stub_status; }}
  }}
}}
"""
    )
    command = ["nginx", "-c", config, "-e", folder / "error.log"]
    with started(command, cpu, folder / "server.log", counts_children=True) as process:
        wait_until_listening(port, process)
        yield Nginx(process, port, counter_port, tls)


@contextlib.contextmanager
def origin(program, strategy, cpu, folder, tls=False):
    port = free_port()
    command = [program, "origin", "--strategy", strategy, "--port", port, "--idle-timeout", "1h"]
    if tls:
        command += ["--tls", folder / "cert.pem"]
    with started(command, cpu, folder / "server.log") as process:
        wait_until_listening(port, process)
        yield Server(process, port, tls)
