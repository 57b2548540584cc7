"""Settings of ministack, which reads them from the environment while it is imported."""

import os
from pathlib import Path

_KEPT = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ")


def isolate_environment(data: Path, *, account: str | None, region: str | None) -> None:
    """Replace this process's environment by the settings below; with an account, serve all of ministack's services.

    The caller's other variables must not reach ministack: its `AWS_SECRET_ACCESS_KEY` would become the secret of
    presigned URLs (`test` otherwise), and about a hundred variables change ministack's behaviour.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    os.environ.clear()
    os.environ.update(kept)
    os.environ.update(
        {
            "SERVICES": "" if account else "s3,sqs,dynamodb,sts,events",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(data / "ministack"),
            # Two more listeners, on all interfaces.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # With a Docker socket, ministack deletes containers at its start that it believes to be its own.
            "DOCKER_HOST": f"unix://{data}/no-docker",
            "AWS_EC2_METADATA_DISABLED": "true",
            "LOG_LEVEL": "WARNING",
            **({"MINISTACK_ACCOUNT_ID": account} if account else {}),
            **({"MINISTACK_REGION": region} if region else {}),
        }
    )
