"""What Piccolo's migration command asks for: the engine and the app."""

from piccolo.conf.apps import AppRegistry

from vault.custody.database import DB

__all__ = ["APP_REGISTRY", "DB"]

APP_REGISTRY = AppRegistry(apps=["vault.custody.piccolo_app"])
