"""The drawing of the packages: what is grouped, left out and placed below what."""

from pathlib import Path

from tests.support.package_graph import assign_rows, group_cycles, read_graph


def test_parts_that_import_each_other_are_one_group() -> None:
    groups = group_cycles({"a": {"b"}, "b": {"a", "c"}, "c": set()})
    assert groups == {("a", "b"): {("c",)}, ("c",): set()}


def test_arrow_that_a_longer_path_implies_is_left_out() -> None:
    groups = group_cycles({"a": {"b", "c"}, "b": {"c"}, "c": set()})
    assert groups == {("a",): {("b",)}, ("b",): {("c",)}, ("c",): set()}


def test_importer_is_above_what_it_imports() -> None:
    rows = assign_rows({("a",): {("b",)}, ("b",): set(), ("c",): set()})
    assert rows == [[("a",)], [("b",), ("c",)]]


def test_modules_of_a_folder_count_for_the_folder(tmp_path: Path) -> None:
    (tmp_path / "shop" / "cart").mkdir(parents=True)
    (tmp_path / "shop" / "cart" / "rows.py").write_text("from shop.prices import read_prices\n", encoding="utf-8")
    (tmp_path / "shop" / "prices.py").write_text("import json\n", encoding="utf-8")
    assert read_graph("shop", tmp_path) == {"cart": {"prices"}, "prices": set()}
