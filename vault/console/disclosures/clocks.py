"""What of a disclosure has to be done by when: one clock, the one that somebody has to keep next."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tenants.disclosing import DisclosureState
from vault.console.language import _, spoken
from vault.disclosure.model import Disclosure

SOON = timedelta(days=3)


@dataclass(frozen=True)
class Clock:
    """What is due, and when."""

    what: str
    due: datetime
    now: datetime

    @property
    def overdue(self) -> bool:
        """Whether its time is over."""
        return self.due <= self.now

    @property
    def tone(self) -> str:
        """In which colour it is shown."""
        if self.overdue:
            return "bad"
        return "warn" if self.due - self.now < SOON else ""

    @property
    def left(self) -> str:
        """How long is left, or since when it is overdue, in words."""
        return left(self.due, self.now)


def clock_of(disclosure: Disclosure, now: datetime) -> Clock | None:
    """The next thing that somebody has to do about it; None where nothing is due."""
    if disclosure.state.undecided:
        return Clock(_("To be decided by"), disclosure.lapses_at, now)
    if disclosure.unconfirmed and disclosure.confirm_by and not disclosure.state.over:
        return Clock(_("To be confirmed by"), disclosure.confirm_by, now)
    if disclosure.owes_duty and disclosure.duty_until:
        return Clock(_("To be returned or destroyed by"), disclosure.duty_until, now)
    if disclosure.state is DisclosureState.READY and disclosure.until:
        return Clock(_("To be fetched by"), disclosure.until, now)
    if disclosure.state is DisclosureState.ACTIVE and disclosure.until:
        return Clock(_("Open until"), disclosure.until, now)
    return None


def left(due: datetime, now: datetime) -> str:
    """How long it is until then, or has been since, in the largest unit that says it."""
    span = due - now
    late = span <= timedelta()
    minutes = int(abs(span).total_seconds() // 60)
    days, hours = minutes // (24 * 60), minutes // 60
    if days >= 2:
        late_or_left = (
            ngettext("Overdue by %(n)s day", "Overdue by %(n)s days", days),
            ngettext("%(n)s day left", "%(n)s days left", days),
        )
    elif hours >= 1:
        late_or_left = (
            ngettext("Overdue by %(n)s hour", "Overdue by %(n)s hours", hours),
            ngettext("%(n)s hour left", "%(n)s hours left", hours),
        )
    else:
        late_or_left = (
            ngettext("Overdue by %(n)s minute", "Overdue by %(n)s minutes", minutes),
            ngettext("%(n)s minute left", "%(n)s minutes left", minutes),
        )
    return late_or_left[0 if late else 1]


def ngettext(one: str, many: str, n: int) -> str:
    """One of two sentences with the number in its place, in the request's language."""
    return spoken().ngettext(one, many, n) % {"n": n}
