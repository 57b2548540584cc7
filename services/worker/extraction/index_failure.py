"""Error of an index reader, short enough for a log line and a metric."""

import builtins
from dataclasses import dataclass
from pathlib import Path
from traceback import walk_tb
from typing import Annotated

from pydantic import Field

_MAX_CHARS = 200
_PACKAGE = Path(__file__).parent
_OTHER = "other"
_EXPECTED = "BrokenIndexError"
_OF_LIBRARIES = {_EXPECTED, "struct.error"}

# A child sends these and is not trusted: see `outcome.decode_outcome`.
Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.]{0,63}$")]
Line = Annotated[str, Field(pattern=r"^[ -~]*$", max_length=_MAX_CHARS)]


@dataclass(frozen=True)
class IndexFailure:
    """Exception of an index reader. `error` is its type, `where` the file in this package and the line."""

    container: Name
    error: Name
    message: Line
    where: Line

    @classmethod
    def of(cls, error: Exception, container: str) -> "IndexFailure":
        """Describe an exception that was caught, in printable ASCII and not too long."""
        kind = type(error)
        is_plain = kind.__module__ == "builtins" or kind.__module__.startswith("services.")
        name = kind.__name__ if is_plain else f"{kind.__module__}.{kind.__name__}"
        # Joined recordings have an index that cannot be used either.
        name = _EXPECTED if any(base.__name__ == _EXPECTED for base in kind.__mro__) else name
        return cls(container, name[:64], _printable(str(error)), _printable(_where(error)))

    @property
    def is_expected(self) -> bool:
        """True if the index is missing, damaged or unsupported; every other error is a bug of the reader."""
        return self.error == _EXPECTED

    @property
    def label(self) -> str:
        """Type of the exception, or `other`, as a metric needs few different values."""
        return self.error if self.error in _OF_LIBRARIES or _is_builtin(self.error) else _OTHER

    def __str__(self) -> str:
        return f"{self.error}: {self.message} ({self.container}, {self.where})"


def _is_builtin(name: str) -> bool:
    kind = getattr(builtins, name, None)
    return isinstance(kind, type) and issubclass(kind, Exception) and kind.__name__ == name


def _where(error: Exception) -> str:
    """Return file and line of the innermost frame in this package."""
    ours = [
        f"{path.relative_to(_PACKAGE).as_posix()}:{line}"
        for frame, line in walk_tb(error.__traceback__)
        if (path := Path(frame.f_code.co_filename)).is_relative_to(_PACKAGE)
    ]
    return ours[-1] if ours else ""


def _printable(text: str) -> str:
    return "".join(char if " " <= char <= "~" else "?" for char in text[:_MAX_CHARS])
