"""What an object lacks of a Protocol: whoever wrote it wants to know, and not look for it."""

from typing import Any, Final

_FEW: Final = 3


def lacks(given: object, protocol: Any) -> str:  # noqa: ANN401 - a Protocol is no type to a type checker
    """
    Say what it lacks: by name where that is little.

    >>> from supporttiers.protocols import Notifier
    >>> lacks(object(), Notifier)
    '`name` and `notify` of Notifier'
    """
    own = [each for each in protocol.__mro__ if getattr(each, "_is_protocol", False)]
    names = {name for each in own for name in (*vars(each), *getattr(each, "__annotations__", ()))}
    missing = sorted(name for name in names if not name.startswith("_") and not hasattr(given, name))
    named = " and ".join(f"`{name}`" for name in missing) if 0 < len(missing) <= _FEW else "the methods"
    return f"{named} of {protocol.__name__}"
