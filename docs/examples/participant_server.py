"""A server that takes part in a comparison beside asyncbench's strategies:

    asyncbench run serve --strategies epoll --participant py="python3 docs/examples/participant_server.py"

A server that speaks HTTP takes part without a line of this, by `--program` (docs/programs.md). One
that speaks docs/participant-protocol.md can say what it answered, so that it is held against what
its client counted; and it can be the gateway of gather, or the server of echo, in the same way.
"""
import asyncio, json, os, re

orders = open(3)
job = json.loads(orders.readline())
counts = dict.fromkeys(
    ["connections", "refused", "requests", "responses", "response_body_bytes", "faults",
     "bad_requests", "timeouts", "resets"], 0)


def report(**message):
    os.write(4, json.dumps(message).encode() + b"\n")


async def serve(reader, writer):
    counts["connections"] += 1
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            counts["requests"] += 1
            body = b"x" * int(re.match(rb"GET (?:/delay/\S+)?/bytes/(\d+) ", head)[1])
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            await writer.drain()
            counts["responses"] += 1
            counts["response_body_bytes"] += len(body)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass  # the client has gone
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    # With a target, even an empty one, clients dial 127.0.0.1 alone, and take any bytes.
    report(type="listening", address={"port": port, "path": "", "target": ""})
    while json.loads(await asyncio.to_thread(orders.readline))["type"] != "stop":
        pass  # "go", and "window_end": a server need not know the window
    report(type="record", server=counts)


without_delay = job["work"]["parameters"].get("server_delay") == "0s"
if (job["workload"], job["role"]) != ("serve", "server") or not without_delay:
    report(type="failed", reason="participant_server.py is the server of serve, without delays")
else:
    asyncio.run(main())
