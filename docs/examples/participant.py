"""A client of the workload fetch that takes part in a comparison beside asyncbench's strategies:

    asyncbench run fetch --strategies epoll --participant py="python3 docs/examples/participant.py"

docs/participant-protocol.md describes what it reads and writes: orders on descriptor 3, reports on 4, and one record
for each request on 5. Between its turns it is stopped, because it says that it does not take them by itself.
"""
import asyncio, json, os, re, struct, time

OK, STATUS, MISMATCH, REFUSED, RESET, EOF, TRUNCATED, TIMEOUT, CANCELLED = 0, 1, 2, 4, 7, 8, 9, 10, 15
RECORD = struct.Struct("<qqIHH")  # begin and end in ns, bytes of the body, outcome, task

orders = open(3)
job = json.loads(orders.readline())
asked = job["work"]["parameters"]
window_end = float("inf")  # until "go" says it
records, ready, bodies = [], set(), set()


def report(**message):
    os.write(4, json.dumps(message).encode() + b"\n")


async def fetch(stream, path):
    """One request over the stream. Returns its outcome and the size of the body."""
    reader, writer = stream
    writer.write(b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % path)
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.readexactly(int(re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)[1]))
    bodies.add(body) if not bodies else None  # what the first reply is, all others must be
    return STATUS if head[9:10] != b"2" else OK if body in bodies else MISMATCH, len(body)


async def task(number, path):
    """Keeps one request in flight until the window ends, and records each."""
    stream, outcome = None, OK
    while outcome != CANCELLED and time.monotonic_ns() < window_end:
        size, begun = 0, time.monotonic_ns()
        try:
            async with asyncio.timeout(5):
                stream = stream or await asyncio.open_connection("127.0.0.1", job["address"]["port"])
                outcome, size = await fetch(stream, path)
        except asyncio.IncompleteReadError as error:
            stream, outcome = None, TRUNCATED if error.partial else EOF
        except (OSError, TimeoutError, asyncio.CancelledError) as error:
            known = {ConnectionRefusedError: REFUSED, TimeoutError: TIMEOUT, asyncio.CancelledError: CANCELLED}
            stream, outcome = None, known.get(type(error), RESET)
        records.append(RECORD.pack(begun, time.monotonic_ns(), size, outcome, number))
        if len(ready) < int(asked["connections"]):
            ready.add(number)
            if len(ready) == int(asked["connections"]):
                report(type="ready", turns=False)


async def main():
    global window_end
    delay = asked["server_delay"]
    path = (f"/delay/{delay}" if delay != "0s" else "") + f"/bytes/{asked['body_bytes']}"
    tasks = [asyncio.create_task(task(i, path.encode())) for i in range(int(asked["connections"]))]
    go = json.loads(await asyncio.to_thread(orders.readline))
    window_end = go["window_end_ns"]
    hard_stop = (window_end + job["grace_ns"] - time.monotonic_ns()) / 1e9
    for pending in (await asyncio.wait(tasks, timeout=hard_stop))[1]:
        pending.cancel()
    await asyncio.wait(tasks)
    os.write(5, b"".join(records))
    report(type="record", records=len(records))


cannot = [name for name, usual in {"keep_alive": "on", "think_time": "0s"}.items() if asked.get(name) != usual]
if job["workload"] != "fetch" or job["role"] != "client" or job["work"]["urls"] or job["requests"] or cannot:
    report(type="failed", reason=f"participant.py is a client of fetch alone, with a kept connection ({cannot})")
else:
    asyncio.run(main())
