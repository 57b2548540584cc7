"""Shell completion: bash itself completes `noxw` with the script."""

import shutil
import subprocess

import pytest

from services.client.completion import main, make_script

BASH = shutil.which("bash") or ""
COMPLETED = {
    "noxw vi": ["videos"],
    "noxw videos r": ["regenerate", "restore", "retry"],
    "noxw videos di": ["dismiss"],
    "noxw videos list --s": ["--search", "--state"],
    "noxw videos list --state f": ["failed"],
    "noxw videos regenerate --pr": ["--preview"],
    "noxw videos regenerate --format w": ["webp"],
    "noxw de": ["demo"],
}


@pytest.mark.skipif(not BASH, reason="there is no bash")
def test_bash_completes_commands_options_and_values() -> None:
    script = [make_script("bash", {"demo": "Run it.", "videos": "List them."})]
    for line in COMPLETED:
        words = line.split(" ")
        quoted = " ".join(f"'{word}'" for word in words)
        script.append(
            f"COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; COMPREPLY=(); _shtab_noxw; echo ${{COMPREPLY[@]}}"
        )
    done = subprocess.run([BASH, "-c", "\n".join(script)], capture_output=True, text=True, check=True)
    assert [sorted(line.split()) for line in done.stdout.splitlines()] == list(COMPLETED.values())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "tcsh"])
def test_every_shell_gets_a_script_with_the_sessions(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([shell, "--sessions", "completion=Print a script.", "demo=Run it: a=b."]) == 0
    script = capsys.readouterr().out
    assert all(word in script for word in ("completion", "demo", "videos", "retry"))
