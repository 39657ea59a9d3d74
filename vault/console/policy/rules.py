"""The rules that a notice becomes, told one by one in the reader's words, each with the clause that it keeps."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tenants.policy import Access, DisclosureRule, KindRule, Policy, RetentionRule
from tenants.recordings import Kind
from vault.console.language import _, term
from vault.console.policy.periods import period


@dataclass(frozen=True)
class Fact:
    """One thing that a rule says: its name, and the words of its values; `quoted` are the notice's own."""

    name: str
    words: tuple[str, ...]
    quoted: bool = False


@dataclass(frozen=True)
class Rule:
    """One rule that the vault keeps; `clause` is None where it is not the notice that says so.

    `quote` are words of the notice that belong to the title.
    """

    title: str
    clause: str | None
    facts: tuple[Fact, ...] = ()
    quote: str = ""


def rules_of(policy: Policy) -> Iterator[Rule]:
    """All rules of a policy, in the order of a notice."""
    yield from _purposes(policy)
    yield from _recorded(policy)
    for refused in policy.never_stored:
        yield Rule(_("Never stored"), refused.clause, _facts((_("Refused"), map(term, refused.data))))
    yield from _listening(policy)
    yield from _access(policy.access)
    yield from _disclosures(policy)
    yield from _transfer(policy)
    yield from _rights(policy)
    yield from _ends(policy)


def capital(words: str) -> str:
    """With a capital letter at its beginning, as a heading has."""
    return words[:1].upper() + words[1:]


def _facts(*given: tuple[str, Iterable[str]]) -> tuple[Fact, ...]:
    """Those of the facts that say anything."""
    told = ((name, tuple(words)) for name, words in given)
    return tuple(Fact(name, words) for name, words in told if words)


def _used(policy: Policy, name: str, purposes: Iterable[str]) -> tuple[Fact, ...]:
    """Purposes by the titles that the notice gives them."""
    titles = tuple(policy.purposes.allowed[each].title for each in purposes)
    return (Fact(name, titles, quoted=True),) if titles else ()


def _purposes(policy: Policy) -> Iterator[Rule]:
    for purpose in policy.purposes.allowed.values():
        basis = [_("GDPR Art. %(article)s") % {"article": purpose.legal_basis}]
        if purpose.special_category is not None:
            basis.append(_("GDPR Art. %(article)s") % {"article": purpose.special_category})
        kind = [_("the primary one")] if purpose.primary else []
        facts = _facts((_("Legal basis"), basis), (_("This purpose is"), kind))
        yield Rule(_("Purpose"), purpose.clause, facts, quote=purpose.title)
    yield Rule(_("Every other purpose is refused"), policy.purposes.clause)


def _recorded(policy: Policy) -> Iterator[Rule]:
    for kind, rule in policy.recorded.kinds.items():
        name = capital(term(kind))
        said = _facts((_("Direction"), map(term, rule.directions))) + _used(policy, _("Used for"), rule.purposes)
        yield Rule(_("Recorded: %(kind)s") % {"kind": term(kind)}, rule.clause, said)
        title = _("%(kind)s: contact record") % {"kind": name}
        yield Rule(title, rule.contact_clause, _facts((_("Fields"), map(term, rule.contact_fields))))
        yield from _retention(name, kind, rule)
    yield Rule(_("Every other kind is refused"), policy.recorded.clause)


def _retention(name: str, _kind: Kind, rule: KindRule) -> Iterator[Rule]:
    for part, kept in rule.retention.by_class().items():
        yield Rule(_("%(kind)s: %(part)s") % {"kind": name, "part": term(part)}, kept.clause, _kept(kept))


def _kept(kept: RetentionRule) -> tuple[Fact, ...]:
    before = [_("also for what was recorded before")] if kept.also_recorded_before else []
    return _facts(
        (_("Kept"), [period(kept.keep)]),
        (_("Longer while"), map(term, kept.longer_while)),
        (_("A longer period"), before),
    )


