# SPDX-License-Identifier: Apache-2.0
"""Elasticsearch and OpenSearch, one node each, from the zip files made for integration tests."""

import http.client
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from .instance import Instance, ServerError, installed

HEAP_DEFAULT = "512m"
REQUEST_SECONDS_MAX = 60
BULK_DOCUMENTS = 5000

# Of the distribution's JVM options: those that write beside the distribution, the heap, which is
# given anew, and a module that only speeds vectors up and is not in every Java.
LEFT_OUT_JVM_OPTIONS = ("-Xlog", "HeapDump", "ErrorFile", "-Xm", "jdk.incubator.vector")


def java_home(version: int) -> Path:
    """Each server knows some versions only: old ones no later, new ones no earlier."""
    homes = (installed() / f"java-{version}", *Path("/usr/lib/jvm").glob(f"*{version}*"))
    for home in sorted(homes):
        if (home / "bin" / "java").is_file():
            return home
    raise ServerError(f"there is no Java {version}: run tools/install test")


class SearchServer(Instance):
    """What both products share; the differences are the class attributes below."""

    version: str
    product: str  # the name of the distribution, its start script and its settings file
    variables: str  # the prefix of its environment variables
    settings: ClassVar[dict[str, object]] = {}
    java = 17
    create_parameters = ""
    bulk_path = "_bulk"
    has_pit = True

    def __init__(self, heap: str = HEAP_DEFAULT, detached: bool = False) -> None:
        super().__init__(detached)
        self.heap = heap
        self.distribution = installed() / f"{self.product}-{self.version}"
        self.prepare()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return self.address

    def prepare(self) -> None:
        config = self.directory / "config"
        shutil.copytree(self.distribution / "config", config)
        options = (config / "jvm.options").read_text().splitlines()
        kept = [line for line in options if not any(part in line for part in LEFT_OUT_JVM_OPTIONS)]
        kept += (f"-Xms{self.heap}", f"-Xmx{self.heap}")
        kept += (f"-XX:ErrorFile={self.directory}/hs_err_pid%p.log",)
        self.write("config/jvm.options", "\n".join([*kept, ""]))
        for path in (config, *config.rglob("*")):
            self._give_to_user(path)
        for name in ("data", "logs", "tmp"):
            (self.directory / name).mkdir()
            self._give_to_user(self.directory / name)

    def command(self) -> tuple[list[str | Path], dict[str, str]]:
        settings = {
            "cluster.name": self.directory.name,
            "node.name": self.name,
            "discovery.type": "single-node",
            "network.host": "127.0.0.1",
            # 0: the first start chooses, and the port file tells; later starts take the same.
            "http.port": self.port,
            "transport.port": 0,
            "node.portsfile": True,
            "path.data": str(self.directory / "data"),
            "path.logs": str(self.directory / "logs"),
            "cluster.routing.allocation.disk.threshold_enabled": False,
            # Contexts end when their time is over, and not up to a minute later.
            "search.keep_alive_interval": "500ms",
            **self.settings,
        }
        # JSON is YAML, one line at least.
        text = "".join(f"{key}: {json.dumps(value)}\n" for key, value in settings.items())
        self.write(f"config/{self.product}.yml", text)
        self._port_file.unlink(missing_ok=True)
        environment = {
            f"{self.variables}_JAVA_HOME": str(java_home(self.java)),
            f"{self.variables}_PATH_CONF": str(self.directory / "config"),
            f"{self.variables}_TMPDIR": str(self.directory / "tmp"),
        }
        return [self.distribution / "bin" / self.product], environment

    @property
    def _port_file(self) -> Path:
        return self.directory / "logs" / "http.ports"

    def is_ready(self) -> bool:
        try:
            first = self._port_file.read_text().split()[0]
            self.port = int(first.rpartition(":")[2])
            self.request("GET", "/_cluster/health?wait_for_status=yellow&timeout=30s")
        except (OSError, IndexError, ServerError, http.client.HTTPException):
            return False
        return True

    def request(self, method: str, path: str, body: object = None) -> dict:
        """One request; the answer's JSON. The body is an object, or text that is sent as it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=REQUEST_SECONDS_MAX)
        ndjson = isinstance(body, str)
        data = body if ndjson or body is None else json.dumps(body)
        headers = {"Content-Type": "application/x-ndjson" if ndjson else "application/json"}
        try:
            connection.request(method, path, data.encode() if data else None, headers)
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status >= 300:
            raise ServerError(f"{method} {path}: {response.status} {answer[:2000].decode()}")
        return json.loads(answer) if answer else {}

    def create_index(self, index: str, properties: dict | None = None, shards: int = 4) -> None:
        """Creates an index; the properties are those of the mapping."""
        settings = {"number_of_shards": shards, "number_of_replicas": 0}
        mappings = {"properties": properties} if properties else {}
        body = {"settings": settings, "mappings": mappings}
        self.request("PUT", f"/{index}{self.create_parameters}", body)

    def load(self, index: str, documents: Iterable[tuple[str | None, dict]]) -> None:
        """Indexes (id, source) pairs, id None for one of the server's, and makes them visible."""
        lines: list[str] = []
        for identifier, source in documents:
            action = {} if identifier is None else {"_id": identifier}
            lines += (json.dumps({"index": action}), json.dumps(source))
            if len(lines) >= 2 * BULK_DOCUMENTS:
                self._send_bulk(index, lines)
                lines = []
        if lines:
            self._send_bulk(index, lines)
        self.request("POST", f"/{index}/_refresh")

    def _send_bulk(self, index: str, lines: list[str]) -> None:
        answer = self.request("POST", f"/{index}/{self.bulk_path}", "\n".join([*lines, ""]))
        if answer["errors"]:
            first = next(item for item in answer["items"] if "error" in item["index"])
            raise ServerError(f"bulk into {index}: {first}")


class Elasticsearch8(SearchServer):
    name = "elasticsearch_8"
    version = "8.11.0"
    product = "elasticsearch"
    variables = "ES"
    settings: ClassVar[dict[str, object]] = {"xpack.security.enabled": False}


class Elasticsearch7(Elasticsearch8):
    name = "elasticsearch_7"
    version = "7.17.18"


class Elasticsearch6(SearchServer):
    """Every document is of a type here, and every mapping stands under the name of one."""

    name = "elasticsearch_6"
    version = "6.8.23"
    product = "elasticsearch"
    variables = "ES"
    create_parameters = "?include_type_name=false"
    bulk_path = "_doc/_bulk"
    has_pit = False


class OpenSearch2(SearchServer):
    name = "opensearch_2"
    version = "2.19.1"
    product = "opensearch"
    variables = "OPENSEARCH"


class OpenSearch3(OpenSearch2):
    name = "opensearch_3"
    version = "3.0.0"
    java = 21
