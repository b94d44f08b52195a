"""The services that the flows use: an API over HTTP, and a database in a file."""

import json
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

FOUND, NOT_FOUND = 200, 404

# The API is on this machine: a proxy that the environment names could not reach it.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Api:
    """The supplier's API."""

    def __init__(self, address: str) -> None:
        """Remember the address of the API."""
        self.address = address

    def get_bom(self, bom_id: int) -> tuple[int, dict[str, Any]]:
        """Return the status of the response, and the bill of material if there is one."""
        try:
            with _opener.open(f"{self.address}/boms/{bom_id}", timeout=5) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, {}


class Database:
    """The shop's tables, in SQLite. Each call has its own connection, so threads may share it."""

    def __init__(self, file: Path) -> None:
        """Create the tables in *file* if they are not there."""
        self.file = file
        self._write(
            "CREATE TABLE IF NOT EXISTS parts (bom, number, quantity, UNIQUE (bom, number))"
        )
        self._write("CREATE TABLE IF NOT EXISTS users (id PRIMARY KEY, email)")
        self._write("CREATE TABLE IF NOT EXISTS reserved (number PRIMARY KEY, part, quantity)")

    def bulk_upsert(self, parts: Iterable[tuple[int, str, int]]) -> None:
        """Store parts of a bill of material."""
        self._write("INSERT OR REPLACE INTO parts VALUES (?, ?, ?)", *parts)

    def save_user(self, user: str, email: str) -> None:
        """Store a user's address."""
        self._write("INSERT OR REPLACE INTO users VALUES (?, ?)", (user, email))

    def reserve(self, number: int, part: str, quantity: int) -> None:
        """Put parts aside for an order."""
        self._write("INSERT OR REPLACE INTO reserved VALUES (?, ?, ?)", (number, part, quantity))

    def count(self, table: str) -> int:
        """Return the number of rows in *table*."""
        with closing(sqlite3.connect(self.file)) as connection:
            row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
        return int(row[0])

    def _write(self, statement: str, *rows: tuple[object, ...]) -> None:
        with closing(sqlite3.connect(self.file)) as connection, connection:
            connection.executemany(statement, rows) if rows else connection.execute(statement)


api: Api
"""The API that the flows ask. Set when the application starts."""

db: Database
"""The database that the flows write to. Set when the application starts."""
