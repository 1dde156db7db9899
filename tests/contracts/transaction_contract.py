"""What every writer and its transactions must keep to, whatever they are made of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from umt.application.dispatch import CommandKey, Writer
from umt.application.errors import IdempotencyConflict
from umt.application.permissions import Permission
from umt.application.transaction import Context, Outcome, Timer, Transaction
from umt.domain import brand, user
from umt.domain.brand import Brand, Industry
from umt.domain.errors import NameTaken, NotFound, VersionConflict
from umt.domain.performance import Figures, Record
from umt.domain.personal import Personal
from umt.domain.platform import Platform
from umt.domain.recorded import Actor, ActorKind
from umt.domain.secret import Secret
from umt.domain.user import User
from umt.domain.workspace import Role

TRADE = Industry("Trade")
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


class TransactionContract:
    """Inherited by the test of each writer, which gives the fixture ``writer``."""

    @pytest.fixture
    def context(self) -> Context:
        return Context(workspace=uuid4(), actor=Actor(ActorKind.SYSTEM, "contract"))

    @staticmethod
    def created(writer: Writer, context: Context, name: str = "Acme") -> UUID:
        identifier = uuid4()
        writer.execute(context, lambda tx: tx.create(Brand, identifier, brand.create, name, TRADE), None).result()
        return identifier

    @staticmethod
    def name_of(writer: Writer, context: Context, identifier: UUID) -> str | None:
        found: Brand | None = writer.run(context, lambda tx: tx.load(Brand, identifier)).result()
        return found.name if found else None

    def test_what_one_transaction_decides_the_next_one_sees(self, writer: Writer, context: Context) -> None:
        identifier = self.created(writer, context)
        outcome = writer.execute(context, lambda tx: tx.decide(Brand, identifier, brand.rename, "Other"), None).result()
        assert (outcome.subject, outcome.events) == (identifier, 1)
        assert self.name_of(writer, context, identifier) == "Other"

    def test_a_member_is_found_by_the_address_of_their_account_in_their_workspace(
        self, writer: Writer, context: Context
    ) -> None:
        elsewhere, account, user = replace(context, workspace=uuid4()), uuid4(), uuid4()
        email = f"Ann.{account}@example.com"

        def open_account(tx: Transaction) -> None:
            tx.open_account(account, email, "hash")
            tx.put_member(account, Role.OWNER, account)

        def seen(of: Context) -> tuple[UUID | None, UUID | None]:
            found: tuple[UUID | None, UUID | None] = writer.run(
                of, lambda tx: (tx.member_of(email.upper()), tx.account_of(email.upper()))
            ).result()
            return found

        writer.run(context, open_account).result()
        assert (seen(context), seen(elsewhere)) == ((account, account), (None, account))
        writer.run(elsewhere, lambda tx: tx.put_member(user, Role.ANALYST, account)).result()
        writer.run(elsewhere, lambda tx: tx.put_member(user, Role.ADMIN)).result()
        assert seen(elsewhere) == (user, account)
        hashes = [(email, "hash"), (email, "other"), (f"x{email}", "hash")]
        assert writer.run(elsewhere, lambda tx: [tx.has_password_hash(*each) for each in hashes]).result() == [
            True,
            False,
            False,
        ]
        writer.run(elsewhere, lambda tx: tx.put_member(user, None)).result()
        assert (seen(context), seen(elsewhere)) == ((account, account), (None, account))
        writer.run(context, lambda tx: tx.put_member(account, None)).result()
        assert seen(context) == (None, None)

    def test_keys_and_invitations_are_found_until_they_are_dropped(self, writer: Writer, context: Context) -> None:
        holder, maker, key, other, invitation = uuid4(), uuid4(), uuid4(), uuid4(), uuid4()
        email = f"{invitation}@example.com"

        def keep(tx: Transaction) -> None:
            for each in (key, other):
                tx.put_api_key(each, holder, each.bytes, (Permission.BRAND_READ,), NOON, maker)
            tx.put_invitation(invitation, email, invitation.bytes, NOON)

        writer.run(context, keep).result()
        writer.run(context, lambda tx: tx.drop_api_key(other)).result()
        for member in (holder, maker):
            keys = writer.run(context, lambda tx, of=member: list(tx.api_keys_of(of))).result()  # type: ignore[misc]
            assert keys == [key]
        assert list(writer.run(context, lambda tx: tx.invitations_of(email)).result()) == [invitation]
        elsewhere = replace(context, workspace=uuid4())
        nothing = writer.run(elsewhere, lambda tx: (tx.api_keys_of(holder), tx.invitations_of(email))).result()
        assert nothing == ([], [])

    def test_a_transaction_that_fails_leaves_nothing(self, writer: Writer, context: Context) -> None:
        identifier = uuid4()

        def work(tx: Transaction) -> None:
            tx.create(Brand, identifier, brand.create, "Acme", TRADE)
            tx.put_secret("key", "value")
            tx.decide(Brand, uuid4(), brand.rename, "Nobody")

        with pytest.raises(NotFound):
            writer.execute(context, work, None).result()
        assert self.name_of(writer, context, identifier) is None
        assert writer.run(context, lambda tx: tx.secret("key")).result() is None

    def test_a_part_that_fails_is_undone_alone(self, writer: Writer, context: Context) -> None:
        identifier = self.created(writer, context)

        def undone(tx: Transaction) -> None:
            with tx.attempt():
                tx.decide(Brand, identifier, brand.describe, "undone", TRADE)
                tx.put_secret("key", "undone")
                tx.decide(Brand, uuid4(), brand.rename, "Nobody")

        def work(tx: Transaction) -> None:
            tx.decide(Brand, identifier, brand.rename, "Kept")
            with pytest.raises(NotFound):
                undone(tx)
            tx.put_secret("other", "kept")

        writer.execute(context, work, None).result()
        state: Brand = writer.run(context, lambda tx: tx.get(Brand, identifier)).result()
        assert (state.name, state.description) == ("Kept", "")
        assert writer.run(context, lambda tx: (tx.secret("key"), tx.secret("other"))).result() == (None, Secret("kept"))

    def test_a_key_is_done_once(self, writer: Writer, context: Context) -> None:
        def work(tx: Transaction) -> None:
            tx.create(Brand, uuid4(), brand.create, "Acme", TRADE)

        first = writer.execute(context, work, CommandKey("key", b"request")).result()
        again = writer.execute(context, work, CommandKey("key", b"request")).result()
        assert again == Outcome(first.subject, first.position, first.events, repeated=True)
        with pytest.raises(IdempotencyConflict):
            writer.execute(context, work, CommandKey("key", b"other request")).result()

    def test_an_expected_version_must_be_the_present_one(self, writer: Writer, context: Context) -> None:
        identifier = self.created(writer, context)

        def expecting(version: int) -> Context:
            return Context(workspace=context.workspace, actor=context.actor, expected_version=version)

        def rename(name: str) -> Callable[[Transaction], None]:
            return lambda tx: tx.decide(Brand, identifier, brand.rename, name)

        writer.execute(expecting(1), rename("Second"), None).result()
        with pytest.raises(VersionConflict) as refused:
            writer.execute(expecting(1), rename("Third"), None).result()
        assert (refused.value.expected, refused.value.actual) == (1, 2)

    def test_what_is_not_there_yet_has_version_0(self, writer: Writer, context: Context) -> None:
        def creating(version: int) -> UUID:
            identifier = uuid4()
            expecting = Context(workspace=context.workspace, actor=context.actor, expected_version=version)
            writer.execute(
                expecting, lambda tx: tx.create(Brand, identifier, brand.create, "Acme", TRADE), None
            ).result()
            return identifier

        with pytest.raises(VersionConflict) as refused:
            creating(1)
        assert (refused.value.expected, refused.value.actual) == (1, 0)
        assert self.name_of(writer, context, creating(0)) == "Acme"

    def test_a_name_is_held_until_it_is_released(self, writer: Writer, context: Context) -> None:
        first, second = uuid4(), uuid4()

        def reserving(name: str, stream: UUID) -> Callable[[Transaction], Any]:
            return lambda tx: tx.reserve("brand", name, stream)

        writer.run(context, reserving("Acme", first)).result()
        writer.run(context, reserving("ACME", first)).result()
        with pytest.raises(NameTaken):
            writer.run(context, reserving("acme", second)).result()
        writer.run(context, lambda tx: tx.release("brand", first)).result()
        writer.run(context, reserving("acme", second)).result()

    def test_a_thing_of_another_workspace_is_not_there(self, writer: Writer, context: Context) -> None:
        identifier = self.created(writer, context)
        stranger = Context(workspace=uuid4(), actor=context.actor)
        assert self.name_of(writer, stranger, identifier) is None
        with pytest.raises(NotFound):
            writer.execute(stranger, lambda tx: tx.decide(Brand, identifier, brand.rename, "Mine"), None).result()

    def test_the_latest_figures_are_known(self, writer: Writer, context: Context) -> None:
        campaign, day = uuid4(), date(2026, 3, 9)
        kept = (
            Record("ad,1", day, Figures(impressions=10, clicks=2, spend=Decimal("1.5"))),
            Record('ad "2"', None, Figures(impressions=3, spend=Decimal("0.25"))),
        )
        writer.run(context, lambda tx: tx.keep_performance(campaign, Platform.GOOGLE, "EUR", NOON, kept)).result()
        asked = [("ad,1", day), ('ad "2"', None), ("ad 3", day)]
        known = writer.run(context, lambda tx: tx.known_performance(campaign, Platform.GOOGLE, asked)).result()
        assert {key: each.figures for key, each in known.items()} == {(r.ad, r.day): r.figures for r in kept}
        assert {each.reported_at for each in known.values()} == {NOON}
        spent = writer.run(context, lambda tx: tx.spent(campaign)).result()
        assert spent == {Platform.GOOGLE: Decimal("1.75")}
        days = writer.run(context, lambda tx: tx.days(campaign)).result()
        assert [figures.day for figures in days[Platform.GOOGLE]] == [day]
        ads = writer.run(context, lambda tx: tx.known_ads(campaign, Platform.GOOGLE, ["ad,1", "ad 3"])).result()
        assert ads == {"ad,1"}

    def test_a_large_text_is_found_by_its_hash_in_its_workspace_alone(self, writer: Writer, context: Context) -> None:
        elsewhere, text = replace(context, workspace=uuid4()), "a long prompt " * 10_000
        hashes = [writer.run(of, lambda tx: tx.keep_blob(text)).result() for of in (context, context, elsewhere)]
        assert hashes[0] == hashes[1]
        assert writer.run(context, lambda tx: tx.blob(hashes[0])).result() == text
        assert writer.run(replace(context, workspace=uuid4()), lambda tx: tx.blob(hashes[0])).result() is None

    def test_a_large_text_goes_with_the_transaction_that_kept_it(self, writer: Writer, context: Context) -> None:
        kept: list[str] = []

        def keep(tx: Transaction) -> None:
            kept.append(tx.keep_blob("never told"))
            raise ValueError

        with pytest.raises(ValueError):  # noqa: PT011 - our own
            writer.run(context, keep).result()
        assert writer.run(context, lambda tx: tx.blob(kept[0])).result() is None

    def test_what_models_cost_is_summed_by_month(self, writer: Writer, context: Context) -> None:
        march, april = date(2026, 3, 1), date(2026, 4, 1)

        def spend(month: date, amount: str) -> None:
            writer.run(context, lambda tx: tx.add_model_spending(month, Decimal(amount), 1, 0)).result()

        spend(march, "0.25")
        spend(march, "0.000001")
        spend(april, "7")
        assert writer.run(context, lambda tx: tx.model_spending(march)).result() == Decimal("0.250001")
        other = replace(context, workspace=uuid4())
        assert writer.run(other, lambda tx: tx.model_spending(march)).result() == 0

    def test_a_reminder_comes_due_once(self, writer: Writer, context: Context) -> None:
        timer = Timer(uuid4(), context.workspace, "content-ads", "collect", uuid4(), NOON)
        writer.run(context, lambda tx: tx.start_timer(timer)).result()
        assert writer.run(context, lambda tx: tx.finish_timer(timer.id)).result() is True
        assert writer.run(context, lambda tx: tx.finish_timer(timer.id)).result() is False

    def test_one_requests_events_share_a_correlation(self, writer: Writer, context: Context) -> None:
        seen: list[UUID | None] = []
        writer.run(context, lambda tx: seen.append(tx.context.correlation)).result()
        assert seen[0] is not None

    def test_who_was_erased_has_no_key_any_more(self, writer: Writer, context: Context) -> None:
        person = uuid4()

        def erases(tx: Transaction) -> None:
            tx.create(User, person, user.erase, person)
            tx.erase_subject(person, (), "ann@example.com")

        name, email = Personal("Ann", person), Personal(f"{person}@example.com", person)
        writer.execute(context, lambda tx: tx.create(User, person, user.register, email, name), None).result()
        assert writer.run(context, lambda tx: tx.has_subject_key(person)).result()
        writer.execute(context, erases, None).result()
        assert not writer.run(context, lambda tx: tx.has_subject_key(person)).result()
        assert writer.run(context, lambda tx: tx.get(User, person)).result().erased
