"""One GitHub issue about drift: opened, updated while it is open, and closed when there is none. It runs `gh`."""

import json
import subprocess

from stacks.deploy.diff.compare import Comparison, format_markdown
from stacks.deploy.errors import CommandError
from stacks.deploy.instance import Instance, print_line

_MAX_BODY = 60_000
"""GitHub takes 65,536 characters."""

_CUT = "\n\nThe rest is in the log of the workflow.\n"


def report_drift(instance: Instance, comparison: Comparison) -> None:
    """Open, update or close the issue about the instance's drift. Raises: CommandError if `gh` fails."""
    title = f"Drift: {instance.config.name} differs from its configuration"
    number = _find(instance, title)
    if not comparison.has_changes:
        if number is not None:
            _gh(instance, "issue", "close", str(number), "--comment", "Every stack is as configured again.")
            print_line(f"No drift: issue #{number} is closed.")
        return
    body = _body(comparison)
    if number is None:
        _gh(instance, "issue", "create", "--title", title, "--body-file", "-", stdin=body)
        print_line("An issue about the drift is open.")
    else:
        _gh(instance, "issue", "edit", str(number), "--body-file", "-", stdin=body)
        print_line(f"Issue #{number} shows the drift as it is now.")


def _find(instance: Instance, title: str) -> int | None:
    """Return the number of the open issue with this title. GitHub's search also finds similar ones."""
    found = _gh(
        instance, "issue", "list", "--state", "open", "--search", f'in:title "{title}"', "--json", "number,title"
    )
    return next((entry["number"] for entry in json.loads(found) if entry["title"] == title), None)


def _body(comparison: Comparison) -> str:
    text = (
        "Somebody has changed these resources by hand, or a change of the configuration was not deployed. Deploy it, "
        "or change the configuration. A nightly workflow updates this issue, and closes it when nothing differs.\n\n"
        f"{format_markdown(comparison)}"
    )
    # A cut in a code block would leave it open.
    return text if len(text) <= _MAX_BODY else f"{text[:_MAX_BODY]}\n```\n\n</details>{_CUT}"


def _gh(instance: Instance, *arguments: str, stdin: str | None = None) -> str:
    shown = f"gh {' '.join(arguments[:2])}"
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and our own arguments
            ["gh", *arguments],  # noqa: S607 - the user's own
            cwd=instance.project,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise CommandError("GitHub's command line `gh` is not on the PATH, and --issue needs it: install it.") from None
    if done.returncode != 0:
        raise CommandError(f"`{shown}` ended with status {done.returncode}: {done.stderr.strip()}")
    return done.stdout
