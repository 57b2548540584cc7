"""The configs in examples/ are valid and synthesize, and the pages about the stacks that are generated from them."""

from pathlib import Path

import pytest

from stacks.config.load import load_config
from stacks.naming import StackId
from tests.support.synthesis import read_synthesized

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.toml"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.stem)
def test_example_synthesizes(example: Path, tmp_path: Path) -> None:
    import stacks.app  # noqa: PLC0415 - it starts jsii's node

    config = load_config(example, {})
    stacks.app.synth(config, tmp_path)
    assert set(read_synthesized(tmp_path)) == set(StackId) - (set() if config.domain else {StackId.DNS})


def test_readme_lists_every_example() -> None:
    text = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert [file.name for file in EXAMPLES if f"]({file.name})" not in text] == []


@pytest.fixture(scope="module")
def pages() -> dict[StackId, str]:
    from stacks.reference import render_pages  # noqa: PLC0415 - it starts jsii's node

    return render_pages(EXAMPLES)


@pytest.mark.parametrize("stack", StackId)
def test_stack_page_is_fresh(stack: StackId, pages: dict[StackId, str]) -> None:
    page = (ROOT / "docs" / "stacks" / f"{stack}.md").read_text(encoding="utf-8")
    assert page == pages[stack], "run ./noxw generate"


def test_stack_page_lists_inputs_outputs_and_resources(pages: dict[StackId, str]) -> None:
    page = pages[StackId.WORKLOADS]
    assert "| `worker.max_replicas` | `10` |" in page
    assert "| [`core`](core.md) | `cluster_name` |" in page
    assert "| `dashboard_url` | text |" in page
    assert "| `kubernetes_deployment_v1` | " in page
    assert "(in private-domain-oidc)" in page


def test_every_stack_has_a_class_of_outputs() -> None:
    import stacks.app  # noqa: PLC0415 - it starts jsii's node
    from stacks.reference import OUTPUTS  # noqa: PLC0415 - it starts jsii's node

    assert set(OUTPUTS) == set(StackId)
    assert set(stacks.app.STACKS) == set(StackId)
