"""The notice beside the rules that it becomes, and how it is changed."""

from vault.console.policy import changing, history, ordering, proposing, showing

HANDLERS = [
    showing.show_policy,
    showing.show_version,
    showing.send_file,
    history.show_history,
    history.show_difference,
    history.show_proposed_difference,
    changing.show_change,
    changing.check_change,
    changing.turn_change,
    changing.take_change,
    proposing.list_proposals,
    proposing.show_proposal,
    proposing.follow_proposal,
    proposing.send_proposed_file,
    proposing.take_decision,
    proposing.make_invitation,
    ordering.show_order,
    ordering.take_order,
]
