"""What ministack is told: it reads all its settings from the environment, while it is imported."""

import os
from pathlib import Path

_KEPT = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ")


def isolate(data: Path) -> None:
    """Replace this process's environment by the settings below.

    Nothing else of the caller's may reach ministack: its own `AWS_SECRET_ACCESS_KEY` would become the secret that
    presigned URLs are checked against (`test` otherwise), and some hundred variables change what it does.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    os.environ.clear()
    os.environ.update(kept)
    os.environ.update(
        {
            "SERVICES": "s3,sqs,dynamodb,sts",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(data / "ministack"),
            # Two more listeners, on all interfaces.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # With a Docker socket in reach ministack removes, at start, containers that it takes for its own.
            "DOCKER_HOST": f"unix://{data}/no-docker",
            "AWS_EC2_METADATA_DISABLED": "true",
            "LOG_LEVEL": "WARNING",
        }
    )
