"""Each promise of the five published notices stands in its policy, cell by cell."""

from collections.abc import Mapping

import pytest

from tenants.policy import DisclosureRule, OutsideSupport, Policy
from tenants.regions import COUNTRIES, REGIONS
from tenants.vocabulary import (
    Area,
    DisclosureKind,
    HoldReason,
    NeverStored,
    Party,
    RecipientDuty,
    Right,
    RightMeans,
    Role,
    Safeguard,
    Scope,
)

CALL_FIELDS = "start end caller_number service_number agent_name agent_number agent_id"

KINDS = {
    ("prh", "call"): "in",
    ("prh", "chat"): "",
    ("prh", "chatbot"): "",
    ("prh", "sms_survey"): "",
    ("valtiokonttori", "call"): "in out",
    ("valtiokonttori", "chat"): "",
    ("vertaislaina", "call"): "in out",
    ("vertaislaina", "chat"): "",
    ("tilastokeskus", "chat"): "",
    ("kaiku24", "call"): "in out",
    ("kaiku24", "chat"): "",
}

# Content, contact record, short-lived identifiers.
RETENTIONS = {
    ("prh", "call"): ("P6M", "P12M", None),
    ("prh", "chat"): ("P2Y", "P12M", None),
    ("prh", "chatbot"): ("P2Y", "P12M", "PT1H"),
    ("prh", "sms_survey"): ("P12M", "P12M", None),
    ("valtiokonttori", "call"): ("P12M", "P12M", None),
    ("valtiokonttori", "chat"): ("P12M", "P12M", None),
    ("vertaislaina", "call"): ("P12M", "P12M", None),
    ("vertaislaina", "chat"): ("P12M", "P12M", None),
    ("tilastokeskus", "chat"): ("P35D", "P35D", None),
    ("kaiku24", "call"): ("contract", "contract", None),
    ("kaiku24", "chat"): ("contract", "contract", None),
}

# The words of a notice for the content itself (audio, chat text, answers) are the content part, not fields.
# `agent_id` is the opaque form of the agent's name, without which nobody's own calls could be told.
CONTACT_FIELDS = {
    ("prh", "call"): CALL_FIELDS,
    ("prh", "chat"): "start end agent_name agent_id",
    ("prh", "chatbot"): "start end",
    ("prh", "sms_survey"): "sent_at customer_number",
    ("valtiokonttori", "call"): CALL_FIELDS,
    ("valtiokonttori", "chat"): "start end agent_name agent_id",
    ("vertaislaina", "call"): "start end caller_number service_number",
    ("vertaislaina", "chat"): "start end nickname customer_given agent_name agent_id",
    ("tilastokeskus", "chat"): "start end chat_count content_length message_count source_page current_page"
    " ip_address operator country city browser os",
    ("kaiku24", "call"): "start end duration customer_number",
    ("kaiku24", "chat"): "start end duration customer_number",
}

PURPOSES = {
    "prh": "quality development training service_level_studies identification",
    "valtiokonttori": "verification legal_protection training service_level_studies",
    "vertaislaina": "quality training guidance identification dispute",
    "tilastokeskus": "advice_checking training development",
    "kaiku24": "quality safety verification feedback development",
}

LISTENERS = {
    "prh": {Role.SUPERVISOR: Scope.ALL, Role.QUALITY: Scope.ALL, Role.TRAINER: Scope.ALL},
    "valtiokonttori": {
        Role.AGENT: Scope.OWN_CALLS,
        Role.SUPERVISOR: Scope.ALL,
        Role.QUALITY: Scope.ALL,
        Role.TRAINER: Scope.ALL,
    },
    "vertaislaina": {Role.SUPERVISOR: Scope.ALL, Role.QUALITY: Scope.ALL, Role.TRAINER: Scope.ALL},
    "tilastokeskus": {Role.SUPERVISOR: Scope.ALL, Role.QUALITY: Scope.ALL, Role.TRAINER: Scope.ALL},
    "kaiku24": {Role.ADMINISTRATOR: Scope.ALL, Role.SUPERVISOR: Scope.ALL},
}

NEVER_STORED = {
    "prh": {NeverStored.NAME, NeverStored.PERSONAL_IDENTITY_CODE},
    "valtiokonttori": set(),
    "vertaislaina": {NeverStored.NAME, NeverStored.PERSONAL_IDENTITY_CODE},
    "tilastokeskus": set(),
    "kaiku24": {NeverStored.PATIENT_RECORDS},
}

