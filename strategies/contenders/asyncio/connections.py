"""Connections on asyncio alone, by protocols or by streams: what little of HTTP/1.1 a client of the origin needs, and
messages that come back.

A connection has one exchange in flight. ask() and echo() raise what the network does (OSError, IncompleteReadError), and
ValueError for an answer that is not understood: a head without Content-Length.
"""

import asyncio
import re

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+) *\r\n", re.IGNORECASE)


def read_head(head):
    """The status, the length of the body, and whether the connection stays open. `head` ends with an empty line."""
    length = LENGTH.search(head)
    if not head.startswith(b"HTTP/1.") or not length:
        raise ValueError("a head that is not understood")
    return int(head[9:12]), int(length[1]), b"connection: close" not in head.lower()


class ProtocolConnection(asyncio.Protocol):
    """By callbacks of the transport: no buffer, no coroutine between the socket and the one who asks."""

    @classmethod
    async def open(cls, host, port):
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(cls, host, port))[1]

    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.is_open = True
        self.answer = None  # a future while an exchange is in flight
        self.take = None  # what looks at the bytes received so far
        self.received = b""
        self.head_is_complete = False

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.received = self.received + data if self.received else data
        if self.answer is None or self.answer.done():
            self.close()  # nobody has asked for it
            return
        try:
            self.take()
        except ValueError as error:
            self.answer.set_exception(error)

    def connection_lost(self, error):
        self.is_open = False
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(error or asyncio.IncompleteReadError(self.received, None))

    def close(self):
        self.is_open = False
        self.transport.abort()

    def _begin(self, take, data):
        self.received, self.head_is_complete = b"", False
        self.take = take
        self.answer = self.loop.create_future()
        self.transport.write(data)
        return self.answer

    def ask(self, request):
        """A future: the status and the body."""
        return self._begin(self._take_head, request)

    def echo(self, message):
        """A future: as many bytes as the message has."""
        self.wanted = len(message)
        return self._begin(self._take_message, message)

    def _take_head(self):
        end = self.received.find(b"\r\n\r\n") + 4
        if end < 4:
            return
        self.status, self.length, self.keeps = read_head(self.received[:end])
        self.head_is_complete, self.received = True, self.received[end:]
        self.take = self._take_body
        self._take_body()

    def _take_body(self):
        if len(self.received) >= self.length:
            self.is_open = self.is_open and self.keeps and len(self.received) == self.length
            self.answer.set_result((self.status, self.received[: self.length]))

    def _take_message(self):
        if len(self.received) >= self.wanted:
            self.answer.set_result(self.received)


class StreamConnection:
    """By streams: a reader and a writer."""

    @classmethod
    async def open(cls, host, port):
        return cls(*await asyncio.open_connection(host, port))

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.is_open = True
        self.head_is_complete = False

    def close(self):
        self.is_open = False
        self.writer.transport.abort()

    async def ask(self, request):
        self.head_is_complete = False
        self.writer.write(request)
        status, length, keeps = read_head(await self.reader.readuntil(b"\r\n\r\n"))
        self.head_is_complete = True
        body = await self.reader.readexactly(length)
        self.is_open = keeps
        return status, body

    async def echo(self, message):
        self.writer.write(message)
        return await self.reader.readexactly(len(message))
