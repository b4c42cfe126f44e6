"""A client of the workload fetch that takes part in a comparison beside asyncbench's strategies:

    asyncbench run fetch --strategies epoll --participant py="python3 docs/examples/participant.py"

docs/participant-protocol.md describes what it reads and writes: orders on descriptor 3, reports on
4, and one record for each request on 5. It says that it does not take turns by itself, and so is
stopped while others have theirs.
"""
import asyncio, json, os, re, struct, time

OK, HTTP_STATUS, CONTENT_MISMATCH, CONNECT_REFUSED, RESET = 0, 1, 2, 4, 7
EOF_BEFORE_RESPONSE, TRUNCATED, TIMEOUT_HEADERS, CANCELLED = 8, 9, 10, 15
RECORD = struct.Struct("<qqIHH")  # begin and end in ns, bytes of the body, outcome, task

# What it does not vary: it says so, instead of measuring something else than it was asked to.
FIXED = {"arrivals": "closed", "deadline": "5s", "keep_alive": "on", "think_time": "0s"}

orders = open(3)
job = json.loads(orders.readline())
asked = job["work"]["parameters"]
window_end = float("inf")  # until "go" says it
records, ready, bodies = [], set(), set()


def report(**message):
    os.write(4, json.dumps(message).encode() + b"\n")


async def fetch(reader, writer, path):
    """One request over an open connection. Returns its outcome and the size of the body."""
    writer.write(b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % path)
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.readexactly(int(re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)[1]))
    if head[9:10] != b"2":
        return HTTP_STATUS, len(body)
    if not bodies:
        bodies.add(body)  # all others must be what the first one was
    return OK if body in bodies else CONTENT_MISMATCH, len(body)


async def task(number, path):
    """Keeps one request in flight until the window ends, and records each."""
    stream, outcome = None, OK
    while outcome != CANCELLED and time.monotonic_ns() < window_end:
        size, begun = 0, time.monotonic_ns()
        try:
            async with asyncio.timeout(60):  # clocks go on while it is stopped
                if stream is None:
                    stream = await asyncio.open_connection("127.0.0.1", job["address"]["port"])
                outcome, size = await fetch(*stream, path)
        except asyncio.IncompleteReadError as error:
            stream, outcome = None, TRUNCATED if error.partial else EOF_BEFORE_RESPONSE
        except ConnectionRefusedError:
            stream, outcome = None, CONNECT_REFUSED
        except TimeoutError:
            stream, outcome = None, TIMEOUT_HEADERS
        except OSError:
            stream, outcome = None, RESET
        except asyncio.CancelledError:
            outcome = CANCELLED
        records.append(RECORD.pack(begun, time.monotonic_ns(), size, outcome, number))
        if number not in ready:
            ready.add(number)
            if len(ready) == int(asked["connections"]):
                report(type="ready", turns=False)


async def main():
    global window_end
    delay, size = asked["server_delay"], asked["body_bytes"]
    path = f"/bytes/{size}" if delay == "0s" else f"/delay/{delay}/bytes/{size}"
    tasks = [asyncio.create_task(task(i, path.encode())) for i in range(int(asked["connections"]))]
    go = json.loads(await asyncio.to_thread(orders.readline))
    window_end = go["window_end_ns"]
    hard_stop = (window_end + job["grace_ns"] - time.monotonic_ns()) / 1e9
    for unfinished in (await asyncio.wait(tasks, timeout=hard_stop))[1]:
        unfinished.cancel()
    await asyncio.wait(tasks)
    os.write(5, b"".join(records))
    report(type="record", records=len(records))


others = {name: asked[name] for name, value in FIXED.items() if asked.get(name) != value}
if (job["workload"], job["role"]) != ("fetch", "client") or job["work"]["urls"] or job["requests"]:
    report(type="failed", reason="participant.py is a client of fetch alone, for a given time")
elif others:
    report(type="failed", reason=f"participant.py is a client of fetch alone, without {others}")
else:
    asyncio.run(main())