DISCLOSURES = {
    "prh": {
        DisclosureKind.RESEARCH: DisclosureRule(
            clause="disclosure_research", temporary=True, afterwards=RecipientDuty.RETURN_OR_DESTROY
        )
    },
    "valtiokonttori": {
        DisclosureKind.TRANSCRIPT_TO_EMAIL: DisclosureRule(
            clause="disclosure_email", chosen_by=(Party.CUSTOMER, Party.AGENT)
        )
    },
    "vertaislaina": {},
    "tilastokeskus": {},
    "kaiku24": {
        DisclosureKind.GROUP: DisclosureRule(clause="disclosure_group"),
        DisclosureKind.AUTHORITY: DisclosureRule(clause="disclosure_authority"),
    },
}

AREAS = {
    "prh": Area.EEA,
    "valtiokonttori": Area.EEA,
    "vertaislaina": Area.EEA,
    "tilastokeskus": Area.EU,
    "kaiku24": Area.EEA,
}

# Granted, by which means, and for whom besides the data subject; a right that a notice is silent on stands nowhere.
RIGHTS: dict[str, dict[Right, tuple[bool, tuple[RightMeans, ...], tuple[Party, ...]]]] = {
    "prh": {
        Right.ACCESS: (True, (RightMeans.COPY,), ()),
        Right.RECTIFICATION: (True, (), ()),
        Right.RESTRICTION: (True, (), ()),
    },
    "valtiokonttori": {
        Right.ACCESS: (True, (RightMeans.LISTENING,), (Party.AGENT,)),
        Right.RECTIFICATION: (True, (), ()),
        Right.RESTRICTION: (True, (), ()),
        Right.ERASURE: (False, (), ()),
        Right.OBJECTION: (False, (), ()),
    },
    "vertaislaina": {Right.ACCESS: (True, (RightMeans.COPY,), ())},
    "tilastokeskus": {Right.ACCESS: (True, (RightMeans.COPY,), ())},
    "kaiku24": {Right.ACCESS: (True, (RightMeans.ON_SITE_REVIEW,), ())},
}

SLUGS = sorted(PURPOSES)


def test_the_kinds_are_those_of_the_notices(policies: Mapping[str, Policy]) -> None:
    found = {
        (slug, kind.value): " ".join(rule.directions)
        for slug, policy in policies.items()
        for kind, rule in policy.recorded.kinds.items()
    }
    assert found == KINDS


def test_every_part_is_kept_as_long_as_promised(policies: Mapping[str, Policy]) -> None:
    found = {}
    for slug, policy in policies.items():
        for kind, rule in policy.recorded.kinds.items():
            kept = rule.retention
            short_lived = None if kept.identifiers is None else kept.identifiers.keep
            found[slug, kind.value] = (kept.content.keep, kept.contact.keep, short_lived)
    assert found == RETENTIONS


def test_only_a_complaint_keeps_a_recording_longer_and_only_where_promised(policies: Mapping[str, Policy]) -> None:
    for slug, policy in policies.items():
        longer = {
            rule.longer_while for kind in policy.recorded.kinds.values() for rule in kind.retention.by_class().values()
        }
        assert longer == ({(HoldReason.COMPLAINT,)} if slug == "valtiokonttori" else {()})


def test_the_contact_fields_are_those_of_the_notices(policies: Mapping[str, Policy]) -> None:
    found = {
        (slug, kind.value): set(rule.contact_fields)
        for slug, policy in policies.items()
        for kind, rule in policy.recorded.kinds.items()
    }
    assert found == {cell: set(fields.split()) for cell, fields in CONTACT_FIELDS.items()}


@pytest.mark.parametrize("slug", SLUGS)
def test_the_purposes_are_those_of_the_notice_for_every_kind(policies: Mapping[str, Policy], slug: str) -> None:
    policy = policies[slug]
    assert list(policy.purposes.allowed) == PURPOSES[slug].split()
    assert all(list(rule.purposes) == PURPOSES[slug].split() for rule in policy.recorded.kinds.values())


def test_verifying_a_service_event_is_the_treasurys_primary_purpose(policies: Mapping[str, Policy]) -> None:
    primary = [
        name for policy in policies.values() for name, purpose in policy.purposes.allowed.items() if purpose.primary
    ]
    assert primary == ["verification"]


@pytest.mark.parametrize("slug", SLUGS)
def test_those_who_listen_are_those_of_the_notice(policies: Mapping[str, Policy], slug: str) -> None:
    access = policies[slug].access
    assert {role: rule.scope for role, rule in access.roles.items()} == LISTENERS[slug]
    assert access.personal_accounts_only
    assert access.reviewed_every == ("P6M" if slug == "valtiokonttori" else None)


@pytest.mark.parametrize("slug", SLUGS)
def test_maintenance_and_security_listen_when_needed_and_only_where_the_notice_says_so(
    policies: Mapping[str, Policy], slug: str
) -> None:
    breaking = policies[slug].access.break_glass
    if slug != "valtiokonttori":
        assert breaking is None
        return
    assert breaking is not None
    assert breaking.roles == (Role.MAINTENANCE, Role.SECURITY)
    assert breaking.purposes == ("verification", "legal_protection")
    assert (breaking.minutes, breaking.clause) == (30, "access_maintenance")


