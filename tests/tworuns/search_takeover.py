# SPDX-License-Identifier: Apache-2.0
"""Grounds of take-overs whose documents are in a search server."""

from embedded import EmbeddedGround
from search_ground import SearchGround
from takeover import TakeoverGround


class SearchTakeoverGround(SearchGround, TakeoverGround):
    """Into PostgreSQL."""


class SearchEmbeddedGround(SearchGround, EmbeddedGround):
    """Into SQLite or files."""