def _listening(policy: Policy) -> Iterator[Rule]:
    for role, rule in policy.access.roles.items():
        said = _facts((_("Recordings"), [term(rule.scope)]))
        said += _used(policy, _("For which purposes"), rule.purposes)
        yield Rule(_("Listens: %(role)s") % {"role": term(role)}, rule.clause, said)
    broken = policy.access.break_glass
    if broken is not None:
        minutes = period(f"PT{broken.minutes}M")
        facts = _facts((_("Roles"), map(term, broken.roles)), (_("At most"), [minutes]))
        facts += _used(policy, _("For which purposes"), broken.purposes)
        yield Rule(_("In need, the glass may be broken"), broken.clause, facts)
    yield Rule(_("Nobody else listens"), policy.access.clause)


def _access(access: Access) -> Iterator[Rule]:
    personal = [_("personal accounts only")] if access.personal_accounts_only else []
    every = [period(access.reviewed_every)] if access.reviewed_every else []
    facts = _facts(
        (_("Accounts"), personal), (_("Sign-in"), map(term, access.sign_in)), (_("Rights are reviewed every"), every)
    )
    yield Rule(_("How people come in"), access.clause, facts)


def _disclosures(policy: Policy) -> Iterator[Rule]:
    for kind, rule in policy.disclosures.allowed.items():
        yield Rule(_("Disclosed: %(kind)s") % {"kind": term(kind)}, rule.clause, _disclosed(rule))
    yield Rule(_("Every other disclosure is refused"), policy.disclosures.clause)


def _disclosed(rule: DisclosureRule) -> tuple[Fact, ...]:
    return _facts(
        (_("For how long"), [_("temporarily")] if rule.temporary else []),
        (_("Afterwards"), [term(rule.afterwards)] if rule.afterwards else []),
        (_("Chosen by"), map(term, rule.chosen_by)),
    )


def _transfer(policy: Policy) -> Iterator[Rule]:
    transfer = policy.transfer
    facts = _facts((_("Area"), [term(transfer.area)]), (_("Region of storage"), [transfer.region]))
    yield Rule(_("Where recordings are kept"), transfer.clause, facts)
    outside = transfer.outside_support
    if outside is not None:
        said = _facts((_("Safeguards"), map(term, outside.safeguards)))
        yield Rule(_("Support from outside of the EEA"), outside.clause, said)


def _rights(policy: Policy) -> Iterator[Rule]:
    for right, rule in policy.rights.items():
        granted = _("granted") if rule.granted else _("not granted")
        facts = _facts(
            (_("The right is"), [granted]),
            (_("By means of"), map(term, rule.by)),
            (_("Also for"), map(term, rule.also_for)),
        )
        yield Rule(_("Right: %(right)s") % {"right": term(right)}, rule.clause, facts)
    automated = policy.automated_decisions
    facts = _facts(
        (_("Decisions without a person"), [_yes(automated.decisions)]), (_("Profiling"), [_yes(automated.profiling)])
    )
    yield Rule(_("Automated decisions"), automated.clause, facts)


def _ends(policy: Policy) -> Iterator[Rule]:
    end = policy.contract_end
    first = _("everything is returned first") if end.return_before else _("nothing is returned first")
    facts = _facts((_("Everything is"), [_("destroyed, with a certificate")]), (_("Before it"), [first]))
    yield Rule(_("When the contract ends"), end.clause, facts)
    if end.return_clause is not None:
        yield Rule(_("What is returned"), end.return_clause, _facts((_("Destruction"), [_("waits for the receipt")])))
    yield Rule(_("The audit log"), policy.log.clause, _facts((_("Tells what happened for"), [period(policy.log.keep)])))
    backups = _facts(
        (_("Of the catalogue"), [period(policy.backups.catalogue)]),
        (_("Of the keyring"), [period(policy.backups.keyring)]),
    )
    yield Rule(_("How far backups go back"), None, backups)


def _yes(so: bool) -> str:
    return term("yes" if so else "no")
