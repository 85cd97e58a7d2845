"""PINs that manifests name, looked at where they are at hand: `validate --secrets`. Whatever is called a PIN is one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final, get_args

from pydantic import BaseModel

from engine.config.secret import SecretRef
from reconciler.compile.secret import secret_ref
from reconciler.secrets.pin import FEWEST_DIGITS, MOST_DIGITS, PinFault, pin_fault
from schema.document import Path
from schema.kinds.conference import ConferenceSpec
from schema.problem import Problem, Severity
from schema.resource import AnyResource
from schema.secret_source import SecretSource

PIN_WEAK: Final = "pin-weak"
FIELDS: Final = ("pin", "admin_pin")
TOLD: Final[Mapping[PinFault, str]] = {
    PinFault.NO_DIGITS: "holds something else than digits, and can't be pressed on a phone",
    PinFault.SHORT: f"has fewer than {FEWEST_DIGITS} digits, and is found by trying",
    PinFault.LONG: f"has more than {MOST_DIGITS} digits, which nobody presses",
    PinFault.TRIVIAL: "is among those that are tried first",
}


def pins_named(resources: Iterable[AnyResource]) -> frozenset[SecretRef]:
    """All PINs that valid resources name."""
    return frozenset(secret_ref(source) for resource in resources for _, source in _pins(resource.spec))


def names_a_pin(resource: AnyResource) -> bool:
    return next(_pins(resource.spec), None) is not None


def pin_problems(resources: Iterable[AnyResource], values: Mapping[SecretRef, str]) -> Iterator[Problem]:
    """What is wrong with those of them that have a value: one that is not at hand is not judged."""
    for resource in resources:
        numbers = (resource.ref.name, str(getattr(resource.spec, "number", "")))
        found = [(path, values.get(secret_ref(source))) for path, source in _pins(resource.spec)]
        for path, value in found:
            fault = None if value is None else pin_fault(value, numbers)
            if fault is not None:
                yield _problem(resource, path, TOLD[fault])
        if isinstance(resource.spec, ConferenceSpec) and len(found) == len(FIELDS):
            (_, pin), (path, admin_pin) = found
            if pin is not None and pin == admin_pin:
                yield _problem(resource, path, "is that of the participants, so each of them may manage the room")


def _problem(resource: AnyResource, path: Path, what: str) -> Problem:
    field = ".".join(map(str, ("spec", *path)))
    return Problem(
        mark=resource.mark("spec", *path),
        message=f"{field} of {resource.ref} {what}",
        hint="make up another one, of 6 digits or more: shuf -i 100000-999999 -n 1 --random-source=/dev/urandom",
        rule=PIN_WEAK,
        severity=Severity.WARNING,
    )


def _pins(model: BaseModel) -> Iterator[tuple[Path, SecretSource]]:
    for name, alias in _steps_of(type(model)):
        value = getattr(model, name)
        if name in FIELDS and value is not None:
            yield (alias,), value
        elif isinstance(value, BaseModel):
            yield from (((alias, *path), pin) for path, pin in _pins(value))


@cache
def _steps_of(model: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    """The fields that are PINs or hold some, by name, with how they are written: of most kinds none."""
    fields = model.model_fields.items()
    return tuple((name, field.alias or name) for name, field in fields if name in FIELDS or _has_pins(field.annotation))


def _has_pins(annotation: object) -> bool:
    parts = (annotation, *get_args(annotation))
    return any(isinstance(part, type) and issubclass(part, BaseModel) and _steps_of(part) for part in parts)
