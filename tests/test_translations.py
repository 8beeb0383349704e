"""Catalogs: none lacks a sentence, and no sentence in the code goes past them."""

import ast
import re
from pathlib import Path

import pytest

from tests.sentences import CATALOGS, ROOT, found, kept, messages
from webapp.languages.scripts import OF_MOMENTS, SENTENCES

# What these say is for whoever runs the server or changes the code, or for logs.
FOR_OPERATORS = {"__init__", "backup", "config", "outbox", "styleguide"}
MODULES = [
    path
    for path in sorted((ROOT / "webapp").rglob("*.py"))
    if path.stem not in FOR_OPERATORS and path.parent.name not in {"commands", "metrics"}
]
SAYS = {"say", "say_number", "gettext", "ngettext"}
SENTENCE = re.compile(r"[A-Z][^\n]* [^\n]*[.!?]")
SCRIPTS = [path for path in sorted((ROOT / "webapp/static").glob("*.js")) if not path.name.startswith("htmx")]


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.parent.parent.name)
def test_no_catalog_lacks_a_sentence(path: Path, tmp_path: Path) -> None:
    said = {message.id: message for message in messages(kept(path)) if message.string and all(message.string)}
    wanted = {message.id for message in messages(found(tmp_path))}
    assert wanted - said.keys() == set(), "./just translate, and then a translator"
    assert said.keys() - wanted == set(), "./just translate"
    assert not [message.id for message in said.values() if message.fuzzy]


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.parent.parent.name)
def test_what_goes_into_a_sentence_goes_into_its_translation(path: Path) -> None:
    catalog = kept(path)
    for message in messages(catalog):
        assert not list(message.check(catalog)), message.id
        ids = (message.id,) if isinstance(message.id, str) else message.id
        strings = (message.string,) if isinstance(message.string, str) else message.string
        if not all(strings):
            continue
        # `One other session` counts without a number.
        assert _holes(strings[-1]) == _holes(ids[-1]) and all(_holes(text) <= _holes(ids[-1]) for text in strings)
        assert all(_tags(text) == _tags(ids[-1]) for text in strings), message.id
        assert not any('"' in text and '"' not in ids[0] for text in strings), "it may stand in an attribute"


def test_german_is_there() -> None:
    assert "de" in {path.parent.parent.name for path in CATALOGS}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_sentence_in_the_code_is_left_unsaid(path: Path) -> None:
    tree = ast.parse(path.read_text())
    told = {id(part) for node in ast.walk(tree) if _is_for_translators_or_nobody(node) for part in ast.walk(node)}
    unsaid = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and id(node) not in told and SENTENCE.fullmatch(str(node.value))
    ]
    assert not unsaid


def test_the_scripts_say_nothing_of_their_own() -> None:
    code = "".join(re.sub(r"^\s*//.*", "", path.read_text(), flags=re.MULTILINE) for path in SCRIPTS)
    assert not re.findall(r"""["'`][A-Z][a-z']* [^"'`]*["'`]""", code)
    assert set(re.findall(r"sentences\.(\w+)", code)) == SENTENCES.keys()
    assert set(re.findall(r"words\.(\w+)", code)) == OF_MOMENTS.keys()


def _is_for_translators_or_nobody(node: ast.AST) -> bool:
    """What is said through a catalog, logged, raised for ourselves, or a docstring."""
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return name in SAYS
        case (
            ast.Call(func=ast.Attribute(value=ast.Name(id="log")))
            | ast.Raise(exc=ast.Call(func=ast.Name(id="RuntimeError" | "BadDoor" | "BadLink")))
        ):
            return True
        case ast.Expr(value=ast.Constant()):
            return True
    return False


def _holes(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)s", text))


def _tags(text: str) -> list[str]:
    return sorted(re.findall(r"<[^>]*>", text))
