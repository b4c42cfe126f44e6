"""HTTP/1.1 with a thread a connection, on what ../asyncio/server.py knows of requests."""

import pathlib
import socketserver
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "asyncio"))
from server import answer  # noqa: E402


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        received = b""
        keeps = True
        while keeps:
            request, end, rest = received.partition(b"\r\n\r\n")
            if not end:
                data = self.request.recv(65536)
                if not data:
                    return
                received += data
                continue
            received = rest
            delay, reply, keeps = answer(request)
            if delay:
                time.sleep(delay)
            self.request.sendall(reply)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 4096
    disable_nagle_algorithm = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
