"""A disclosure in sentences, and how often it may be fetched as one types it."""

from typing import Any

import click

from vault.cli.output import moment

UNLIMITED = "unlimited"


class Times(click.ParamType[int | str]):
    """How often: a number, or `unlimited`."""

    name = "number|unlimited"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """The number, or the word."""
        if value == UNLIMITED:
            return UNLIMITED
        try:
            return int(value)
        except ValueError:
            self.fail(f"{value!r} is neither a number nor {UNLIMITED}.", param, ctx)


TIMES = Times()


def often(fetches: int | str | None) -> dict[str, int | str | None]:
    """How often a package may be fetched, as the vault is told; nothing where it was not said."""
    return {} if fetches is None else {"fetches": None if fetches == UNLIMITED else fetches}


def sentences(found: dict[str, Any]) -> list[str]:
    """A disclosure in words, one line a thing."""
    lines = [f"{found['id']}: {found['kind'].replace('_', ' ')}, {found['state'].replace('_', ' ')}"]
    details = found["details"] or {}
    if details:
        lines.append(f"  why: {details['reason']}")
    lines += _of_terms(found)
    lines.append(f"  asked for {moment(found['requested_at'])}; waits until {moment(found['lapses_at'])}")
    if found["ended_rule"]:
        lines.append(f"  ended {moment(found['ended_at'])}: {found['ended_rule']}")
    if found["confirm_by"] and not found["confirmed_at"]:
        lines.append(f"  approved in an emergency; the second person confirms by {moment(found['confirm_by'])}")
    if found["scope"]:
        lines += _of_scope(found["scope"])
    for decision in found["decisions"]:
        stead = f" in the stead of {decision['on_behalf_of']}" if decision["on_behalf_of"] else ""
        who = decision["member"] or "the controller"
        clause = f" ({decision['clause']})" if decision["clause"] else ""
        lines.append(f"  {decision['verdict']} by {who}{stead}{clause}: {decision['reason'] or '(no longer readable)'}")
    return lines


def _of_terms(found: dict[str, Any]) -> list[str]:
    """What it rests on and for whom it is: whoever decides has to see it."""
    terms, details = found["terms"], found["details"] or {}
    named = [
        ("for the organisation", found["organisation"]),
        ("for the request", found["subject_request"]),
        ("legal basis", terms["legal_basis"]),
        ("case", details.get("case_number")),
        ("purpose", terms["purpose"]),
        ("permit", terms["permit_id"]),
        ("asked for by number", ", ".join(details.get("numbers", ()))),
        ("asked for by agent", ", ".join(details.get("agent_ids", ()))),
        ("heard until", terms["valid_until"] and moment(terms["valid_until"])),
        ("to be returned or destroyed by", found["duty_until"] and moment(found["duty_until"])),
        ("kept from the data subject until", found["secret_until"] and moment(found["secret_until"])),
    ]
    return [f"  {name}: {value}" for name, value in named if value]


def _of_scope(scope: dict[str, Any]) -> list[str]:
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(scope["kinds"].items()))
    span = f" from {moment(scope['since'])} to {moment(scope['until'])}" if scope["since"] else ""
    lines = [f"  gives {scope['recordings']} recordings ({kinds or 'none'}), {scope['minutes']} minutes{span}"]
    lines += [
        f"  {scope[name]} {words}"
        for name, words in (
            ("unreviewed", "still to be reviewed for what they say of others"),
            ("excluded", "taken out"),
            ("restricted", "restricted (Art. 18), and not given"),
            ("destroyed", "destroyed already"),
        )
        if scope[name]
    ]
    if scope["holds"] == "being_placed":
        lines.append("  not all of it is held yet: the worker places what is missing")
    for item in scope["items"]:
        gone = f", certificate {item['destruction']}" if item["destruction"] else ""
        part = _narrowed(item["limits"]) if item["state"] == "included" else ""
        lines.append(f"    {item['recording']} {item['state']}{part}{gone}")
    return lines


def _narrowed(limits: dict[str, Any]) -> str:
    """What of a recording is given, where it is not all of it."""
    fields = limits["contact_fields"]
    said = [
        ", ".join(f"{start / 1000:g}-{stop / 1000:g} s" for start, stop in limits["excerpts"]),
        "" if limits["content"] else "nothing of what was said",
        "" if fields is None else f"of its contact record {', '.join(fields) or 'nothing'}",
    ]
    words = "; ".join(each for each in said if each)
    return f", only {words}" if words else ""
