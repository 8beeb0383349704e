"""What pytest reads first: the fixtures of tests/ and own/tests, and which tests are left out when."""

import gc
import os
from pathlib import Path

import pytest

TESTS = Path(__file__).parent / "tests"
pytest_plugins = ["tests.fixtures", "tests.mailbox", "tests.relay", "tests.screens"]
# Of the stories in browsers, those in which the database sorts, searches, counts or deletes; where browsers differ and
# what a page looks like, PostgreSQL changes nothing, and what is about SQLite brings a file of its own.
ON_BOTH = {"activity", "admin_users", "deletion", "journey"}
FILES_ON_SQLITE = (
    "caddy",
    "container",
    "launcher",
    "nginx",
    "pace",
    "postfix",
    "restart",
    "sqlite",
    "stop",
    "styleguide",
)
ON_SQLITE_ALONE = [
    *(f"tests/pages/{path.name}" for path in TESTS.glob("pages/test_*.py") if path.stem[5:] not in ON_BOTH),
    *(f"tests/test_{name}.py" for name in FILES_ON_SQLITE),
]
# Some of them start clusters of their own.
ON_POSTGRES_ALONE = [f"tests/test_{name}.py" for name in ("pooler", "postgres", "recovery", "silence", "standby")]
collect_ignore = ON_SQLITE_ALONE if "TEST_POSTGRES" in os.environ else ON_POSTGRES_ALONE
# Each test's app and pages are thousands of objects. To look through them for garbage as often as Python does by itself
# takes a tenth of the time of the fast tests.
gc.set_threshold(50_000, 20, 20)
SLOW = {
    "_nginx", "cluster", "image", "own_pair", "pair", "postfix", "processes", "real_browser", "server", "site",
    "start_server", "start_version", "terminal",
}  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fast", action="store_true", help="leave out what drives a real server or browser")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("fast"):
        items[:] = [item for item in items if not SLOW.intersection(_fixtures(item))]


def _fixtures(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])
