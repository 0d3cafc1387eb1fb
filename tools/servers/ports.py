# SPDX-License-Identifier: Apache-2.0
"""Ports for servers that do not choose one themselves."""

from collections.abc import Callable

from .instance import Instance, ServerError, free_port

PORT_TRIES = 5


def start_on_a_free_port(instance: Instance, start: Callable[[], None], taken: str) -> None:
    """`start` fails with `taken` in its log if somebody else was quicker. A later start takes the
    port of the first, so that clients find their server again."""
    if instance.port:
        start()
        return
    for _ in range(PORT_TRIES):
        instance.port = free_port()
        try:
            start()
        except ServerError as error:
            if taken not in str(error):
                raise
        else:
            return
    raise ServerError(f"{instance.name}: every port was taken by somebody else")
