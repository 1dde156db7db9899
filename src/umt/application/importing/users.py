"""Importing users of another program: address, name, role and the hash of their password.

What is wrong with a row is told without repeating what it says of the person.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
from pydantic import SecretStr

from umt.application.commands.members import ImportUser
from umt.application.dispatch import Dispatcher, Writer
from umt.application.importing.opening import LONGEST_RECORD, UnusableInput, opened, scan
from umt.application.importing.rows import RejectedRow
from umt.application.transaction import Context
from umt.domain.errors import DomainError, NotFound
from umt.domain.workspace import Role, Workspace

COLUMNS: Final = ("email", "name", "role", "password_hash")


class UserRow(msgspec.Struct, frozen=True):
    """A person as a file has them."""

    line: int
    email: str
    name: str
    role: Role
    password_hash: str

    def __repr__(self) -> str:
        return f"UserRow(line {self.line})"


class ImportedUsers(msgspec.Struct):
    """What came of a file: how many rows it has, and what was done with them."""

    rows: int = 0
    imported: int = 0
    unchanged: int = 0
    rejected: list[RejectedRow] = []


def read_users(path: Path) -> Iterator[UserRow | RejectedRow]:
    """The rows of a CSV file with the header email, name, role, password_hash in any order. UnusableInput when it cannot
    be read as such."""
    with opened(path) as file:
        scan(path, file)
        file.seek(0)
        text = io.TextIOWrapper(file, "utf-8-sig", newline="")
        reader = csv.reader(text, strict=True)
        try:
            header = [cell.strip().casefold() for cell in next(reader, [])]
            if missing := [column for column in COLUMNS if header.count(column) != 1]:
                reason = f"the header must name {', '.join(COLUMNS)} once each; {missing[0]} is missing or repeated"
                raise UnusableInput(path, reason, "correct the first line")
            places = {column: header.index(column) for column in COLUMNS}
            line, rows = reader.line_num + 1, 0
            for cells in reader:
                if cells:
                    rows += 1
                    yield _row(line, cells, len(header), places)
                line = reader.line_num + 1
        except csv.Error as error:
            raise UnusableInput(path, f"line {reader.line_num} is no CSV ({error})", "correct its quotes") from error
        if not rows:
            raise UnusableInput(path, "it has a header but no rows", "export it again, with its rows")


def import_users(
    path: Path, workspace: UUID, context: Context, dispatcher: Dispatcher, writer: Writer
) -> ImportedUsers:
    """Make everybody in the file a member who is none yet, by address; NotFound for a workspace that is not there."""
    if writer.run(context, lambda tx: tx.load(Workspace, workspace)).result() is None:
        raise NotFound("workspace", workspace)
    done = ImportedUsers(rejected=[])
    for row in read_users(path):
        done.rows += 1
        if isinstance(row, RejectedRow):
            done.rejected.append(row)
            continue
        command = ImportUser(email=row.email, name=row.name, role=row.role, password_hash=SecretStr(row.password_hash))
        try:
            made = dispatcher.submit(command, context).result()
        except DomainError as error:
            field = error.field if error.field in COLUMNS else None
            done.rejected.append(RejectedRow(row.line, field, str(error).removeprefix(f"{error.field}: ")))
        else:
            done.imported += bool(made.events)
            done.unchanged += not made.events
    return done


def _row(line: int, cells: list[str], width: int, places: dict[str, int]) -> UserRow | RejectedRow:
    if len(cells) != width or sum(map(len, cells)) > LONGEST_RECORD:
        return RejectedRow(line, None, f"the number of fields is {len(cells)}; {width} are expected, as in the header")
    email, name, role, password_hash = (cells[places[column]].strip() for column in COLUMNS)
    if role.casefold() not in set(Role):
        return RejectedRow(line, "role", f"is not one of {', '.join(Role)}")
    return UserRow(line, email, name, Role(role.casefold()), password_hash)
