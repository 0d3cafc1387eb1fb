# SPDX-License-Identifier: Apache-2.0
"""A proxy between the binary and a real search server, which breaks the wire as it is told.

    client ---> [before: refuse, reset, go down, lose the context] ---> server
           <--- [after: cut, drip, mutilate, replace the answer]   <---

It reads requests and answers whole, so that a fault is placed in an answer that the server has
given: the server has moved on. It knows what each request is for (`kind`), counts requests per
kind, and keeps books of the contexts - scrolls, points in time - that the server has opened: who
was told of them, who asked to close them, and which of those requests arrived. Whatever the
client must never do is noted in `crimes`.
"""

import contextlib
import http.client
import json
import socket
import struct
import threading
import time
from collections import Counter

from wire_messages import ID, Answer, Context, Line, Request, kind_of

PATIENCE_SECONDS = 60
# A client may have given up by then.
SLOW_SECONDS = 0.3


class DropError(Exception):
    """The client's connection is to end now, with a reset or an end."""

    def __init__(self, reset: bool) -> None:
        super().__init__()
        self.reset = reset


class Script:
    """What goes wrong; this one: nothing. `before` may raise DropError, or give an answer that the
    server never sees; `after` may spoil the server's. Both are called with the proxy's lock held
    by nobody."""

    def before(self, proxy: "Proxy", request: Request) -> Answer | None:
        return None

    def after(self, proxy: "Proxy", request: Request, answer: Answer) -> None:
        pass


