"""The manifest of trusted documents, as graphql-codegen's client preset writes it: a JSON object of texts by their SHA-256."""

from __future__ import annotations

from pathlib import Path

import msgspec

from umt.api.graphql.execution.documents import SHA256, digest


class UnusableManifest(Exception):
    """The file cannot be read, or is no manifest."""


def manifest(file: Path) -> dict[str, str]:
    """The documents by the SHA-256 of their texts, in hexadecimal; `UnusableManifest` if that is not what there is."""
    try:
        named = msgspec.json.decode(file.read_bytes(), type=dict[str, str])
    except OSError as error:
        raise UnusableManifest(f"{file} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnusableManifest(f"{file} is no JSON object of documents by their SHA-256: {error}") from error
    documents = {name.removeprefix(SHA256).lower(): text for name, text in named.items()}
    for name, text in documents.items():
        if name != digest(text):
            raise UnusableManifest(
                f"{file}: {name!r} is not the SHA-256 of its document; have the client built with hashAlgorithm 'sha256'"
            )
    return documents
