"""What pytest reads first: the fixtures of tests/ and own/tests, and which tests are left out when."""

import os

import pytest

pytest_plugins = ["tests.fixtures", "tests.screens"]
# Where browsers differ, what a page looks like, what happens before a database is asked: PostgreSQL changes nothing.
ON_SQLITE_ALONE = [
    *("pages/test_accessibility", "pages/test_back", "pages/test_buttons", "pages/test_csrf", "pages/test_expiry"),
    *("pages/test_feedback", "pages/test_firefox", "pages/test_keyboard", "pages/test_languages", "pages/test_looks"),
    *("pages/test_offline", "pages/test_passwords", "pages/test_refusals", "pages/test_trouble", "pages/test_waiting"),
    *("pages/test_webkit", "test_launcher", "test_locks", "test_nginx", "test_readme", "test_structure"),
    *("test_styleguide", "test_translations"),
]
# Needs nothing but a file, and so runs with both: test_sqlite.
collect_ignore = (
    [f"tests/{name}.py" for name in ON_SQLITE_ALONE] if "TEST_POSTGRES" in os.environ else ["tests/test_postgres.py"]
)
SLOW = {"real_browser", "server", "start_server"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fast", action="store_true", help="leave out what drives a real server or browser")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("fast"):
        items[:] = [item for item in items if not SLOW.intersection(getattr(item, "fixturenames", ()))]
