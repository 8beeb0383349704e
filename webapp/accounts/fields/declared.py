"""Fields that a team declares: what each asks for, and who sees and changes it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from db.users import User
from webapp.accounts.actor import Actor
from webapp.accounts.fields import NO_TEXT, is_text, tidied
from webapp.accounts.fields.kinds import KINDS, LONGEST
from webapp.languages.sentences import Sentence, say

NAME = re.compile(r"[a-z][a-z_]{0,39}")
ROLE = re.compile(r"[a-z][a-z0-9_-]{1,31}")
# A form takes a hundred fields, and people far fewer.
MOST = 40
# The index for searches holds values of at most so many characters.
LONGEST_CHOICE = 100
USER, ADMIN, BOTH = "user", "admin", "both"
YES_NO = {"yes": say("Yes"), "no": say("No")}
# Names of our own form fields, elements and filters where a team's may stand beside them, of what makes an address, and
# of what scripts call of a form, which would find the field instead.
NAMES = (
    "csrf_token again remember next draft reason language timezone main flashes self "
    "q sort dir after before view page days view_name query user_id act kind person address since until "
    "endpoint values listed "
    "action append attributes blur children click closest contains dataset elements focus hidden matches method remove "
    "reset style submit target"
)
OURS = frozenset((*User._fields, *NAMES.split()))


class BadField(ValueError):
    """A declaration is not valid; the text names the field."""

    def __init__(self, name: object, told: str) -> None:
        super().__init__(f"{name!r} {told}")


@dataclass(frozen=True)
class Field:
    """A field of a team's own.

    `kind` is one of `kinds.KINDS`. `seen_by` and `changed_by` are `user` (the person whose field it is), `admin`,
    `both`, or a role of a team's own, whose holders then see the field of others, as admins do. If a user may change a
    field, they see it too. `choices` are texts, or labels by stored text. `longest` is in characters; 0 is its kind's.
    """

    name: str
    label: Sentence
    kind: str = "text"
    required: bool = False
    seen_by: str = BOTH
    changed_by: str = BOTH
    choices: Sequence[str] | Mapping[str, str] = ()
    longest: int = 0
    hint: str = ""

    @property
    def words(self) -> Mapping[str, str]:
        """Labels by stored text; empty if the field takes any text of its kind."""
        if self.kind == "yes_no":
            return YES_NO
        return self.choices if isinstance(self.choices, Mapping) else {one: one for one in self.choices}

    @property
    def most(self) -> int:
        """The most characters of a value."""
        return self.longest or KINDS[self.kind].longest

    @property
    def is_users_to_change(self) -> bool:
        """Whether people change it for themselves; such a field stands in the sign-up."""
        return self.changed_by in {USER, BOTH}

    @property
    def is_users_to_see(self) -> bool:
        return self.is_users_to_change or self.seen_by in {USER, BOTH}

    @property
    def is_others_to_see(self) -> bool:
        """Whether admins see it of other people."""
        return {self.seen_by, self.changed_by} != {USER}

    @property
    def is_others_to_change(self) -> bool:
        return self.changed_by != USER

    def may_see(self, actor: Actor, user_id: int) -> bool:
        """Whether the actor sees this field of this user."""
        return self._is_for(actor, user_id, self.seen_by) or self.may_change(actor, user_id)

    def may_change(self, actor: Actor, user_id: int) -> bool:
        """Whether the actor changes this field of this user."""
        return self._is_for(actor, user_id, self.changed_by)

    def told(self, value: str) -> str:
        """A stored value as people read it; one that the declaration does not know is shown as it is."""
        return self.words.get(value, value)

    def offered(self, value: str) -> Mapping[str, str]:
        """The choices of a list in which `value` is chosen, also when it is no longer one of them."""
        none = say("Choose one") if self.required else say("not given")
        return {"": none, **self.words, **({value: value} if value and value not in self.words else {})}

    def type(self, value: str) -> str:
        """The type of the input that shows `value`: one for days cannot show other text."""
        return "text" if self.kind == "day" and value and not self.fits(value) else KINDS[self.kind].type

    def tidied(self, value: str) -> str:
        """`value` without the spaces around it; browsers send each end of a line as two characters."""
        return tidied(value.replace("\r\n", "\n")).strip("\n")

    def fits(self, value: str) -> bool:
        return self.objection(value) is None

    def objection(self, value: str, by_user: bool | None = True) -> str | None:
        """Objection to a value, or None.

        `by_user` is True for the user, False for another person, None for a program. An empty required value is refused
        from the user, or from others if only they may change the field.
        """
        if not is_text(value):
            return NO_TEXT
        value = self.tidied(value)
        if not value:
            is_missing = self.required and by_user == self.is_users_to_change
            return say("%(label)s is missing.", label=self.label) if is_missing else None
        if len(value) > self.most:
            return say("%(label)s must be at most %(number)s characters.", label=self.label, number=self.most)
        kind = KINDS[self.kind]
        has_shape = value in self.words if kind.is_one_of else kind.fits(value)
        return None if has_shape else say(kind.wanted, label=self.label)

    def _is_for(self, actor: Actor, user_id: int, whom: str) -> bool:
        """Whether the actor is among `whom`; on their own fields, admins and holders of a role count as plain users."""
        if actor.program:
            return True
        if actor.user is None or actor.is_user(user_id):
            return actor.user is not None and whom in {USER, BOTH}
        return whom != USER if actor.user.is_admin else whom == actor.user.role != USER


Fields = tuple[Field, ...]


def checked(found: Iterable[object]) -> Fields:
    """The declared fields. Raises BadField for the first that is not valid."""
    fields: list[Field] = []
    for field in found:
        if not isinstance(field, Field):
            raise BadField(field, "is no Field(…)")
        _check(field, {known.name for known in fields})
        fields.append(field)
    if len(fields) > MOST:
        raise BadField(fields[MOST].name, f"is one too many: a form has {MOST} fields at most")
    return tuple(fields)


def _check(field: Field, known: set[str]) -> None:
    told = _name_fault(field.name, known) or _kind_fault(field) or _reader_fault(field)
    if told:
        raise BadField(field.name, told)


def _name_fault(name: str, known: set[str]) -> str | None:
    if not NAME.fullmatch(name):
        return "is no name: it has 1 to 40 of a-z and _, a letter first"
    if name in OURS or name.endswith("password"):
        return "is a name that our own pages have: take another"
    return "is declared twice" if name in known else None


def _kind_fault(field: Field) -> str | None:
    if field.kind not in KINDS:
        return f"has the kind {field.kind!r}, which is none of {', '.join(KINDS)}"
    if not isinstance(field.label, Sentence) or field.label.values or not field.label:
        return 'has no label like say("Department")'
    if (field.kind == "choice") != bool(field.choices):
        return "has no choices" if field.kind == "choice" else "has choices, which only the kind 'choice' takes"
    if not 0 <= field.longest <= LONGEST:
        return f"has {field.longest} as the most characters, which is not from 1 to {LONGEST}"
    return _choices_fault(field)


def _choices_fault(field: Field) -> str | None:
    for one in field.words if field.kind == "choice" else ():
        if not (
            isinstance(one, str)
            and one.strip() == one
            and 0 < len(one) <= min(field.most, LONGEST_CHOICE)
            and one.isprintable()
        ):
            return f"has the choice {one!r}, which is not one line of 1 to {min(field.most, LONGEST_CHOICE)} characters"
    return None


def _reader_fault(field: Field) -> str | None:
    for name, whom in {"seen_by": field.seen_by, "changed_by": field.changed_by}.items():
        if not ROLE.fullmatch(whom):
            return f"has {name}={whom!r}, which is not user, admin, both or a role"
    return None
