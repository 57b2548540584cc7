"""Tokens that are accepted and refused."""

import threading

import pytest

from services.api.access.tokens import TokensError, TokenStore, parse_tokens
from tests.support.driver import PATIENCE_S, eventually

ONE, TWO, THREE = "first-operator-token", "second-operator-token", "some-viewers-token"


def test_one_text_holds_one_or_more_operator_tokens() -> None:
    tokens = parse_tokens([f" {ONE}, {TWO}\n"])
    assert [(token.role, token.secret) for token in tokens.tokens] == [("operator", ONE), ("operator", TWO)]


def test_json_gives_roles_and_versions_add_up() -> None:
    tokens = parse_tokens([f'{{"operator": "{ONE}", "viewer": ["{THREE}"]}}', TWO])
    assert {token.secret: token.role for token in tokens.tokens} == {ONE: "operator", THREE: "viewer", TWO: "operator"}
    found = tokens.find_token(THREE)
    assert found is not None
    assert found.role == "viewer"
    assert tokens.find_token(THREE[:-1]) is None
    # Signed with the current operator's; made from no viewer's.
    assert len(tokens.signing_keys) == 2
    assert tokens.signing_keys[-1] == parse_tokens([ONE]).signing_keys[-1]


@pytest.mark.parametrize(
    "text",
    ["", "short", "ü" * 20, "{", "{}", f'{{"viewer": "{THREE}"}}', f'{{"admin": "{ONE}"}}', '{"operator": 1}',
     f'{{"operator": ["{ONE}", 7]}}'],
)  # fmt: skip
def test_invalid_tokens_are_refused_without_showing_them(text: str) -> None:
    with pytest.raises(TokensError) as refused:
        parse_tokens([text])
    assert ONE not in str(refused.value)


def test_tokens_show_nowhere() -> None:
    tokens = parse_tokens([ONE])
    assert ONE not in repr(tokens)
    assert ONE not in repr(tokens.tokens[0])


def test_a_source_that_hangs_holds_up_no_request() -> None:
    answers = threading.Event()
    texts = [ONE, TWO]

    def load() -> list[str]:
        if len(texts) == 1:
            answers.wait(PATIENCE_S)
        return [texts.pop(0) if len(texts) > 1 else texts[0]]

    keeper = TokenStore(load, renew_every_s=0, in_background=True)

    assert [keeper.current().find_token(ONE) is not None for _ in range(3)] == [True] * 3
    answers.set()
    eventually(lambda: keeper.current().find_token(TWO), "the renewed token")
