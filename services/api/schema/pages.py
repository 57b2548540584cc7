"""Pages for people: a login for the link of the demo, the endpoints, and the types of problems. No foreign script."""

import base64
import hashlib
import html
import re
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse

from services.api.schema.problem_types import PROBLEM_TYPES, PROBLEMS_PATH

router = APIRouter(include_in_schema=False)

_SCRIPT = """
const say = (text) => { document.querySelector("output").textContent = text; };
const login = async (token) => {
  const answer = await fetch("/api/session", {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ token }) });
  if (answer.ok) location.replace("/docs");
  else say((await answer.json()).detail);
};
const given = new URLSearchParams(location.hash.slice(1)).get("token");
history.replaceState(null, "", location.pathname);
document.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  login(document.querySelector("input").value.trim());
});
if (given) login(given);
"""
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
:root { color-scheme: light dark; } code { font-size: 0.9em; }
td { padding: 0.3rem 1rem 0.3rem 0; vertical-align: top; }
"""


def _hash_source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_POLICY = (
    f"default-src 'none'; style-src {_hash_source(_STYLE)}; script-src {_hash_source(_SCRIPT)}; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def _make_page(title: str, body: str) -> HTMLResponse:
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style><h1>{title}</h1>{body}</html>',
        headers={"Content-Security-Policy": _POLICY},
    )


@router.get("/login")
async def show_login() -> HTMLResponse:
    """Return the login page. It reads the token from the fragment of the address, which browsers do not send."""
    form = (
        '<form><label>Token <input type="password" autocomplete="current-password" required></label> '
        f'<button>Log in</button></form><p><output role="status"></output></p><script>{_SCRIPT}</script>'
    )
    return _make_page("Log in", form)


@router.get("/docs")
async def show_docs(request: Request) -> HTMLResponse:
    """Return a page with the endpoints of the OpenAPI document."""
    document = request.app.openapi()
    rows = [
        f"<tr><td><code>{method.upper()}</code><td><code>{html.escape(path)}</code>"
        f"<td><b>{html.escape(operation['summary'])}</b><br>{_render_text(operation.get('description', ''))}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    about = "".join(f"<p>{_render_text(part)}</p>" for part in document["info"]["description"].split("\n\n"))
    links = (
        f'<p><a href="{PROBLEMS_PATH}">Types of problems</a>. '
        'For a client generator: <a href="/openapi.json">openapi.json</a>.</p>'
    )
    return _make_page("Thumbnail pipeline: the api", f"{about}{links}<table>{''.join(rows)}</table>")


@router.get(PROBLEMS_PATH)
async def show_problems() -> HTMLResponse:
    """Return a page with an anchor for each `type` of a problem."""
    parts = [
        f'<h2 id="{one.slug}">{one.status.value} {one.title}</h2><p>{_render_text(one.cause)}</p>'
        f"<p>{_render_text(one.remedy)}</p><p>Example: {html.escape(one.example)}</p>"
        for one in PROBLEM_TYPES.values()
    ]
    return _make_page("Types of problems", "".join(parts))


@router.get("/openapi.json")
async def get_openapi(request: Request) -> JSONResponse:
    document: dict[str, Any] = request.app.openapi()
    return JSONResponse(document)


def _render_text(text: str) -> str:
    """Return a text as HTML, with code for what is between backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
