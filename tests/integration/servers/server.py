"""A server that answers GET of any path: server.py PORT|SOCKET [ODDITY ...]

Oddities: never (it never listens), other-port, dies (after some requests), orphans (it leaves
children in sessions of their own, and ignores SIGTERM), changes (its bytes), noisy (megabytes on
stderr), burn (more CPU a request), background (the process that was started ends), unwell (status 500),
rude (it closes each connection after one reply without a word).
"""

import os
import signal
import socketserver
import subprocess
import sys
import time

place, oddities = sys.argv[1], set(sys.argv[2:])
is_unix = place.startswith("/")
answered = 0


class Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = not is_unix

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
            status = b"500 Unwell" if "unwell" in oddities else b"200 OK"
            self.wfile.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))
            if "rude" in oddities:
                return


class Server(socketserver.ThreadingUnixStreamServer if is_unix else socketserver.ThreadingTCPServer):
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
    place, is_unix = "0", False
print("ready", flush=True)
Server(place if is_unix else ("127.0.0.1", int(place)), Handler).serve_forever()
