"""Tokens that are accepted and refused."""

import pytest

from services.api.access.tokens import TokensError, parse_tokens

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
