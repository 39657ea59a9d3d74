"""What comes in is what the notice says is recorded, and everything wrong is said at once."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec import structs

from tenants.admission import CLOCK_SKEW, admit, normalised
from tenants.contracts import Contract
from tenants.expiry import expiries, expiries_by
from tenants.policy import Policy
from tenants.recordings import Direction, Kind, Metadata, PartClass, Segment

CODE = "131152-901R"
Delivered = Callable[..., Metadata]


@pytest.fixture
def refusals(
    policies: Mapping[str, Policy], contract: Contract, now: datetime
) -> Callable[..., dict[str, tuple[str, str]]]:
    """Field -> (rule, clause) of every refusal, for a controller given by slug."""

    def of(metadata: Metadata, slug: str = "prh", contract: Contract = contract, now: datetime = now) -> object:
        found = admit(policies[slug], contract, metadata, now)
        assert all(refusal.reason.endswith(".") and refusal.clause.text for refusal in found)
        return {refusal.field: (refusal.rule, refusal.clause.id) for refusal in found}

    return of  # type: ignore[return-value]  # the dictionary above


Refusals = Callable[..., dict[str, tuple[str, str]]]


def test_a_recording_of_the_notice_comes_in(delivered: Delivered, refusals: Refusals, now: datetime) -> None:
    contact = {"caller_number": "040 123 4567", "service_number": "0295 095 050", "agent_name": "A", "agent_id": "a-17"}
    call = delivered(ended_at=now, direction=Direction.IN, contact=contact)
    assert refusals(call) == {}


def test_a_field_that_the_policy_does_not_name_is_refused(delivered: Delivered, refusals: Refusals) -> None:
    call = delivered(contact={"ip_address": "192.0.2.1", "shoe_size": 43})
    assert refusals(call) == {
        "contact.ip_address": ("field-not-in-policy", "contact_call"),
        "contact.shoe_size": ("field-not-in-policy", "contact_call"),
    }


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("eilen", "moment"),
        ("2026-06-01T12:00:00", "moment"),
        (7, "moment"),
        ("9999-12-31T23:59:59-14:00", "in-the-future"),
        ("2025-02-29T12:00:00Z", "moment"),
    ],
)
def test_a_time_in_the_contact_record_is_a_time_and_not_to_come(
    delivered: Delivered, refusals: Refusals, value: str | int, rule: str
) -> None:
    survey = delivered(Kind.SMS_SURVEY, contact={"sent_at": value})
    assert refusals(survey) == {"contact.sent_at": (rule, "contact_sms")}


def test_a_time_in_the_contact_record_that_is_past_comes_in(delivered: Delivered, refusals: Refusals) -> None:
    survey = delivered(Kind.SMS_SURVEY, contact={"sent_at": "2025-01-01T12:00:00+02:00"})
    assert refusals(survey) == {}


def test_an_end_is_refused_where_the_policy_names_none(delivered: Delivered, refusals: Refusals, now: datetime) -> None:
    survey = delivered(Kind.SMS_SURVEY, ended_at=now)
    assert refusals(survey) == {"ended_at": ("field-not-in-policy", "contact_sms")}


@pytest.mark.parametrize("value", [CODE, f"hetu {CODE.lower()}.", "131152 - 901R"])
def test_a_henkilotunnus_is_refused_in_any_field(delivered: Delivered, refusals: Refusals, value: str) -> None:
    call = delivered(source_id=f"pbx-{value}", contact={"agent_name": value})
    assert refusals(call) == {
        "source_id": ("identity-code", "identified_persons"),
        "contact.agent_name": ("identity-code", "identified_persons"),
    }


def test_a_henkilotunnus_is_refused_in_a_fields_name(
    delivered: Delivered, policies: Mapping[str, Policy], contract: Contract, now: datetime
) -> None:
    found = admit(policies["prh"], contract, delivered(contact={CODE: 1}), now)
    assert [refusal.rule for refusal in found] == ["identity-code", "field-not-in-policy"]


@pytest.mark.parametrize(
    ("slug", "kind", "clause"),
    [("kaiku24", Kind.CALL, "contact"), ("tilastokeskus", Kind.CHAT, "contact"), ("kaiku24", Kind.CHATBOT, "recorded")],
)
def test_a_henkilotunnus_is_refused_though_the_notice_does_not_speak_of_it(
    delivered: Delivered, refusals: Refusals, slug: str, kind: Kind, clause: str
) -> None:
    assert refusals(delivered(kind, source_id=CODE), slug)["source_id"] == ("identity-code", clause)


def test_a_kind_that_is_not_recorded_is_refused(delivered: Delivered, refusals: Refusals) -> None:
    call = delivered(Kind.CALL, contact={"caller_number": "0401234567"})
    assert refusals(call, "tilastokeskus") == {"kind": ("kind-not-recorded", "recorded")}


def test_a_direction_that_is_not_recorded_is_refused(delivered: Delivered, refusals: Refusals) -> None:
    out = delivered(direction=Direction.OUT)
    assert refusals(out) == {"direction": ("direction-not-recorded", "recorded")}
    assert refusals(out, "valtiokonttori") == {}


def test_the_future_is_refused_beyond_the_clocks_skew(delivered: Delivered, refusals: Refusals, now: datetime) -> None:
    assert refusals(delivered(started_at=now + CLOCK_SKEW)) == {}
    beyond = now + CLOCK_SKEW + timedelta(seconds=1)
    assert refusals(delivered(started_at=beyond)) == {"started_at": ("in-the-future", "recorded")}
    assert refusals(delivered(ended_at=beyond)) == {"ended_at": ("in-the-future", "recorded")}


def test_an_end_before_the_start_is_refused(delivered: Delivered, refusals: Refusals, now: datetime) -> None:
    backwards = delivered(ended_at=now - timedelta(seconds=1))
    assert refusals(backwards) == {"ended_at": ("ended-before-started", "recorded")}


@pytest.mark.parametrize("number", ["Matti", "1", 358401234567890123])
def test_a_number_that_is_none_is_refused_and_not_repeated(
    delivered: Delivered, policies: Mapping[str, Policy], contract: Contract, now: datetime, number: str | int
) -> None:
    (refusal,) = admit(policies["prh"], contract, delivered(contact={"caller_number": number}), now)
    assert (refusal.field, refusal.rule) == ("contact.caller_number", "phone-number")
    assert f" {number} " not in f" {refusal.reason} "


def test_a_recording_from_outside_the_contract_is_refused(
    delivered: Delivered, refusals: Refusals, now: datetime
) -> None:
    young = Contract(starts_on=date(2026, 6, 16), ends_on=date(2027, 1, 1), time_zone="Europe/Helsinki")
    assert refusals(delivered(), contract=young) == {"started_at": ("before-contract", "contract_end")}
    last_day = Contract(starts_on=date(2026, 1, 1), ends_on=date(2026, 6, 15), time_zone="Europe/Helsinki")
    late = delivered(started_at=last_day.ends_at)
    assert refusals(late, contract=last_day, now=last_day.ends_at) == {"started_at": ("after-contract", "contract_end")}


def test_an_ended_contract_takes_nothing_more_in(delivered: Delivered, refusals: Refusals, now: datetime) -> None:
    ended = Contract(starts_on=date(2026, 1, 1), ends_on=date(2026, 6, 15), time_zone="Europe/Helsinki")
    assert refusals(delivered(), contract=ended) == {}
    assert refusals(delivered(), contract=ended, now=ended.ends_at) == {"started_at": ("contract-over", "contract_end")}


def test_content_whose_time_is_up_is_refused_with_its_promise(
    delivered: Delivered, refusals: Refusals, policies: Mapping[str, Policy], contract: Contract
) -> None:
    call = delivered(started_at=datetime(2026, 1, 10, 9, tzinfo=UTC))
    goes = datetime(2026, 7, 9, 21, tzinfo=UTC)
    assert refusals(call, now=goes - timedelta(seconds=1)) == {}
    assert refusals(call, now=goes) == {"started_at": ("already-expired", "retention_call")}
    (refusal,) = admit(policies["prh"], contract, call, goes)
    assert "2026-07-09 21:00 UTC" in refusal.reason


def test_content_outlives_the_parts_that_are_gone_already(delivered: Delivered, refusals: Refusals) -> None:
    """Yesterday's chatbot talk comes in without its digits; whoever stores it leaves them out."""
    talk = delivered(Kind.CHATBOT, started_at=datetime(2026, 6, 14, 9, tzinfo=UTC))
    assert refusals(talk) == {}


