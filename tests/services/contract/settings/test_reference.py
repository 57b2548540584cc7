from pathlib import Path

from services.contract.settings.reference import settings_reference

PAGE = Path(__file__).parents[4] / "docs" / "settings.md"


def test_the_reference_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == settings_reference(), "run ./noxw generate"
