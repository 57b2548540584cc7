"""The ports of the services on this machine."""

import socket
import subprocess
import sys
from subprocess import PIPE

import pytest

from services.local.access import reserve_port
from tests.support.ports import held_ports

CHOOSE = (
    "import sys; from services.local.access import reserve_port\n"
    "print(reserve_port(int(sys.argv[1])), flush=True)\ninput()\n"
)


def test_port_of_another_demo_is_not_chosen_again() -> None:
    with held_ports(1) as (preferred,):
        command = [sys.executable, "-W", "always::ResourceWarning", "-c", CHOOSE, str(preferred)]
        with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True) as first:
            assert first.stdout is not None
            assert int(first.stdout.readline()) == preferred
            assert reserve_port(preferred) != preferred
            _, warnings = first.communicate("\n")
        assert warnings == ""
        assert reserve_port(preferred) == preferred
        assert reserve_port(preferred) != preferred


def test_a_port_that_another_program_has_is_not_chosen() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert reserve_port(other.getsockname()[1]) != other.getsockname()[1]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems let no server listen on a port that is bound")
def test_a_reserved_port_is_only_for_its_server() -> None:
    port = reserve_port(None)
    with socket.socket() as other, pytest.raises(OSError, match="already in use"):
        other.bind(("127.0.0.1", port))
    with socket.create_server(("127.0.0.1", port)) as server:
        assert server.getsockname()[1] == port