class Proxy:
    """`opensearch`: how the server's points in time are closed."""

    def __init__(self, server_port: int, opensearch: bool = False) -> None:
        self.server_port = server_port
        self.opensearch = opensearch
        self.script = Script()
        self.lock = threading.Lock()
        self.changed = threading.Condition(self.lock)
        self.connections: set[socket.socket] = set()
        self.busy = 0  # requests under way
        self.over = threading.Event()  # the run has ended: nobody waits for slow answers
        self.opener: threading.Timer | None = None
        self.reset()
        self.listener: socket.socket | None = None
        self.port = 0
        self._listen()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def reset(self) -> None:
        """For the next run."""
        self.counts: Counter = Counter()
        self.contexts: dict[str, Context] = {}
        self.crimes: list[str] = []
        self.last_pages: dict[tuple[str, str], bytes] = {}
        self.one_worker = False  # whether requests come one after the other
        self.downs = 0
        self.mangled = False  # an answer that opens something was: the client may know a wrong id
        self.over.clear()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *_: object) -> None:
        self.settle()
        self._close_listener()
        self._drop_connections()

    # Listening.

    def _listen(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def _close_listener(self) -> None:
        listener, self.listener = self.listener, None  # two connections may want it closed
        if listener is not None:
            # A thread that waits in accept would keep it open.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _drop_connections(self) -> None:
        with self.lock:
            connections = list(self.connections)
        for connection in connections:
            abort(connection)

    def go_down(self, seconds: float) -> None:
        """Refuses connections for a while; those there are end."""
        with self.lock:
            if self.listener is None:
                return
            self.downs += 1
            self._close_listener()
            self.opener = threading.Timer(seconds, self._listen)
            self.opener.start()
        self._drop_connections()

    def settle(self) -> None:
        """After a run: nothing is under way any more, and the proxy is up."""
        self.over.set()
        if self.opener is not None:
            self.opener.join()
            self.opener = None
        with self.changed:
            done = self.changed.wait_for(lambda: self.busy == 0, PATIENCE_SECONDS)
        assert done, "a request is still under way"

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    # Serving.

    def _serve(self, connection: socket.socket) -> None:
        server = http.client.HTTPConnection("127.0.0.1", self.server_port, timeout=PATIENCE_SECONDS)
        try:
            with connection.makefile("rb") as stream:
                line = Line(connection, stream, server)
                while self._serve_one(line):
                    pass
        except DropError as drop:
            if drop.reset:
                reset_on_close(connection)
        except (OSError, ValueError, http.client.HTTPException):
            pass  # the client or the server went away
        finally:
            server.close()
            with self.lock:
                self.connections.discard(connection)
            connection.close()

    def _serve_one(self, line: Line) -> bool:
        request = self._read(line)
        if request is None:
            return False
        with self.lock:
            self.busy += 1
        try:
            return self._handle(line, request)
        finally:
            with self.changed:
                self.busy -= 1
                self.changed.notify_all()

    def _read(self, line: Line) -> Request | None:
        stream = line.stream
        first = stream.readline().decode("ascii")
        if not first:
            return None
        method, target, _ = first.split()
        headers = {}
        while (header := stream.readline().decode("latin-1").strip()) != "":
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", 0)))
        kind = kind_of(method, target)
        with self.lock:
            line.is_read()
            self.counts[kind] += 1
            request = Request(method, target, headers, body, kind, self.counts[kind])
            self._look_up(line, request)
        return request

    def _handle(self, line: Line, request: Request) -> bool:
        begun = time.monotonic()
        answer = self.script.before(self, request)
        if answer is None:
            answer = self._forward(line.server, request)
            self.name_pit(request, answer)
            page = answer.plain()
            with self.lock:
                self._note_opened(request, answer)
            self.script.after(self, request, answer)
            slow = time.monotonic() - begun > SLOW_SECONDS
            with self.lock:
                self._note_told(request, answer, slow)
                line.sent(self.contexts.get(request.context or ""), request, answer, page)
                self.last_pages[request.context or "", request.slice] = page
        return self._send(line.connection, answer)

    def _forward(self, server: http.client.HTTPConnection, request: Request) -> Answer:
        headers = {k: v for k, v in request.headers.items() if k not in ("host", "content-length")}
        server.request(request.method, request.target, request.body or None, headers)
        response = server.getresponse()
        answer = Answer(response.status, response.getheaders(), response.read())
        with self.lock:
            self._note_closed(request, answer)
        return answer

    def _send(self, connection: socket.socket, answer: Answer) -> bool:
        data = answer.sent()
        if answer.silent_seconds:
            self.over.wait(answer.silent_seconds)
        size, seconds = answer.drip or (len(data) or 1, 0.0)
        for i in range(0, len(data), size):
            connection.sendall(data[i : i + size])
            if seconds:
                self.over.wait(seconds)
        if answer.cut_at is None and answer.length is None:
            return True
        raise DropError(answer.reset)

    # The books, under the lock.

    def _look_up(self, line: Line, request: Request) -> None:
        """Which context a request names; aliases are put back to what the server knows."""
        if request.kind in ("plan", "search", "open", "pit_open"):
            return
        body = request.json
        given = body.get("scroll_id") or body.get("pit_id") or body.get("id")
        if request.kind == "pit_next":
            given = body["pit"]["id"]
            request.slice = json.dumps(body.get("slice"))
        given = given[0] if isinstance(given, list) else given
        found = [c for c in self.contexts.values() if given == c.id or given in c.aliases]
        if not found:
            if self.mangled:
                return
            self.crimes.append(f"{request.kind} names {given[:40]}, which nobody was told")
            return
        context = found[0]
        request.context = context.id
        request.body = request.body.replace(given.encode(), context.id.encode())
        if request.kind in ("close", "pit_close"):
            context.close_tries += 1
        if request.kind == "next" and context.spoilt:
            self.crimes.append(f"a scroll was asked again after {context.spoilt}")
        # Readers that work at the same time need not agree on which answer was the last.
        if request.kind == "pit_next" and self.one_worker and line.is_old(context, given):
            self.crimes.append("an old id of a PIT was used after a newer one")

    def _note_opened(self, request: Request, answer: Answer) -> None:
        if request.kind in ("open", "pit_open") and answer.status == 200:
            match = ID.search(answer.plain())
            assert match, answer.plain()[:200]
            identifier = match[1].decode()
            self.contexts[identifier] = Context(identifier, request.kind == "pit_open")

    def _note_closed(self, request: Request, answer: Answer) -> None:
        context = self.contexts.get(request.context or "")
        if context and request.kind in ("close", "pit_close") and answer.status in (200, 404):
            context.closed = True

    def _note_told(self, request: Request, answer: Answer, slow: bool) -> None:
        match = ID.search(answer.readable())
        context = self.contexts.get(match[1].decode()) if match else None
        if context and request.kind in ("open", "pit_open"):
            context.told = True
            context.doubtful = bool(slow or answer.silent_seconds or answer.drip)
        mangled = request.kind in ("open", "pit_open") and answer.status == 200 and not context
        self.mangled = self.mangled or mangled
        # A wrong page that looks right at its ends may be found wrong after the next was asked for.
        if request.kind == "next" and not (answer.is_whole and answer.status == 200):
            context = self.contexts.get(request.context or "")
            if context:
                context.spoilt = f"its answer {request.number} was spoilt"

    def page_before(self, request: Request) -> bytes | None:
        """The page that the same context and slice gave before this one."""
        return self.last_pages.get((request.context or "", request.slice))

    def change_pit_id(self, request: Request, answer: Answer) -> None:
        """From now on answers name the PIT by another id; the client knows it by that one once it
        has read it."""
        with self.lock:
            context = self.contexts[request.context]
            alias = f"{context.id}{len(context.aliases):04}"
            context.aliases.append(alias)
        self.name_pit(request, answer)

    def name_pit(self, request: Request, answer: Answer) -> None:
        """Answers carry the id that was made last."""
        context = self.contexts.get(request.context or "")
        if request.kind == "pit_next" and answer.status == 200 and context and context.aliases:
            answer.edit_json(lambda page: page.update(pit_id=context.newest))

    def lose(self, request: Request) -> None:
        """The context is closed at the server behind the client's back."""
        context = self.contexts.get(request.context or "")
        if context is not None:
            self.delete(context)

    def delete(self, context: Context) -> None:
        if not context.pit:
            path, body = "/_search/scroll", {"scroll_id": [context.id]}
        elif self.opensearch:
            path, body = "/_search/point_in_time", {"pit_id": [context.id]}
        else:
            path, body = "/_pit", {"id": context.id}
        server = http.client.HTTPConnection("127.0.0.1", self.server_port, timeout=PATIENCE_SECONDS)
        try:
            server.request("DELETE", path, json.dumps(body), {"content-type": "application/json"})
            answer = server.getresponse()
            answer.read()
        finally:
            server.close()
        assert answer.status in (200, 404), answer.status
        with self.lock:
            context.closed = True


def reset_on_close(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def abort(connection: socket.socket) -> None:
    """Ends a connection that another thread serves; closing alone would not wake it."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
