"""The embedded AWS: S3, SQS and DynamoDB over HTTP on 127.0.0.1, in a process of its own.

A rehearsal of the stacks starts it with an account: it then serves every service that ministack has.

It is ministack (https://github.com/ministackorg/ministack, pinned exactly) behind a launcher of ours:

- `handle.py` starts and stops it from another process, and is the only export of this package;
- `__main__.py` and `server.py` run it, `environment.py` sets ministack's environment variables;
- `gateway.py` is the ASGI layer around it, `access.py` decides which requests are answered;
- `disk.py` answers a failed write with an error;
- `state.py` keeps queues and tables through a crash;
- `bodies.py` and `objects.py` keep big objects out of memory and off the event loop;
- `polls.py` answers long polls when a message arrives;
- `versions.py` deletes noncurrent versions at each start.
"""

from services.local.embedded_aws.handle import EmbeddedAws, EmbeddedAwsError

__all__ = ["EmbeddedAws", "EmbeddedAwsError"]
