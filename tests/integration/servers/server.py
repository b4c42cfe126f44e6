"""A server that answers GET of any path: server.py PORT [ODDITY ...]

Oddities: never (it never listens), other-port, dies (after some requests), orphans (it leaves
children in sessions of their own, and ignores SIGTERM), changes (its bytes), noisy (megabytes on
stderr), burn (more CPU a request), background (the process that was started ends).
"""

import os
import signal
import socketserver
import subprocess
import sys
import time

port, oddities = int(sys.argv[1]), set(sys.argv[2:])
answered = 0


class Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        global answered
        while line := self.rfile.readline():
            path = line.split()[1]
            while self.rfile.readline() not in (b"\r\n", b""):
                pass
            answered += 1
            if "dies" in oddities and answered > 200:
                print("the database has gone", file=sys.stderr, flush=True)
                os._exit(3)
            if "noisy" in oddities:
                print("request" * 1000, file=sys.stderr)
            if "burn" in oddities:
                sum(range(2000))
            body = b"Hello " + path
            if "changes" in oddities:
                body += str(answered % 7).encode()
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 1024

    def handle_error(self, request, client_address):
        pass


if "background" in oddities and os.fork() > 0:
    os._exit(0)
if "orphans" in oddities:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sleeps = [sys.executable, "-c", "import time; time.sleep(1234)", *sys.argv[2:]]
    subprocess.Popen(["python3", *sleeps[1:]], executable=sleeps[0], start_new_session=True)
if "never" in oddities:
    print("waiting for the moon", flush=True)
    time.sleep(1000)
if "other-port" in oddities:
    port = 0
print("ready", flush=True)
Server(("127.0.0.1", port), Handler).serve_forever()
