"""New, empty databases of each kind that this machine has the programs for."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from tempfile import TemporaryDirectory

from tests import postgres


def kinds() -> Mapping[str, Callable[[], AbstractContextManager[str]]]:
    """By name, what makes one and gives its URL."""
    return {"SQLite": _sqlite} | ({"PostgreSQL": _postgresql} if postgres.find_programs() else {})


@contextmanager
def _sqlite() -> Iterator[str]:
    with TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/latchkey.db"


@contextmanager
def _postgresql() -> Iterator[str]:
    programs = postgres.find_programs()
    assert programs
    with postgres.folder() as place, postgres.server(programs, place) as url:
        yield url
