# SPDX-License-Identifier: Apache-2.0
"""The servers from a shell, for trying things out and for measurements."""

import argparse
import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import servers
from servers.instance import installed, remove


def start(name: str, heap: str | None, detached: bool) -> servers.Instance:
    takes_heap = issubclass(servers.KINDS[name], servers.SearchServer)
    options = {"heap": heap} if heap and takes_heap else {}
    return servers.start(name, detached=detached, **options)


def command_start(arguments: argparse.Namespace) -> int:
    for name in arguments.names:
        instance = start(name, arguments.heap, detached=True)
        print(f"{instance.directory.name}\t{instance.address}", flush=True)
    return 0


def command_run(arguments: argparse.Namespace) -> int:
    names, command = arguments.names, arguments.command
    with ExitStack() as stack:
        environment = dict(os.environ)
        for name in names:
            instance = stack.enter_context(start(name, arguments.heap, detached=False))
            environment[f"TIDEMILL_{name.upper()}"] = instance.address
        return subprocess.run(command, env=environment).returncode


def command_list(_arguments: argparse.Namespace) -> int:
    for record in sorted((installed() / "run").glob("*/instance.json")):
        content = json.loads(record.read_text())
        owner = content["owner"]
        owned = f"of process {owner['pid']}" if owner else "detached"
        print(f"{record.parent.name}\t{content['address']}\t{owned}")
    return 0


def command_stop(arguments: argparse.Namespace) -> int:
    for name in arguments.instances:
        directory = installed() / "run" / name
        if not (directory / "instance.json").exists():
            print(f"no such instance: {name}", file=sys.stderr)
            return 1
        remove(directory)
    return 0


def main() -> int:
    kinds = ", ".join(servers.KINDS)
    parser = argparse.ArgumentParser(prog="tools/servers", description=f"Servers: {kinds}.")
    commands = parser.add_subparsers(required=True)

    for name, function, text in (
        ("start", command_start, "start servers that stay until they are stopped"),
        ("run", command_run, "run a command with servers, addresses in TIDEMILL_<NAME>"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("names", nargs="+", choices=servers.KINDS, metavar="NAME")
        command.add_argument("--heap", help="of a Java server, such as 2g")
        command.set_defaults(function=function)
    commands.add_parser("list", help="what is running").set_defaults(function=command_list)
    command = commands.add_parser("stop", help="end instances and remove their data")
    command.add_argument("instances", nargs="+", metavar="INSTANCE")
    command.set_defaults(function=command_stop)

    # What follows `--` is the command of `run`, whatever it looks like.
    given = sys.argv[1:]
    cut = given.index("--") if "--" in given else len(given)
    arguments = parser.parse_args(given[:cut], argparse.Namespace(command=given[cut + 1 :]))
    if arguments.function is command_run and not arguments.command:
        parser.error("run needs a command after --")
    return arguments.function(arguments)


if __name__ == "__main__":
    sys.exit(main())
