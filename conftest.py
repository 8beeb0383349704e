"""What pytest reads first: the fixtures of tests/ and own/tests, and what one database needs no tests for."""

import os

pytest_plugins = ["tests.fixtures", "tests.screens"]
# What is about one of the two alone; test_sqlite.py needs nothing but a file, and so runs with both.
SQLITE_ALONE = [
    # Where browsers differ, and what a page looks like, the database makes no difference.
    *("accessibility", "back", "firefox", "keyboard", "languages", "offline", "waiting", "webkit"),
]
collect_ignore = (
    [f"tests/pages/test_{name}.py" for name in SQLITE_ALONE]
    if "TEST_POSTGRES" in os.environ
    else ["tests/test_postgres.py"]
)
