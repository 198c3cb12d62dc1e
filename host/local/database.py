"""One SQLite file, which every write is in before it returns. A damaged one is moved aside, and a new one begun."""

import fcntl
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from host.log import logger

#: Seconds for which a write waits for another process that has the file, and with it all that this one does.
LOCKED = 0.25
#: SQLite's codes of a file that is none of its own any more (sqlite3.h).
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS tickets (key TEXT PRIMARY KEY, ticket TEXT NOT NULL, due REAL NOT NULL)",
)
#: Where older versions kept tickets.
OLD = "deferred"


class InUse(Exception):
    """Another process has the file; the message says which."""


class Unusable(Exception):
    """The file cannot be opened; the message says why."""


class Database:
    """An open file. On one event loop: a write takes less than a millisecond. Only who has its `Lock` mends it."""

    def __init__(self, path: Path, mend: bool = False) -> None:
        self._path = path
        self._mend = mend
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = self._open()
        except (sqlite3.Error, OSError) as error:
            raise Unusable(f"the journal {path} cannot be opened: {error}") from error

    def execute(self, statement: str, values: tuple[Any, ...] = ()) -> list[Any]:
        """All rows of a statement. Raises sqlite3.Error; where the file was damaged, another stands in its place."""
        try:
            return self._database.execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            if not self._mend or not _is_damage(error):
                raise
            self._database.close()
            self._database = self._begin_anew()
            return self._database.execute(statement, values).fetchall()

    def close(self) -> None:
        """Closes the file."""
        self._database.close()

    def _open(self) -> sqlite3.Connection:
        try:
            return self._connect()
        except sqlite3.DatabaseError as error:
            if not self._mend or not _is_damage(error):
                raise
            return self._begin_anew()

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, isolation_level=None, timeout=LOCKED)
        try:
            ((found,),) = database.execute("PRAGMA quick_check(1)").fetchall()
            if found != "ok":
                raise _damage(found)
            database.execute("PRAGMA journal_mode = WAL")
            for statement in SCHEMA:
                database.execute(statement)
            _take_over(database)
        except BaseException:
            database.close()
            raise
        return database

    def _begin_anew(self) -> sqlite3.Connection:
        aside = self._path.with_name(f"{self._path.name}.damaged-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}")
        for suffix in ("", "-wal", "-shm"):
            part = self._path.with_name(self._path.name + suffix)
            if part.exists():
                part.rename(aside.with_name(aside.name + suffix))
        logger().error("journal-damaged", journal=str(self._path), moved_to=str(aside))
        return self._connect()


class Lock:
    """What one process has of a file, until it ends in whatever way: the kernel takes it back."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(path.name + ".lock")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Unusable(f"the journal {path} cannot be locked: {error.strerror}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._file, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._file)
            raise InUse(
                f"the journal {path} is in use by process {holder}; stop that one, or name another with --journal"
            ) from error
        try:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
        except OSError:
            # A full disk keeps nobody from locking; only the process is not named.
            logger().warning("not-kept", error="OSError")

    def release(self) -> None:
        """Lets go of it."""
        os.close(self._file)


def _take_over(database: sqlite3.Connection) -> None:
    if database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (OLD,)).fetchall():
        database.execute(f"INSERT OR IGNORE INTO tickets SELECT 'deferred-' || id, ticket, due FROM {OLD}")
        database.execute(f"DROP TABLE {OLD}")


def _damage(found: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(found)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in DAMAGED
