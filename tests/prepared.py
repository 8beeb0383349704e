"""What the tests' apps share, as a thousand of them start: compiled templates and addresses, a migrated database."""

import shutil
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar, Protocol

import psycopg
from jinja2.bccache import Bucket, BytecodeCache
from psycopg import sql
from werkzeug import routing

from db import connect
from db.migrate import migrate

# A test may have changed tables, and not their rows alone.
SHAPE = """
SELECT relname, relkind, relnatts, relchecks, relhastriggers FROM pg_class
WHERE relnamespace = current_schema()::regnamespace ORDER BY oid
"""
TABLES = (
    "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = %s ORDER BY oid"
)


class Compiled(BytecodeCache):
    """Templates that another test's app has compiled, by language, name and source, and what is put into them."""

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], Any] = {}

    def get_bucket(self, environment: Any, name: str, filename: str | None, source: str) -> Bucket:
        bucket = Bucket(environment, (environment.language, name, source, _put_in(environment)), "")
        bucket.code = self._kept.get(bucket.key)
        return bucket

    def set_bucket(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.code


def _put_in(environment: Any) -> frozenset[tuple[str, str]]:
    """The names of static files, the addresses of pages, and what a brand is made of."""
    rules = environment.loader.app.url_map.iter_rules()
    named = (environment.globals[name].__self__.items() for name in ("asset", "brand"))
    return frozenset([*chain.from_iterable(named), *((rule.endpoint, rule.rule) for rule in rules)])


class Rule(routing.Rule):
    """A route that is compiled once for the apps of all tests: to compile all of them takes half of an app's start."""

    _kept: ClassVar[dict[tuple[object, ...], Any]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Any:
        key = (*self._trace, frozenset((self.defaults or {}).items()), append_unknown)
        if key not in self._kept:
            self._kept[key] = super()._compile_builder(append_unknown)
        return self._kept[key]


class Migrated(Protocol):
    """A migrated database without rows, for one test after the other."""

    def url(self, instance: Path) -> str:
        """Its URL for the app of this instance folder; the rows of the test before are gone."""


class File:
    """An SQLite file, copied for each test."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "migrated.db"
        with closing(connect(f"sqlite:///{self._path}")) as database:
            migrate(database)

    def url(self, instance: Path) -> str:
        return f"sqlite:///{shutil.copy(self._path, instance / 'latchkey.db')}"


class Schema:
    """A schema in PostgreSQL, emptied for each test: that takes a tenth of what a new one does."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._migrate()

    def url(self, instance: Path) -> str:
        with psycopg.connect(self._url) as connection:
            is_as_migrated = connection.execute(SHAPE).fetchall() == self._shape
            connection.execute(self._emptying if is_as_migrated else self._removal)
        if not is_as_migrated:
            self._migrate()
        return self._url

    def _migrate(self) -> None:
        with closing(connect(self._url, connections=1)) as database:
            migrate(database)
        with psycopg.connect(self._url) as connection:
            self._shape = connection.execute(SHAPE).fetchall()
            self._emptying = _emptying(connection)
            schema = sql.Identifier(connection.execute("SELECT current_schema()").fetchone()[0])
            self._removal = sql.SQL("DROP SCHEMA {0} CASCADE; CREATE SCHEMA {0}").format(schema)


def _emptying(connection: psycopg.Connection) -> sql.Composed:
    """Statements that bring the rows back to what the migrations left: the youngest table first, as keys point back."""
    tables, sequences = ([sql.Identifier(name) for (name,) in connection.execute(TABLES, [kind])] for kind in "rS")
    left = sql.SQL("DELETE FROM {}; ")
    back = sql.SQL("INSERT INTO {} VALUES ({}); ")
    return sql.Composed(
        [left.format(table) for table in reversed(tables)]
        + [
            back.format(table, sql.SQL(", ").join(map(sql.Literal, row)))
            for table in tables
            for row in connection.execute(sql.SQL("SELECT * FROM {}").format(table)).fetchall()
        ]
        + [sql.SQL("ALTER SEQUENCE {} RESTART; ").format(sequence) for sequence in sequences]
    )
