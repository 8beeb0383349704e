"""Writes a first page into own/: `python -m webapp.commands.new page NAME`."""

import keyword
import re
import sys
from collections.abc import Iterable
from pathlib import Path

SAMPLES = Path(__file__).parent / "samples"
WEBAPP = Path(__file__).parents[1]
TRANSLATIONS = WEBAPP / "languages/translations"
OWN = WEBAPP.parent / "own"
# What a page of this name would be in the way of.
OURS = ("views/{}.py", "templates/{}.html", "partials/{}_panel.html")
TABLES = {
    "chores", "drafts", "event_days", "events", "half_logins", "migrations", "outbox", "own_sessions", "own_sessions_2",
    "own_sessions_3", "own_sessions_4", "passkeys", "people", "people_2", "people_3", "people_4", "recovery_codes",
    "roles", "saved_views", "sessions", "sorted_users", "sorted_users_2", "throttles", "told_events", "tokens", "totp",
    "used_challenges", "user_days", "user_fields", "users",
}  # fmt: skip
NAME = re.compile(r"[a-z][a-z0-9_]{1,30}")
# Each sample, and the file that is made from it.
FILES = {
    "view.py.txt": "views/{}.py",
    "rule.py.txt": "rules/{}.py",
    "template.html.txt": "templates/{}.html",
    "partial.html.txt": "partials/{}_panel.html",
    "migration.sql.txt": "migrations/{number}_{}.sql",
    "test.py.txt": "tests/test_{}.py",
}
SENTENCES = re.compile(r'(?:say|\b_)\("([^"]+)"')
CATALOG = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'


def main(what: str = "", name: str = "") -> None:
    """Write the page `name` and print its files; exit with a sentence if that is impossible."""
    if what != "page" or not NAME.fullmatch(name) or keyword.iskeyword(name):
        sys.exit("Say `./just new page notes`; a name is 2 to 31 of a-z, 0-9 and _, a letter first.")
    if name in TABLES or any((WEBAPP / ours.format(name)).exists() for ours in OURS):
        sys.exit(f"{name} is a name that is taken; take another.")
    number = f"{1 + len(list((OWN / 'migrations').glob('*.sql'))):04}"
    texts = {path.format(name, number=number): _filled(sample, name) for sample, path in FILES.items()}
    if there := [path for path in texts if (OWN / path).exists()]:
        sys.exit(f"own/{there[0]} is there already.")
    for path, text in texts.items():
        _write(OWN / path, text)
    catalogs = [f"translations/{path.relative_to(TRANSLATIONS)}" for path in TRANSLATIONS.glob("*/LC_MESSAGES/*.po")]
    for path in catalogs:
        _add_to_catalog(OWN / path, texts.values())
    written = [*texts, *(f"{path}, with sentences to translate" for path in catalogs)]
    sys.stdout.write("".join(f"own/{path}\n" for path in written) + f"`./just test own` tries it; it is at /{name}.\n")


def _filled(sample: str, name: str) -> str:
    text = (SAMPLES / sample).read_text()
    return text.replace("NAME", name).replace("TITLE", name.replace("_", " ").capitalize())


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _add_to_catalog(path: Path, texts: Iterable[str]) -> None:
    """Add the new sentences to the catalog, to be translated; untranslated ones stay English."""
    path.parent.mkdir(parents=True, exist_ok=True)
    catalog = path.read_text() if path.exists() else CATALOG
    for sentence in dict.fromkeys(SENTENCES.findall("\n".join(texts))):
        if f'msgid "{sentence}"' not in catalog:
            catalog += f'\nmsgid "{sentence}"\nmsgstr ""\n'
    path.write_text(catalog)


if __name__ == "__main__":
    main(*sys.argv[1:])
