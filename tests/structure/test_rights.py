"""Every route says what it asks of whoever comes: a new one without its rights fails the build."""

from tenants.actions import Action
from tests.structure.asking import PUBLIC, SIGNED_IN, routes


def test_every_route_says_what_it_asks() -> None:
    silent = [str(route) for route in routes() if not route.actions and route.says not in (PUBLIC, SIGNED_IN)]
    assert not silent, (
        f"Say in the decorator what is asked, such as `@get(..., opt={{'action': Action.READ_AUDIT}})`: an action, a "
        f"tuple of actions of which one is enough, 'signed_in' where everybody acts on their own, or 'public': {silent}"
    )


def test_what_is_public_is_what_is_open_without_a_credential() -> None:
    for route in routes():
        is_open = bool(route.handler.opt.get("exclude_from_auth"))
        if route.path.startswith("/receive"):
            assert is_open, "A page sees for itself who is signed in."
        else:
            assert is_open is (route.says == PUBLIC), route


def test_every_action_is_asked_for_by_some_route() -> None:
    asked = {action for route in routes() for action in route.actions}
    # What decides on a proposal stands with the proposal's own action; contact records are read where they are found.
    beside = {Action.DECIDE_ORDER, Action.DECIDE_POLICY, Action.READ_CONTACT, Action.MANAGE_TOKENS}
    assert set(Action) - asked - beside == set()
