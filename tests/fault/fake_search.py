# SPDX-License-Identifier: Apache-2.0
"""A search server that answers as Elasticsearch or OpenSearch does, and misbehaves on demand.

It holds one index, its documents dealt out to shards, and knows scrolls and points in time. As in
the real thing, a scroll moves on when a request for it arrives, whether or not its answer does.
Every request is recorded. What is recorded as a crime: a scroll that is asked for again after one of
its answers was spoilt, a search whose query string is not what every one has.
"""

import itertools
import json
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from fault import fake_query

PARTIAL = "allow_partial_search_results=false"
UUID = "Yq0vXbZuT2e-nB1wO6cQeA"


@dataclass
class Answer:
    """What is about to be sent; faults change it."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_length: int | None = None  # when it shall lie
    left_over: bytes = b""  # of an answer before it on the connection
    cut_at: int | None = None  # bytes of the whole answer that get through; negative: from its end
    reset: bool = False  # end with a reset instead of an end
    silent_ms: int = 0  # before the first byte
    drip_ms: int = 0  # between pieces of 64 bytes

    @property
    def ends_connection(self) -> bool:
        return self.cut_at is not None or self.content_length is not None


@dataclass
class Request:
    method: str
    path: str
    query: str
    body: dict
    kind: str  # "search", "open", "next", "pit_open", "pit_next", "close", "pit_close", "control"
    number: int  # among those of its kind, from 1
    authorization: str = ""
    target: str = ""  # as the request line has it


Fault = Callable[[Request, Answer], None]


class FakeSearch:
    """`fault` is called for every request with the healthy answer, and may spoil it."""

    def __init__(
        self,
        documents: dict[str, dict],
        shards: int = 3,
        opensearch: bool = False,
        tls: ssl.SSLContext | None = None,
    ):
        self.hold(documents)
        self.shards = shards
        self.opensearch = opensearch
        self.fault: Fault | None = None
        self.prefix = ""  # of all paths, as behind a proxy
        self.forgets: Callable[[Request], bool] | None = None  # the query string, on its way here
        self.requests: list[Request] = []
        self.crimes: list[str] = []
        self.contexts: dict[str, dict] = {}
        self.ids = itertools.count(1)
        self.kinds: dict[str, int] = {}
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.connections: list[socket.socket] = []
        self.tls = tls
        self.port = self.listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self, documents: dict[str, dict]) -> None:
        self.documents = list(documents.items())

    def __enter__(self) -> "FakeSearch":
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.close()
        for connection in self.connections:
            connection.close()

    def count(self, kind: str) -> int:
        return self.kinds.get(kind, 0)

    # The wire.

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as stream:
                while self._serve_one(connection, stream):
                    pass
        except (OSError, ValueError):
            pass  # the other side went away, or does not speak HTTP

    def _serve_one(self, connection: socket.socket, stream) -> bool:
        line = stream.readline().decode("ascii")
        if not line:
            return False
        method, target, _ = line.split()
        length, authorization = 0, ""
        while (header := stream.readline()) != b"\r\n":
            if not header.endswith(b"\n"):
                return False  # a request that is cut is none
            name, _, value = header.strip().partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            if name.lower() == b"authorization":
                authorization = value.strip().decode()
        body = stream.read(length)
        if len(body) < length:
            return False
        path, _, query = re.sub(r"^http://[^/]+", "", target).partition("?")
        if not path.startswith(self.prefix):
            return False
        path = path.removeprefix(self.prefix)
        with self.lock:
            answer = self._answer(method, path, query, json.loads(body) if body else {})
            self.requests[-1].authorization = authorization
            self.requests[-1].target = target
        return self._send(connection, answer)

    def _whole(self, answer: Answer) -> bytes:
        length = len(answer.body) if answer.content_length is None else answer.content_length
        headers = {"content-type": "application/json", "content-length": str(length)}
        if not self.opensearch:
            headers["X-elastic-product"] = "Elasticsearch"
        head = "".join(f"{k}: {v}\r\n" for k, v in (headers | answer.headers).items())
        return f"HTTP/1.1 {answer.status} x\r\n{head}\r\n".encode() + answer.body

    def _sent(self, answer: Answer) -> bytes:
        whole = answer.left_over + self._whole(answer)
        return whole if answer.cut_at is None else whole[: answer.cut_at]

    def _send(self, connection: socket.socket, answer: Answer) -> bool:
        data = self._sent(answer)
        time.sleep(answer.silent_ms / 1000)
        pieces = (
            [data] if not answer.drip_ms else [data[i : i + 64] for i in range(0, len(data), 64)]
        )
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(answer.drip_ms / 1000)
        if not answer.ends_connection:
            return True
        if answer.reset:
            linger = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        else:
            connection.shutdown(socket.SHUT_WR)
        return False

    # The server.

    def _answer(self, method: str, path: str, query: str, body: dict) -> Answer:
        kind = self._kind(method, path, query)
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        request = Request(method, path, query, body, kind, self.kinds[kind])
        self.requests.append(request)
        if kind in ("search", "open", "pit_next") and PARTIAL not in query:
            self.crimes.append(f"{path} was asked for with the query string `{query}`")
        if self.forgets is not None and self.forgets(request):
            request.query = ""
        status, value = getattr(self, "_" + self._kind(method, path, request.query))(request)
        answer = Answer(json.dumps(value, separators=(",", ":")).encode(), status)
        if self.fault is not None:
            self.fault(request, answer)
        arrives = self._sent(answer) == self._whole(answer) and answer.content_length is None
        if kind == "next" and (not arrives or answer.status != 200):
            context = self.contexts.get(body["scroll_id"])
            if context is not None:
                context["spoilt"] = True
        if kind == "open" and b"_scroll_id" not in self._sent(answer)[:200]:
            # Nobody can close what nobody was told of: it would expire.
            self.contexts.pop(value.get("_scroll_id"), None)
        return answer

    def _kind(self, method: str, path: str, query: str) -> str:
        if path == "/_search/scroll":
            return "close" if method == "DELETE" else "next"
        if path.endswith(("/_pit", "/_search/point_in_time")):
            return "pit_close" if method == "DELETE" else "pit_open"
        if path == "/_search":
            return "pit_next"
        if path.endswith("/_search"):
            return "open" if "scroll=" in query else "search"
        return "control"

    def _control(self, request: Request) -> tuple[int, object]:
        path = request.path
        if path == "/" and self.opensearch:
            return 200, {"version": {"number": "2.19.1", "distribution": "opensearch"}}
        if path == "/":
            return 405, {"error": "Incorrect HTTP method", "status": 405}
        if path == "/_nodes/_local":
            return 200, {"nodes": {"n": {"version": "8.11.0"}}}
        if path.startswith("/_resolve/index/"):
            index = {"name": "uses", "attributes": ["open"]}
            return 200, {"indices": [index], "aliases": [], "data_streams": []}
        if path.startswith("/_cat/indices/"):
            facts = {"index": "uses", "uuid": UUID, "status": "open", "pri": str(self.shards)}
            counts = {"docs.count": str(len(self.documents)), "pri.store.size": "1000"}
            return 200, [facts | counts]
        if path.endswith("/_settings"):
            return 200, {"uses": {"settings": {"index": {"uuid": UUID}}}}
        return 200, {}

    def _hits(self, body: dict, shards: list[int], slicing: tuple[int, int] = (0, 1)) -> list[dict]:
        query = body.get("query", {"match_all": {}})
        hits = []
        for number, (identifier, source) in enumerate(self.documents):
            shard, doc = number % self.shards, number // self.shards
            in_slice = shard in shards and doc % slicing[1] == slicing[0]
            if in_slice and fake_query.finds(query, source):
                position = doc if self.opensearch else (shard << 32 | doc)
                hit = {"_index": "uses", "_id": identifier, "_score": None, "_source": source}
                hits.append(hit | {"sort": [position]})
        return sorted(hits, key=lambda hit: hit["sort"])

    def _page(self, head: dict, hits: list[dict], total: int, shards: int) -> tuple[int, dict]:
        parts = {"total": shards, "successful": shards, "skipped": 0, "failed": 0}
        found = {"total": {"value": total, "relation": "eq"}, "max_score": None, "hits": hits}
        return 200, head | {"took": 1, "timed_out": False, "_shards": parts, "hits": found}

    def _missing(self) -> tuple[int, dict]:
        why = {"type": "search_context_missing_exception", "reason": "No search context found"}
        failed = [{"shard": -1, "index": None, "reason": why}]
        return 404, {"error": why | {"root_cause": [why], "failed_shards": failed}, "status": 404}

    def _searched(self, request: Request) -> list[int]:
        found = re.search(r"_shards:([0-9,]+)", request.query)
        return [int(s) for s in found[1].split(",")] if found else list(range(self.shards))

    def _search(self, request: Request) -> tuple[int, dict]:
        shards = self._searched(request)
        hits = self._hits(request.body, shards)
        return self._page({}, hits[: request.body["size"]], len(hits), len(shards))

    def _open(self, request: Request) -> tuple[int, dict]:
        shards = self._searched(request)
        identifier = f"c2Nyb2xs{next(self.ids)}=="
        size = request.body["size"]
        hits = self._hits(request.body, shards)
        context = {"hits": hits, "size": size, "at": size, "shards": len(shards)}
        self.contexts[identifier] = context
        head = {"_scroll_id": identifier}
        return self._page(head, context["hits"][:size], len(context["hits"]), len(shards))

    def _next(self, request: Request) -> tuple[int, dict]:
        identifier = request.body["scroll_id"]
        context = self.contexts.get(identifier)
        if context is None:
            return self._missing()
        if context.get("spoilt"):
            self.crimes.append(f"scroll {identifier} was asked again after a spoilt answer")
        begin = context["at"]
        context["at"] += context["size"]
        hits = context["hits"][begin : context["at"]]
        return self._page({"_scroll_id": identifier}, hits, len(context["hits"]), context["shards"])

    def _close(self, request: Request) -> tuple[int, dict]:
        freed = [self.contexts.pop(i, None) for i in request.body["scroll_id"]]
        return 200, {"succeeded": True, "num_freed": len(freed)}

    def _pit_open(self, request: Request) -> tuple[int, dict]:
        if "keep_alive=" not in request.query:
            why = {"type": "action_request_validation_exception", "reason": "keep_alive is missing"}
            return 400, {"error": why | {"root_cause": [why]}, "status": 400}
        identifier = f"cGl0{next(self.ids)}=="
        self.contexts[identifier] = {"pit": True}
        return 200, {"pit_id" if self.opensearch else "id": identifier}

    def _pit_next(self, request: Request) -> tuple[int, dict]:
        body = request.body
        identifier = body["pit"]["id"]
        if identifier not in self.contexts:
            return self._missing()
        part = body.get("slice", {"id": 0, "max": self.shards if self.shards == 1 else 1})
        hits = self._slice(body, part["id"], part["max"])
        total = len(hits)
        if "search_after" in body:
            hits = [hit for hit in hits if hit["sort"][0] > body["search_after"][0]]
        return self._page({"pit_id": identifier}, hits[: body["size"]], total, self.shards)

    def _slice(self, body: dict, slice_number: int, slice_count: int) -> list[dict]:
        """As the servers do: from as many slices as shards on, each lies in one shard."""
        if slice_count < self.shards:
            shards = [s for s in range(self.shards) if s % slice_count == slice_number]
            return self._hits(body, shards)
        shard = slice_number % self.shards
        in_shard = slice_count // self.shards + (slice_count % self.shards > shard)
        return self._hits(body, [shard], (slice_number // self.shards, in_shard))

    def _pit_close(self, request: Request) -> tuple[int, dict]:
        ids = request.body["pit_id"] if self.opensearch else [request.body["id"]]
        for identifier in ids:
            self.contexts.pop(identifier, None)
        return 200, {"succeeded": True}

    def change_pit_id(self, request: Request, answer: Answer) -> None:
        """A fault: the answer carries a new id, and the old one is no longer known."""
        page = json.loads(answer.body)
        old = page["pit_id"]
        new = f"cGl0{next(self.ids)}=="
        self.contexts[new] = self.contexts[old]
        page["pit_id"] = new
        answer.body = json.dumps(page, separators=(",", ":")).encode()