def test_a_contracts_recordings_do_not_expire_before_it(delivered: Delivered, refusals: Refusals) -> None:
    old = delivered(started_at=datetime(2026, 1, 2, tzinfo=UTC))
    assert refusals(old, "kaiku24", now=datetime(2029, 1, 1, tzinfo=UTC)) == {}


def test_everything_wrong_is_said_at_once(delivered: Delivered, refusals: Refusals, now: datetime) -> None:
    wrong = delivered(
        source_id=CODE,
        started_at=now + timedelta(days=1),
        ended_at=now,
        direction=Direction.OUT,
        contact={"caller_number": "x", "nickname": "Pulu"},
    )
    assert set(refusals(wrong)) == {
        *("source_id", "started_at", "ended_at", "direction", "contact.caller_number", "contact.nickname")
    }


def test_admitted_numbers_are_spelt_in_one_way(delivered: Delivered) -> None:
    call = delivered(contact={"caller_number": "040 123 4567", "agent_name": "040 123 4567", "message_count": 3})
    assert normalised(call).contact == {
        "caller_number": "+358401234567",
        "agent_name": "040 123 4567",
        "message_count": 3,
    }


def test_every_part_has_its_own_day_and_promise(policies: Mapping[str, Policy], now: datetime) -> None:
    policy = policies["prh"]
    rule = policy.kind(Kind.CHATBOT)
    assert rule is not None
    found = expiries(policy, rule, now)
    assert {part: (expiry.destroy_at, expiry.clause.id) for part, expiry in found.items()} == {
        PartClass.CONTENT: (datetime(2028, 6, 14, 21, tzinfo=UTC), "retention_chat"),
        PartClass.CONTACT: (datetime(2027, 6, 14, 21, tzinfo=UTC), "retention_contact"),
        PartClass.IDENTIFIERS: (now + timedelta(hours=1), "retention_identifiers"),
    }
    assert found[PartClass.CONTENT].promised_until == datetime(2028, 6, 15, 9, 30, tzinfo=UTC)


