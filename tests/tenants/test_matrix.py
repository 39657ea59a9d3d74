"""Who may listen, by role and by how the recording stands, against a table that was written by hand.

What no notice speaks of has its table by hand in test_decisions: by role, and what is over with the contract.
"""

from collections.abc import Mapping

import pytest

from tenants.decisions import ROLES, Action, Facts, decide
from tenants.matrix import NOW, TENANT, Cell, done, heard, reference, situations, somebody
from tenants.policy import Policy
from tenants.vocabulary import Role
from tests.tenants.rights import BEGIN, LED, PAGE, due, put_into

# What each notice says: which role hears whose calls, for which of its purposes.
EVERY = "every purpose"
HEARS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "prh": {
        "supervisor": ("all", EVERY),
        "quality": ("all", "quality development service_level_studies"),
        "trainer": ("all", "training"),
    },
    "valtiokonttori": {
        "agent": ("own calls", EVERY),
        "supervisor": ("all", EVERY),
        "quality": ("all", EVERY),
        "trainer": ("all", "training"),
    },
    "reference": {
        "agent": ("own calls", EVERY),
        "supervisor": ("own teams", EVERY),
        "quality": ("all", EVERY),
        "trainer": ("all", "training"),
    },
    "vertaislaina": {
        "supervisor": ("all", EVERY),
        "quality": ("all", "quality guidance"),
        "trainer": ("all", "training guidance"),
    },
    "tilastokeskus": {
        "supervisor": ("all", EVERY),
        "quality": ("all", "advice_checking development"),
        "trainer": ("all", "training"),
    },
    "kaiku24": {"administrator": ("all", EVERY), "supervisor": ("all", EVERY)},
}

# Maintenance and security, once they have broken the glass: for which purposes.
IN_NEED = {"valtiokonttori": "verification legal_protection", "reference": "verification legal_protection"}

# Whose calls: own, of the team, of the agent before they joined, another's, one with a part of one's own.
STANDS = {
    "one's own call": ("yes", "yes", "no"),
    "a call of one's team": ("yes", "no", "yes"),
    "of the agent before they joined it": ("yes", "no", "no"),
    "another's call": ("yes", "no", "no"),
    "another's call, the glass broken": ("yes", "no", "no"),
    "a call that one had a part of": ("yes", "part", "no"),
    "restricted": ("hidden", "no", "no"),
    "destroyed, or its day has come": ("no", "no", "no"),
    "after the contract": ("no", "no", "no"),
}
REACHES = ("all", "own calls", "own teams")

# What Art. 18(2) allows of what is restricted is for those who may lift it; nobody else learns that it is there.
LIFTS = ("administrator", "dpo")


def expected(slug: str, role: str, says: str, purpose: str) -> str:
    if "the glass broken" in says and role in ("maintenance", "security"):
        return "yes" if purpose in IN_NEED.get(slug, "").split() else "no"
    if role not in HEARS[slug]:
        return "no"
    reach, purposes = HEARS[slug][role]
    if purposes != EVERY and purpose not in purposes.split():
        return "no"
    return STANDS[says][REACHES.index(reach)]


@pytest.fixture(scope="module")
def every(policies: Mapping[str, Policy]) -> Mapping[str, Policy]:
    return {**policies, "reference": reference(policies[LED])}


@pytest.mark.parametrize("slug", HEARS)
def test_each_role_hears_what_the_notice_says_and_nothing_else(every: Mapping[str, Policy], slug: str) -> None:
    policy, wrong = every[slug], []
    for kind in policy.recorded.kinds:
        for situation in situations(kind):
            for role in Role:
                for purpose, cell in heard(policy, role, situation).items():
                    if situation.use is None:
                        due_here = expected(slug, role.value, situation.says, purpose)
                    else:
                        due_here = "yes" if role.value in LIFTS else "hidden"
                    if cell != due_here:
                        wrong.append(f"{kind}, {situation.says}: {role} for {purpose} is {cell}, not {due_here}")
    assert not wrong


@pytest.mark.parametrize("slug", HEARS)
def test_contact_records_are_read_by_whoever_hears(every: Mapping[str, Policy], slug: str) -> None:
    policy = every[slug]
    for situation in situations(next(iter(policy.recorded.kinds))):
        if situation.use is None:
            facts = Facts(tenant=TENANT, contract=situation.contract, recording=situation.recording)
            for role in Role:
                person = somebody(role, glass=situation.glass)
                for purpose in policy.purposes.allowed:
                    heard_of, read = (
                        decide(policy, person, action, facts, purpose, NOW)
                        for action in (Action.LISTEN, Action.READ_CONTACT)
                    )
                    assert (heard_of.permitted, heard_of.rule) == (read.permitted, read.rule)


def test_nobody_else_of_outside_hears_anything_whatever_the_role(every: Mapping[str, Policy]) -> None:
    for policy in every.values():
        for situation in situations(next(iter(policy.recorded.kinds))):
            for silent in (Role.OPERATOR, Role.INGEST, Role.RECIPIENT, Role.PROVISIONING):
                assert set(heard(policy, silent, situation).values()) <= {Cell.NO, Cell.HIDDEN}


def test_what_is_over_with_the_contract_was_allowed_before(every: Mapping[str, Policy]) -> None:
    for action in ROLES:
        for role in Role:
            during, after = done(every["prh"], role, action)
            assert after is not Cell.YES or during is Cell.YES
            assert (during is Cell.YES) is (role in ROLES[action])


def test_the_page_shows_the_tables_as_they_are() -> None:
    assert PAGE.read_text() == due(), "Run `python -m tests.tenants.rights`: infra/rights.md is made from the rules."


def test_a_page_without_a_place_for_the_tables_is_refused() -> None:
    with pytest.raises(ValueError, match="no place"):
        put_into(BEGIN, "")