@pytest.mark.parametrize("slug", SLUGS)
def test_every_purpose_has_somebody_who_may_listen_for_it(policies: Mapping[str, Policy], slug: str) -> None:
    listened_for = {purpose for rule in policies[slug].access.roles.values() for purpose in rule.purposes}
    assert listened_for == set(policies[slug].purposes.allowed)


@pytest.mark.parametrize("slug", SLUGS)
def test_what_lives_elsewhere_is_never_stored_here(policies: Mapping[str, Policy], slug: str) -> None:
    assert {data for rule in policies[slug].never_stored for data in rule.data} == NEVER_STORED[slug]


@pytest.mark.parametrize("slug", SLUGS)
def test_recordings_leave_only_as_the_notice_says(policies: Mapping[str, Policy], slug: str) -> None:
    assert policies[slug].disclosures.allowed == DISCLOSURES[slug]


@pytest.mark.parametrize("slug", SLUGS)
def test_recordings_are_stored_inside_the_promised_area(policies: Mapping[str, Policy], slug: str) -> None:
    transfer = policies[slug].transfer
    assert transfer.area is AREAS[slug]
    assert REGIONS[transfer.region] in COUNTRIES[transfer.area]


def test_outside_support_needs_a_safeguard_and_only_one_notice_allows_it(policies: Mapping[str, Policy]) -> None:
    support = {slug: policy.transfer.outside_support for slug, policy in policies.items()}
    assert support.pop("tilastokeskus") == OutsideSupport(
        safeguards=(Safeguard.STANDARD_CONTRACTUAL_CLAUSES, Safeguard.ADEQUACY_DECISION), clause="outside_support"
    )
    assert set(support.values()) == {None}


@pytest.mark.parametrize("slug", SLUGS)
def test_the_data_subjects_rights_are_those_of_the_notice(policies: Mapping[str, Policy], slug: str) -> None:
    found = {right: (rule.granted, rule.by, rule.also_for) for right, rule in policies[slug].rights.items()}
    assert found == RIGHTS[slug]


@pytest.mark.parametrize("slug", SLUGS)
def test_no_machine_decides_about_anybody(policies: Mapping[str, Policy], slug: str) -> None:
    automated = policies[slug].automated_decisions
    assert not automated.decisions
    assert not automated.profiling


@pytest.mark.parametrize(
    ("slug", "clause", "words"),
    [
        ("prh", "identified_persons", "viisi vuotta"),
        ("prh", "access", "nimetyt henkilöt"),
        ("prh", "disclosure", "ei luovuteta säännönmukaisesti"),
        ("prh", "retention_identifiers", "tunnin kuluttua"),
        ("valtiokonttori", "recorded", "omissa numeroissa"),
        ("valtiokonttori", "access_maintenance", "vain tarvittaessa, ja käsittelystä jää lokimerkintä"),
        ("valtiokonttori", "rights_refused", "lakisääteiseen tehtävään"),
        ("vertaislaina", "recorded", "Yritysasiakkaiden"),
        ("vertaislaina", "purposes", "rahanpesun"),
        ("tilastokeskus", "recorded", "nimettömänä"),
        ("tilastokeskus", "access", "henkilökohtaisilla käyttäjätunnuksilla"),
        ("kaiku24", "purposes", "ei muihin tarkoituksiin"),
        ("kaiku24", "access", "nimetyt pääkäyttäjät ja esihenkilöt"),
        ("kaiku24", "rights", "toimitiloissa tai muussa sovitussa paikassa"),
        ("kaiku24", "disclosure_authority", "salassapitosäännösten estämättä"),
        ("kaiku24", "retention", "asiakassopimuksen voimassaoloajan, minkä jälkeen ne hävitetään"),
    ],
)
def test_a_clause_keeps_the_words_of_its_notice(
    policies: Mapping[str, Policy], slug: str, clause: str, words: str
) -> None:
    assert words in policies[slug].cite(clause).text


@pytest.mark.parametrize("slug", SLUGS)
def test_every_clause_is_cited_by_a_rule(
    policies: Mapping[str, Policy], policy_texts: Mapping[str, str], slug: str
) -> None:
    rules = policy_texts[slug].split("[clauses.")[0]
    assert [clause for clause in policies[slug].clauses if f'"{clause}"' not in rules] == []


@pytest.mark.parametrize("slug", SLUGS)
def test_no_policy_names_a_person_or_a_real_mailbox(policies: Mapping[str, Policy], slug: str) -> None:
    policy = policies[slug]
    assert policy.slug == slug
    assert policy.controller.contact.endswith(".example")
    assert policy.dpo.contact == f"tietosuoja@{slug}.example"
