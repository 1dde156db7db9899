"""The baseline: the stock library, used as its documentation shows, with its defaults, on tables of its own.

https://eventsourcing.readthedocs.io: Application and Aggregate on PostgreSQL, ProjectionRunner with a tracking recorder.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from umt.adapters.postgres.database import OWNER, connect
from umt.bench.log.workload import BUDGET, DESCRIPTION, INDUSTRY, SCHEDULE, SHARES

SCHEMA: Final = "library"
VIEW: Final = "brands_view"
PAGE: Final = 1_000


class Campaign(Aggregate):
    """A campaign with the fields of ours."""

    @event("Created")
    def __init__(
        self,
        brand: UUID,
        name: str,
        objective: str,
        budget: Decimal,
        currency: str,
        starts_on: str,
        ends_on: str,
        time_zone: str,
        platforms: list[str],
    ) -> None:
        self.brand, self.name, self.objective = brand, name, objective
        self.budget, self.currency = budget, currency
        self.starts_on, self.ends_on, self.time_zone = starts_on, ends_on, time_zone
        self.platforms = platforms
        self.allocation: dict[str, Decimal] = {}

    @event("BudgetAllocated")
    def allocate(self, allocation: dict[str, Decimal], currency: str) -> None:
        self.allocation = allocation


class Brand(Aggregate):
    """A brand with the fields of ours."""

    @event("Created")
    def __init__(self, name: str, industry: str, industry_code: str, description: str) -> None:
        self.name, self.industry, self.industry_code = name, industry, industry_code
        self.description = description

    @event("Described")
    def describe(self, description: str, industry: str, industry_code: str) -> None:
        self.description, self.industry, self.industry_code = description, industry, industry_code


class Marketing(Application[UUID]):
    """Both, with a method for each command."""

    log_section_size = PAGE

    def create_campaign(self, brand: UUID, number: int) -> UUID:
        campaign = Campaign(
            brand=brand,
            name=f"Spring collection {number:06}",
            objective="sales",
            budget=BUDGET.amount,
            currency=BUDGET.currency,
            starts_on=SCHEDULE.starts_on.isoformat(),
            ends_on=SCHEDULE.ends_on.isoformat(),
            time_zone=SCHEDULE.time_zone,
            platforms=["google", "facebook"],
        )
        self.save(campaign)
        return campaign.id

    def allocate_budget(self, identifier: UUID) -> None:
        campaign: Campaign = self.repository.get(identifier)
        campaign.allocate({share.platform.value: share.amount.amount for share in SHARES}, BUDGET.currency)
        self.save(campaign)

    def append(self, brand: Brand, count: int) -> int:
        """Describe the brand so many times, in one save; the answer is the last event's place in the log."""
        described(brand, count)
        return self.save(brand)[-1].notification.id


def new_brand() -> Brand:
    return Brand(name="Brand", industry=INDUSTRY.name, industry_code=INDUSTRY.code, description=DESCRIPTION.format(1))


def described(brand: Brand, count: int) -> None:
    """So many pending events."""
    for _ in range(count):
        brand.describe(DESCRIPTION.format(brand.version + 1), INDUSTRY.name, INDUSTRY.code)


class BrandsView(PostgresTrackingRecorder):
    """One upsert and the tracking of an event, in one transaction."""

    def __init__(self, datastore: PostgresDatastore, **kwargs: Any) -> None:
        super().__init__(datastore, **kwargs)
        table = sql.Identifier(datastore.schema, VIEW)
        self.sql_create_statements.append(
            sql.SQL(
                "CREATE TABLE IF NOT EXISTS {} (brand uuid PRIMARY KEY, industry text, industry_code text,"
                " description text, version bigint, position bigint)"
            ).format(table)
        )
        self._upsert = sql.SQL(
            "INSERT INTO {} VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (brand) DO UPDATE"
            " SET industry = EXCLUDED.industry, industry_code = EXCLUDED.industry_code,"
            " description = EXCLUDED.description, version = EXCLUDED.version, position = EXCLUDED.position"
        ).format(table)

    def upsert(self, brand: Any, industry: str, code: str, description: str, version: int, at: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(
                self._upsert, (brand, industry, code, description, version, at.notification_id), prepare=True
            )
            self._insert_tracking(cursor, at)


class BrandsProjection(Projection[BrandsView]):
    """What the projection of ours does, event by event."""

    name = "brands"
    topics = ()

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        if isinstance(domain_event, Brand.Created | Brand.Described):  # type: ignore[attr-defined]
            e: Any = domain_event
            self.view.upsert(
                e.originator_id, e.industry, e.industry_code, e.description, e.originator_version, tracking
            )

    @property
    def view(self) -> BrandsView:
        return self._view


@contextmanager
def marketing(url: str, *, clients: int = 1, snapshots: bool = False) -> Iterator[tuple[Marketing, dict[str, str]]]:
    """The application on tables of its own in the database, and the environment that it was made with.

    Snapshots are off as they are by default: with them every command would look for one.
    """
    at = conninfo_to_dict(url)
    with connect(url, OWNER) as owner, psycopg.connect(url) as login:
        owner.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(SCHEMA)))
        owner.execute(
            sql.SQL("GRANT ALL ON SCHEMA {} TO {}").format(sql.Identifier(SCHEMA), sql.Identifier(login.info.user))
        )
        host, user = login.info.host, login.info.user
    environment = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(at["dbname"]),
        "POSTGRES_HOST": host,
        "POSTGRES_PORT": str(at.get("port") or 5432),
        "POSTGRES_USER": user,
        "POSTGRES_PASSWORD": str(at.get("password") or ""),
        "POSTGRES_SCHEMA": SCHEMA,
        "POSTGRES_POOL_SIZE": str(clients),
        "IS_SNAPSHOTTING_ENABLED": "y" if snapshots else "n",
    }
    application = Marketing(environment)
    try:
        yield application, environment
    finally:
        application.close()
