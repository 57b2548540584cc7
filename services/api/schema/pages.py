"""Pages for people: a login for the link of the demo, the reference of the api, and the types of problems.

Nothing on them comes from another origin.
"""

import base64
import hashlib
import html
import re
import secrets
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from services.api.schema.problem_types import PROBLEM_TYPES, PROBLEMS_PATH
from services.contract.outputs.manifest import MANIFEST_VERSION, make_schema

router = APIRouter(include_in_schema=False)

REDOC_PATH = "/docs/redoc.js"
_REDOC_CHANGES = (
    # Without a request for the logo of its vendor: Redoc removes a picture that it cannot show.
    (b"https://cdn.redoc.ly/redoc/logo-mini.svg", b"data:,"),
    # With the nonce for the first style element too, which it makes before it reads its options.
    (b"n.nc=void 0", b"n.nc=document.currentScript.nonce"),
)
MANIFEST_SCHEMA_PATH = f"/docs/manifest-{MANIFEST_VERSION}.schema.json"

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


_REFERENCE = Path(__file__).with_name("reference.html").read_text(encoding="utf-8")


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
async def show_reference() -> HTMLResponse:
    """Return the reference of the api: Redoc, which reads the OpenAPI document and makes its style elements itself."""
    nonce = secrets.token_urlsafe(16)
    # Redoc searches in a worker, whose code it has as a blob.
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; "
        "worker-src blob:; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(_REFERENCE.replace("NONCE", nonce), headers={"Content-Security-Policy": policy})


@router.get(REDOC_PATH)
async def get_redoc() -> Response:
    """Return Redoc's script, from the package that contains it, changed so that it keeps the policy of the page."""
    return Response(_load_redoc(), media_type="text/javascript", headers={"Cache-Control": "public, max-age=86400"})


@cache
def _load_redoc() -> bytes:
    script = (files("fastapi_offline") / "static" / "redoc.standalone.js").read_bytes()
    for before, after in _REDOC_CHANGES:
        script = script.replace(before, after)
    return script


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


@router.get(MANIFEST_SCHEMA_PATH)
async def get_manifest_schema() -> JSONResponse:
    """Return the JSON schema of the manifests in the bucket."""
    return JSONResponse(make_schema(), media_type="application/schema+json")


def _render_text(text: str) -> str:
    """Return a text as HTML, with code for what is between backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
