"""Time zones by their IANA names, read from the package `tzdata` alone, so that each machine knows the same ones."""

from collections.abc import Iterable, Iterator
from datetime import UTC, tzinfo
from functools import lru_cache
from importlib import resources
from itertools import groupby
from zoneinfo import ZoneInfo

from markupsafe import Markup

DATA = resources.files("tzdata")
# `Factory` says that nobody has set a zone.
NAMES = frozenset((DATA / "zones").read_text().split()) - {"Factory"}


@lru_cache(200)
def zone(name: str | None) -> tzinfo:
    """The zone of this name, UTC for None. Raises KeyError for any other name: none is looked for among files."""
    if name is None:
        return UTC
    if name not in NAMES:
        raise KeyError(name)
    with DATA.joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, name)


def as_options(chosen: str) -> Markup:
    """Each place that has a zone as an `<option>` in its area's group; the `chosen` name is selected."""
    options = _options()
    if chosen in NAMES:
        option = f'<option value="{chosen}">'
        # An older name for a place is offered to its user alone.
        options = options if option in options else _group([chosen]) + options
        options = options.replace(option, f'<option value="{chosen}" selected>')
    return Markup(options)  # noqa: S704


@lru_cache
def _options() -> str:
    """Made once: four hundred options take longer than the rest of their page."""
    return "".join(_group(names) for _, names in groupby(sorted(_of_places()), _area))


def _of_places() -> Iterator[str]:
    """The name for each place in tzdata's table by countries; other names are older ones for the same."""
    yield "UTC"
    for line in (DATA / "zoneinfo/zone.tab").read_text().splitlines():
        if not line.startswith("#"):
            yield line.split("\t")[2]


def _group(names: Iterable[str]) -> str:
    first, *others = names
    options = "".join(f'<option value="{name}">{_place(name)}</option>' for name in (first, *others))
    return f'<optgroup label="{_area(first)}" lang="en">{options}</optgroup>\n'


def _area(name: str) -> str:
    return name.partition("/")[0]


def _place(name: str) -> str:
    return (name.partition("/")[2] or name).replace("_", " ")
