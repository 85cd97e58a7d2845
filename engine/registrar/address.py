"""An address of record with its bindings, and the second in which it is looked at next."""

from __future__ import annotations

from collections.abc import Sequence

from engine.registrar.binding import Binding


class Second:
    """What is looked at when that second has come. One for all phones of it: there may be ten thousand of each other thing."""

    __slots__ = ("addresses", "at")

    def __init__(self, at: float) -> None:
        self.at = at
        self.addresses: list[Address] = []


class Address:
    """An address of record. `bindings`: in a tuple, as most have one; `alarm`: when it is looked at next; None = not at all."""

    __slots__ = ("alarm", "bindings", "key")

    def __init__(self, key: tuple[str, str]) -> None:
        self.key = key
        self.bindings: tuple[Binding, ...] = ()
        self.alarm: Second | None = None

    def put(self, binding: Binding) -> None:
        """In the place of the one of the same contact, or after all others."""
        if of_contact(self.bindings, binding.contact) is None:
            self.bindings = (*self.bindings, binding)
        else:
            self.bindings = tuple([binding if old.contact == binding.contact else old for old in self.bindings])

    def remove(self, contact: str) -> None:
        self.bindings = tuple([old for old in self.bindings if old.contact != contact])


def of_contact(bindings: Sequence[Binding], contact: str) -> Binding | None:
    for binding in bindings:
        if binding.contact == contact:
            return binding
    return None


def of_instance(bindings: Sequence[Binding], instance: str) -> list[Binding]:
    return [binding for binding in bindings if binding.instance == instance] if instance else []