def test_what_comes_in_late_goes_by_what_has_come_into_force_since(
    policies: Mapping[str, Policy], now: datetime
) -> None:
    made = policies["prh"]
    call = made.recorded.kinds[Kind.CALL]
    kept = structs.replace(call.retention, content=structs.replace(call.retention.content, keep="P1M"))
    kinds = {**made.recorded.kinds, Kind.CALL: structs.replace(call, retention=kept)}
    shorter = structs.replace(made, version=2, recorded=structs.replace(made.recorded, kinds=kinds))
    before, after = expiries_by(made, [], Kind.CALL, now), expiries_by(made, [shorter], Kind.CALL, now)
    assert before is not None
    assert after is not None
    assert after[PartClass.CONTACT] == before[PartClass.CONTACT]
    assert after[PartClass.CONTENT].clause.version == 2
    assert after[PartClass.CONTENT].destroy_at == datetime(2026, 7, 14, 21, tzinfo=UTC)
    assert expiries_by(policies["kaiku24"], [], Kind.CHATBOT, now) is None


HANDS = (Segment(agent_id="a-1", starts_ms=0, ends_ms=900), Segment(agent_id="a-2", starts_ms=900, ends_ms=2000))


def test_who_had_a_call_when_comes_in_where_the_notice_names_the_agent(
    delivered: Delivered, refusals: Refusals
) -> None:
    assert refusals(delivered(contact={"agent_id": "a-2"}, segments=HANDS)) == {}
    assert refusals(delivered(segments=HANDS)) == {}
    unnamed = refusals(delivered(segments=HANDS), "kaiku24")
    assert unnamed == {"segments": ("field-not-in-policy", "contact")}


def test_a_segment_ends_after_it_starts_and_no_agent_is_left_without_one(
    delivered: Delivered, refusals: Refusals
) -> None:
    backwards = (*HANDS, Segment(agent_id="a-1", starts_ms=2000, ends_ms=2000))
    assert refusals(delivered(segments=backwards)) == {"segments[2].ends_ms": ("segment-order", "contact_call")}
    left_out = delivered(contact={"agent_id": "a-3"}, segments=HANDS)
    assert refusals(left_out) == {"segments": ("segment-missing", "contact_call")}


def test_an_identity_code_is_no_agents_id(delivered: Delivered, refusals: Refusals) -> None:
    named = (Segment(agent_id=CODE, starts_ms=0, ends_ms=1),)
    assert refusals(delivered(segments=named)) == {"segments[0].agent_id": ("identity-code", "identified_persons")}
