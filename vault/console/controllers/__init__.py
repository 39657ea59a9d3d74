"""The outsourcing firm takes on a controller, and sees how all of them stand; never their content."""

from litestar.handlers import HTTPRouteHandler

from vault.console.controllers.standing import change_contract, list_controllers, show_controller
from vault.console.controllers.taking_on import check_new, show_new, take_on, turn_new

HANDLERS: list[HTTPRouteHandler] = [
    list_controllers,
    show_new,
    turn_new,
    check_new,
    take_on,
    show_controller,
    change_contract,
]
