"""The app with hashes that cost next to nothing, for tests on a real server that are about something else.

`flask --app tests.quick_app serve` hands that on to its workers, which are forks of it.
"""

from webapp import create_app  # noqa: F401
from webapp.accounts import passwords

passwords.ITERATIONS = 1000
