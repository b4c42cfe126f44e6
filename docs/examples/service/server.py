"""A small service: GET /price/ID answers a price as JSON. server.py PORT"""
import asyncio
import json
import sys


def price(item):
    return json.dumps({"item": item, "cents": sum(map(ord, item)) * 7 % 9900})


async def handle(reader, writer):
    try:
        while line := await reader.readline():
            path = line.split()[1].decode()
            while await reader.readline() not in (b"\r\n", b""):
                pass
            body = price(path.rsplit("/", 1)[1]).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def main(port):
    server = await asyncio.start_server(handle, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


asyncio.run(main(int(sys.argv[1])))
