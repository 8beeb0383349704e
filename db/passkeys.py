"""Every statement that touches the table of passkeys."""

from typing import NamedTuple

from db import Database, by_name


class Passkey(NamedTuple):
    """A passkey: `credential_id` and `public_key` in base64url, `transports` with blanks between them.

    With `is_login` it is a log-in by itself, else a second step only. With `is_backed_up` a password manager keeps it
    on several devices. `used_at` is None until its first use.
    """

    id: str
    user_id: int
    credential_id: str
    public_key: str
    counter: int
    transports: str
    aaguid: str
    is_backed_up: int
    is_login: int
    name: str
    added_at: str
    used_at: str | None


as_passkey = by_name(Passkey)


def add(db: Database, key: Passkey) -> None:
    """Insert a passkey. Raises Duplicate if an account has its credential id."""
    db.run(
        """INSERT INTO passkeys (id, user_id, credential_id, public_key, counter, transports, aaguid, is_backed_up,
            is_login, name, added_at)
           VALUES (:id, :user_id, :credential_id, :public_key, :counter, :transports, :aaguid, :is_backed_up,
            :is_login, :name, :added_at)""",
        **{name: value for name, value in key._asdict().items() if name != "used_at"},
    )


def of_user(db: Database, user_id: int) -> list[Passkey]:
    """The user's passkeys, the oldest first."""
    return db.all(
        """SELECT id, user_id, credential_id, public_key, counter, transports, aaguid, is_backed_up, is_login, name,
            added_at, used_at FROM passkeys WHERE user_id = :user_id ORDER BY added_at, id""",
        as_passkey,
        user_id=user_id,
    )


def by_credential_id(db: Database, credential_id: str) -> Passkey | None:
    return db.one(
        """SELECT id, user_id, credential_id, public_key, counter, transports, aaguid, is_backed_up, is_login, name,
            added_at, used_at FROM passkeys WHERE credential_id = :credential_id""",
        as_passkey,
        credential_id=credential_id,
    )


def use(db: Database, key: Passkey, counter: int, is_login: bool) -> bool:
    """Note that the passkey was used; False if it is gone, or was used since `key` was read and has counted on."""
    return bool(
        db.run(
            """UPDATE passkeys SET counter = :counter, used_at = :now,
               is_login = CASE WHEN :is_login = 1 THEN 1 ELSE is_login END
               WHERE id = :id AND counter = :before AND (counter < :counter OR counter = 0)""",
            counter=counter,
            is_login=int(is_login),
            before=key.counter,
            id=key.id,
            now=db.now(),
        )
    )


def rename(db: Database, user_id: int, key_id: str, name: str) -> bool:
    """Call the user's passkey `name`; False if there is none with this id."""
    return bool(
        db.run(
            "UPDATE passkeys SET name = :name WHERE id = :id AND user_id = :user_id",
            name=name,
            id=key_id,
            user_id=user_id,
        )
    )


def remove(db: Database, user_id: int, key_id: str) -> bool:
    """Delete the user's passkey; False if there is none with this id."""
    return bool(db.run("DELETE FROM passkeys WHERE id = :id AND user_id = :user_id", id=key_id, user_id=user_id))


def remove_all_of(db: Database, user_id: int) -> None:
    db.run("DELETE FROM passkeys WHERE user_id = :user_id", user_id=user_id)


def remove_since(db: Database, user_id: int, since: str) -> None:
    """Delete the user's passkeys that were added at this moment or later."""
    db.run("DELETE FROM passkeys WHERE user_id = :user_id AND added_at >= :since", user_id=user_id, since=since)
