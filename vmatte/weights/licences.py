"""Licences that do not allow every use are accepted once, by name, before anything under them is fetched."""

from __future__ import annotations

from vmatte.core.errors import WeightsError
from vmatte.weights.disk import explained, read_json, write_json
from vmatte.weights.home import home
from vmatte.weights.locking import locked
from vmatte.weights.published import Weights
from vmatte.weights.record import now

_NAME = "licences.json"


def accepted(weights: Weights) -> str | None:
    """When the licence was accepted on this machine, UTC; None when it was not."""
    entry = read_json(home() / _NAME).get(weights.licence)
    date = entry.get("accepted") if isinstance(entry, dict) else None
    return date if isinstance(date, str) else None


def accept(weights: Weights) -> None:
    """Writes down that the user accepts the licence, for all weights under it.

    Raises:
        WeightsError: It cannot be written.
    """
    if accepted(weights) is not None:
        return
    path = home() / _NAME
    with explained(path), locked(home()):
        entries = read_json(path)
        entries[weights.licence] = {"accepted": now(), "url": weights.licence_url}
        write_json(path, entries)


def require(model: str, weights: Weights) -> None:
    """Stops before weights are fetched whose licence has to be accepted and was not.

    Raises:
        WeightsError: So it is; the message names the licence.
    """
    if weights.free or accepted(weights) is not None:
        return
    read = f" (read it at {weights.licence_url})" if weights.licence_url else ""
    raise WeightsError(
        f"the weights of {model} are not free for every use: their licence is {weights.licence}{read}; "
        "if you accept it, say --accept-license once, here or with "
        f"`vmatte weights fetch {model} --accept-license`"
    )
