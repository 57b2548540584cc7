from pathlib import Path

from services.contract.settings.reference import settings_reference
from services.contract.settings.values import frontend_definitions

ROOT = Path(__file__).parents[4]
PAGE = ROOT / "docs" / "settings.md"
DEFINITIONS = ROOT / "services" / "frontend" / "src" / "lib" / "server" / "settings.json"


def test_the_reference_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == settings_reference(), "run ./noxw generate"


def test_the_definitions_of_the_dashboard_are_fresh() -> None:
    assert DEFINITIONS.read_text(encoding="utf-8") == frontend_definitions(), "run ./noxw generate"
