"""Between events and their stored bytes.

Stored form: canonical JSON (RFC 8785) written by msgspec with sorted keys; decimals are strings, there are no floats,
personal texts are ciphertext. What was stored is never rewritten: older bodies are upcast each time they are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.persistence import JSONTranscoder, Mapper

from umt.adapters.vault import PersonalCipher, SubjectKeys, VaultError
from umt.domain.errors import DomainError, InvalidValue
from umt.domain.event import EVENT_TYPES, UPCASTERS, Aggregate, Event
from umt.domain.personal import Personal
from umt.domain.recorded import Metadata, Recorded, Unreadable

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""U+0000 as JSON writes it: after no backslash or an even number of them."""


class _Sealed(msgspec.Struct, frozen=True):
    sealed: str
    subject: UUID


class EventMapper(Mapper[UUID]):
    """The library's mapper for msgspec events: upcasts on reading, seals personal texts on writing."""

    def __init__(self, cipher: PersonalCipher, keys: SubjectKeys) -> None:
        super().__init__(transcoder=JSONTranscoder())
        self._cipher = cipher
        self._keys = keys
        self._encoder = msgspec.json.Encoder(order="sorted", enc_hook=self._seal)
        self._metadata = msgspec.json.Decoder(Metadata)
        self._states: dict[type[Aggregate], msgspec.json.Decoder[Any]] = {}
        self._decoders = {
            name: msgspec.json.Decoder(event_type, dec_hook=self._open) for name, event_type in EVENT_TYPES.items()
        }

    def encode(self, value: Event | Metadata) -> bytes:
        """The canonical bytes. U+0000 is in no text of ours, since PostgreSQL's texts cannot hold it."""
        encoded = self._encoder.encode(value)
        if b"\\u0000" in encoded and _NUL.search(encoded):
            raise InvalidValue(type(value).__name__, "contains the character U+0000")
        return encoded

    def encode_state(self, state: Aggregate) -> bytes:
        """An aggregate's state as a snapshot holds it: personal texts are sealed as in events."""
        return self._encoder.encode(state)

    def decode_state(self, kind: type[Aggregate], stored: bytes) -> Aggregate:
        """The state of a snapshot. Raises msgspec.DecodeError for one that does not fit the kind."""
        decoder = self._states.get(kind)
        if decoder is None:
            decoder = self._states[kind] = msgspec.json.Decoder(kind, dec_hook=self._open)
        state: Aggregate = decoder.decode(stored)
        return state

    def decode(self, position: int, type_name: str, schema_version: int, body: bytes) -> Event:
        """The event as its type is today."""
        try:
            return self.decoder(type_name, schema_version)(body)
        except (msgspec.DecodeError, LookupError, ValueError, VaultError, DomainError) as error:
            raise Unreadable(position, type_name, error) from error

    def decoder(self, type_name: str, schema_version: int) -> Callable[[bytes], Event]:
        """What decodes a body of the type and version; LookupError for a type that this program does not know."""
        event_type = EVENT_TYPES.get(type_name)
        if event_type is None:
            raise LookupError("this program does not know the type")
        if schema_version != event_type.schema_version:
            return lambda body: self._upcast(event_type, schema_version, body)
        decoder = self._decoders.get(type_name)
        if decoder is None:
            decoder = self._decoders[type_name] = msgspec.json.Decoder(event_type, dec_hook=self._open)
        return decoder.decode

    def _upcast(self, event_type: type[Event], schema_version: int, body: bytes) -> Event:
        plain = upcast(event_type.type_name, schema_version, event_type.schema_version, msgspec.json.decode(body))
        return msgspec.convert(plain, event_type, dec_hook=self._open)

    def recorded(self, row: tuple[Any, ...]) -> Recorded:
        """From a row (position, stream, version, workspace, type, recorded_at, metadata, body)."""
        position, stream, version, workspace, type_name, recorded_at, metadata_bytes, body = row
        metadata = self._metadata.decode(metadata_bytes)
        event = self.decode(position, type_name, metadata.schema_version, body)
        return Recorded(position, stream, version, workspace, recorded_at, event, metadata)

    def _seal(self, value: Any) -> Any:
        if isinstance(value, Personal):
            return _Sealed(self._cipher.seal(value.text, value.subject, self._keys), value.subject)
        raise NotImplementedError(f"{type(value).__name__} has no stored form")

    def _open(self, wanted: type, stored: Any) -> Any:
        if wanted is not Personal:
            raise NotImplementedError(f"{wanted.__name__} has no stored form")
        subject = UUID(stored["subject"])
        text = self._cipher.open(stored["sealed"], subject, self._keys)
        return Personal.erased(subject) if text is None else Personal(text, subject)


def upcast(type_name: str, version: int, wanted: int, body: dict[str, Any]) -> dict[str, Any]:
    """The body of ``version`` as one of ``wanted``, step by step."""
    while version < wanted:
        if (step := UPCASTERS.get((type_name, version))) is None:
            raise LookupError(f"no upcaster from schema version {version}")
        body, version = step(body), version + 1
    if version > wanted:
        raise LookupError(f"schema version {version} is newer than this program's {wanted}")
    return body
