# SPDX-License-Identifier: Apache-2.0
"""A TLS gateway before a search server: nginx, with certificates that openssl makes.

gateway.url("plain")      TLS only
gateway.url("mutual")     wants a certificate of ours
gateway.url("expired")    shows a certificate whose time is over
gateway.url("elsewhere")  shows one that was made for another host
gateway.url("basic"), ("key"), ("token")   want that Authorization header: without one 401, with
                          another one 403
gateway.url("narrow")     lets searches through, and answers `GET /` and questions about nodes itself
"""

import base64
import contextlib
import socket
import subprocess
import time
from pathlib import Path

from servers.instance import free_port

USER, PASSWORD = "reader", "pass-canary-7f3a"
API_KEY = base64.b64encode(b"id:key-canary-91bc").decode()
TOKEN = "token-canary-52de"
KEY_PASSWORD = "pem-canary-0c4e"
SECRETS = (PASSWORD, API_KEY, TOKEN, KEY_PASSWORD, "key-canary-91bc")

WANTED = {
    "basic": "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode(),
    "key": f"ApiKey {API_KEY}",
    "token": f"Bearer {TOKEN}",
}
READY_SECONDS_MAX = 20


def openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    """Signs certificates; `directory/NAME.pem` and `directory/NAME.key`."""

    def __init__(self, directory: Path, name: str) -> None:
        self.directory, self.name = directory, name
        self.certificate, self.key = directory / f"{name}.pem", directory / f"{name}.key"
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", 2, "-subj",
                f"/CN={name}", "-keyout", self.key, "-out", self.certificate)  # fmt: skip

    def sign(self, name: str, alternative: str, expired: bool = False) -> tuple[Path, Path]:
        certificate, key = self.directory / f"{name}.pem", self.directory / f"{name}.key"
        request, extensions = self.directory / f"{name}.csr", self.directory / f"{name}.ext"
        extensions.write_text(f"subjectAltName={alternative}\n")
        openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
                "-keyout", key, "-out", request)  # fmt: skip
        if expired:
            self._sign_expired(request, extensions, certificate)
        else:
            openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
                    "-CAcreateserial", "-days", 2, "-extfile", extensions,
                    "-out", certificate)  # fmt: skip
        return certificate, key

    def _sign_expired(self, request: Path, extensions: Path, certificate: Path) -> None:
        index, serial = self.directory / "index.txt", self.directory / "serial.txt"
        index.write_text("")
        serial.write_text("77\n")
        settings = self.directory / "ca.cnf"
        settings.write_text(
            "[ca]\ndefault_ca=it\n[it]\ndatabase=" + str(index) + "\nserial=" + str(serial) + "\n"
            "new_certs_dir=" + str(self.directory) + "\ndefault_md=sha256\npolicy=any\n"
            "[any]\ncommonName=supplied\n"
        )
        openssl("ca", "-batch", "-config", settings, "-in", request, "-out", certificate, "-cert",
                self.certificate, "-keyfile", self.key, "-startdate", "20200101000000Z",
                "-enddate", "20200102000000Z", "-extfile", extensions, "-notext")  # fmt: skip


class Gateway:
    """Running while it is a context."""

    def __init__(self, directory: Path, server_port: int) -> None:
        self.directory, self.server_port = directory, server_port
        self.authority = Authority(directory, "authority")
        self.stranger = Authority(directory, "stranger")
        address = "IP:127.0.0.1"
        self.certificates = {
            "plain": self.authority.sign("server", address),
            "expired": self.authority.sign("expired", address, expired=True),
            "elsewhere": self.authority.sign("elsewhere", "DNS:elsewhere.test"),
        }
        self.client = self.authority.sign("client", "DNS:client")
        self.unknown_client = self.stranger.sign("unknown", "DNS:client")
        self.locked_key = directory / "locked.key"
        openssl("rsa", "-aes256", "-in", self.client[1], "-out", self.locked_key, "-passout",
                f"pass:{KEY_PASSWORD}")  # fmt: skip
        self.ports: dict[str, int] = {}
        self.log = directory / "access.log"

    def url(self, name: str) -> str:
        return f"https://127.0.0.1:{self.ports[name]}"

    def _block(self, name: str) -> str:
        self.ports[name] = free_port()
        certificate, key = self.certificates.get(name, self.certificates["plain"])
        lines = [
            f"listen 127.0.0.1:{self.ports[name]} ssl;",
            f"ssl_certificate {certificate};",
            f"ssl_certificate_key {key};",
        ]
        if name == "mutual":
            lines += [f"ssl_client_certificate {self.authority.certificate};"]
            lines += ["ssl_verify_client on;"]
        refusals = ""
        if name in WANTED:
            refusals = 'if ($http_authorization = "") { return 401; }'
            refusals += f'if ($http_authorization != "{WANTED[name]}") {{ return 403; }}'
        if name == "narrow":
            lines += [
                "default_type application/json;",
                """location = / { return 200 '{"gateway":1}'; }""",
            ]
            lines += ["location /_nodes { return 200 '{}'; }"]
        lines += [
            f"location / {{ {refusals} proxy_pass http://127.0.0.1:{self.server_port};"
            ' proxy_http_version 1.1; proxy_set_header Connection ""; }'
        ]
        return "server {\n" + "\n".join(lines) + "\n}\n"

    def _settings(self) -> str:
        names = ("plain", "mutual", "expired", "elsewhere", "narrow", *WANTED)
        paths = "".join(
            f"{kind}_temp_path {self.directory}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        return (
            f"daemon off;\nmaster_process off;\npid {self.directory}/nginx.pid;\n"
            f"error_log {self.directory}/error.log;\nevents {{}}\nhttp {{\n"
            "log_format counted '$server_port $connection $request_method $uri $status';\n"
            f"access_log {self.log} counted;\n"
            f"client_max_body_size 0;\n{paths}" + "".join(map(self._block, names)) + "}\n"
        )

    def __enter__(self) -> "Gateway":
        settings = self.directory / "nginx.conf"
        settings.write_text(self._settings())
        error_log = self.directory / "error.log"
        self.process = subprocess.Popen(
            ["/usr/sbin/nginx", "-c", settings, "-p", self.directory, "-e", error_log],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + READY_SECONDS_MAX
        while not self._answers():
            assert self.process.poll() is None, error_log.read_text()
            assert time.monotonic() < deadline, "nginx does not listen"
            time.sleep(0.02)
        return self

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            for port in self.ports.values():
                socket.create_connection(("127.0.0.1", port)).close()
            return True
        return False

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()

    def requests(self, name: str) -> list[list[str]]:
        """Of a door: connection, method, path, status of each request."""
        lines = [line.split() for line in self.log.read_text().splitlines()]
        return [line[1:] for line in lines if line[0] == str(self.ports[name])]
