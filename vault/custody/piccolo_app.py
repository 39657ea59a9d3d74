"""The catalogue as Piccolo sees it."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from vault.custody.tables import TABLES

APP_CONFIG = AppConfig(
    app_name="catalogue",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=list(TABLES),
)
