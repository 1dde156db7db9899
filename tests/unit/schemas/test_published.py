"""What is committed is what this program publishes, and what it stores keeps the promise."""

from __future__ import annotations

import importlib
import json
import pkgutil
from pathlib import Path
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator
from tests.unit.history.samples import TELLS
from tests.vaults import vault

from umt import domain
from umt.adapters.postgres.mapper import EventMapper
from umt.adapters.vault import PersonalCipher
from umt.application.contracts import published_views
from umt.application.schemas import CONTEXTS, Contract, catalogue, check, contracts, event_schema, events, read_models
from umt.domain.event import EVENT_TYPES, Event
from umt.projections.catalogue import PROJECTIONS, VIEWS

FOLDER = Path(__file__).parents[3] / "schemas"
SHOWN = published_views(PROJECTIONS.values(), VIEWS)
PUBLISHED = {name: t for name, t in EVENT_TYPES.items() if t.__module__.startswith("umt.")}


@pytest.mark.parametrize(
    "contract",
    [events(PUBLISHED), catalogue(PUBLISHED), read_models(SHOWN), contracts(SHOWN)],
    ids=["events", "catalogue", "read models", "data contracts"],
)
def test_the_committed_contracts_are_current(contract: Contract) -> None:
    assert "\n".join(map(str, check(contract, FOLDER))) == ""


def test_every_context_is_published() -> None:
    for module in pkgutil.walk_packages(domain.__path__, "umt.domain."):
        importlib.import_module(module.name)
    speaking = {t.__module__ for t in EVENT_TYPES.values() if t.__module__.startswith("umt.")}
    assert {context.__name__ for context in CONTEXTS} == speaking


@pytest.mark.parametrize("event_type", PUBLISHED.values(), ids=PUBLISHED)
def test_a_schema_names_and_describes_its_event(event_type: type[Event]) -> None:
    schema = event_schema(event_type)
    Draft202012Validator.check_schema(schema)
    assert (schema["title"], schema["x-schema-version"]) == (event_type.type_name, event_type.schema_version)
    assert schema["description"] == event_type.__doc__


@pytest.mark.parametrize("event_type", PUBLISHED.values(), ids=PUBLISHED)
def test_the_stored_form_is_canonical_by_construction(event_type: type[Event]) -> None:
    """No floats, and no keys but the names of fields, whose order is the same in UTF-8 and UTF-16."""
    schema = json.dumps(event_schema(event_type))
    assert '"type": "number"' not in schema
    assert '"additionalProperties"' not in schema
    assert schema.isascii()


class NoKeys:
    def wrapped(self, subject: UUID) -> None:
        return None

    def store(self, subject: UUID, sealed: bytes) -> None:
        return None


@pytest.mark.parametrize("event", [event for event, _ in TELLS], ids=[event.type_name for event, _ in TELLS])
def test_what_is_stored_fits_the_schema(event: Event) -> None:
    mapper = EventMapper(PersonalCipher(vault()), NoKeys())
    schema = event_schema(type(event))
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    body = json.loads(mapper.encode(event))
    validator.validate(body)
    assert set(body) == set(schema["properties"])
