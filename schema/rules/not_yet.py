"""The rule on what the engine can't carry out yet: asked by who wants to know, as `validate --strict` does."""

from collections.abc import Iterator, Sequence

from schema.not_yet import not_yet_in
from schema.registry import KINDS
from schema.resource import AnyResource
from schema.rules.rule import Finding


def not_supported_yet(resources: Sequence[AnyResource]) -> Iterator[Finding]:
    """What can be written and is not carried out yet does nothing: it is accepted, and its resource says so in its conditions."""
    for resource in resources:
        if not KINDS[resource.ref.kind].is_carried_out:
            does = "calls to it are refused" if hasattr(resource.spec, "number") else "does nothing"
            what = f"{resource.ref} is not carried out yet: it is accepted, and {does}"
            yield Finding(resource.mark("kind"), what, "nothing is to be mended; remove it if it must not wait")
            continue
        for path in not_yet_in(resource.spec):
            field = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
            what = f"spec{field} of {resource.ref} is not carried out yet: it is accepted, and does nothing"
            hint = "nothing is to be mended; remove the field if it must not wait"
            yield Finding(resource.key_mark("spec", *path), what, hint)
