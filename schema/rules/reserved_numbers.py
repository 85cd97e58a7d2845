"""Rules on numbers that services of the system answer under: nobody else's."""

from collections.abc import Iterator

from schema.kinds.system import SystemSpec
from schema.problem import shown
from schema.resource import AnyResource, specs_of
from schema.rules.rule import Finding, SystemSubject, TenantSubject


def reserved_number_taken(subject: TenantSubject) -> Iterator[Finding]:
    """Under a number of a service, a person or a group would be called in vain: the service answers."""
    reserved = {
        one.number: (system, index)
        for system in specs_of(subject.system, SystemSpec)
        for index, one in enumerate(system.spec.reserved_numbers)
    }
    for resource in subject.resources if reserved else ():
        number = number_of(resource)
        if number in reserved:
            system, index = reserved[number]
            service = system.spec.reserved_numbers[index].service
            where = system.mark("spec", "reservedNumbers", index, "number")
            path = ("spec", "number") if resource.document.has(("spec", "number")) else ("metadata", "name")
            yield Finding(
                resource.mark(*path),
                f"{resource.ref} has the number {shown(number)}, which is that of a service of the system ({service}), at {where}",
                "give it another number",
            )


def reserved_number_twice(subject: SystemSubject) -> Iterator[Finding]:
    """Under one number one service answers; of two nobody knows which one."""
    for system in specs_of(subject.resources, SystemSpec):
        first: dict[str, int] = {}
        for index, one in enumerate(system.spec.reserved_numbers):
            before = first.setdefault(one.number, index)
            if before != index:
                where = system.mark("spec", "reservedNumbers", before, "number")
                what = f"{system.ref} reserves the number {shown(one.number)} twice, first at {where}"
                yield Finding(system.mark("spec", "reservedNumbers", index, "number"), what, "remove one of them")


def number_of(resource: AnyResource) -> str | None:
    """Return the number under which a resource is called; None if it has none."""
    number = getattr(resource.spec, "number", None)
    return number if isinstance(number, str) else None
