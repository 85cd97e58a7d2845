"""Extensions as they count: with what their profile says where they say nothing, and with the permissions of their groups.

Rules, plans and the engine see nothing else. Each value remembers the resource that it is from, so that a message about it names that
line, and `describe --effective` that resource.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import is_
from typing import Final, TypeVar

from pydantic import BaseModel

from schema.document import Path
from schema.kinds.extension import ExtensionSpec
from schema.kinds.extension_group import ExtensionGroupSpec
from schema.kinds.extension_profile import ExtensionProfileSpec
from schema.resource import AnyResource, Inherited, Resource, specs_of

PERMISSIONS: Final = ("may_call_outside", "may_page", "may_use_portal")
_Sources = dict[Path, AnyResource]
S = TypeVar("S", bound=BaseModel)


def effective(resources: Sequence[AnyResource], before: Iterable[AnyResource] = ()) -> Sequence[AnyResource]:
    """Return the resources of one tenant, with extensions as they count.

    `before`: as they counted last; an extension that is made of the very same resources stays the object that it was.
    """
    profiles = {profile.ref.name: profile for profile in specs_of(resources, ExtensionProfileSpec)}
    groups = {group.ref.name: group for group in specs_of(resources, ExtensionGroupSpec)}
    if not profiles and not groups:
        return resources
    known = {resource.ref: resource for resource in before if resource.inherited is not None}
    return [
        _effective(resource, profiles, groups, known.get(resource.ref))
        if isinstance(resource.spec, ExtensionSpec)
        else resource
        for resource in resources
    ]


def not_said_itself(resource: AnyResource) -> Iterator[tuple[Path, AnyResource | None]]:
    """Yield the paths below spec that a resource's own document does not say, with the resource that does; None: it is the default."""
    sources = {} if resource.inherited is None else resource.inherited.sources
    yield from _unsaid(resource.spec, (), sources)


def _unsaid(
    model: BaseModel, path: Path, sources: Mapping[Path, AnyResource]
) -> Iterator[tuple[Path, AnyResource | None]]:
    for name, field in type(model).model_fields.items():
        here, value = (*path, field.alias or name), getattr(model, name)
        if here in sources:
            yield here, sources[here]
        elif isinstance(value, BaseModel):
            yield from _unsaid(value, here, sources)
        elif name not in model.model_fields_set:
            yield here, None


def _effective(
    extension: AnyResource,
    profiles: Mapping[str, Resource[ExtensionProfileSpec]],
    groups: Mapping[str, Resource[ExtensionGroupSpec]],
    before: AnyResource | None,
) -> AnyResource:
    spec = extension.spec
    if not isinstance(spec, ExtensionSpec):
        return extension
    profile = profiles.get(spec.profile) if spec.profile is not None else None
    in_groups = spec.groups if profile is None or "groups" in spec.model_fields_set else profile.spec.groups
    of_groups = [groups[name] for name in in_groups if name in groups]
    parts: tuple[AnyResource, ...] = (*of_groups, profile) if profile is not None else tuple(of_groups)
    if not parts:
        return extension
    if before is not None and _is_of(before, extension, parts):
        return before
    sources: _Sources = {}
    if profile is not None:
        spec = _filled(spec, profile.spec, (), profile, sources)
    spec = _permitted(spec, of_groups, sources)
    return Resource(
        ref=extension.ref,
        metadata=extension.metadata,
        spec=spec,
        document=extension.document,
        inherited=Inherited(extension, parts, sources),
    )


def _is_of(before: AnyResource, written: AnyResource, parts: tuple[AnyResource, ...]) -> bool:
    """Whether it was made of these very objects."""
    known = before.inherited
    return (
        known is not None
        and known.written is written
        and len(known.parts) == len(parts)
        and all(map(is_, known.parts, parts))
    )


def _filled(own: S, base: BaseModel, path: Path, source: AnyResource, sources: _Sources) -> S:
    """`own` with what `base` says and it does not; mappings field by field."""
    model, update = type(own), {}
    for name in sorted(base.model_fields_set & model.model_fields.keys()):
        mine, theirs = getattr(own, name), getattr(base, name)
        here = (*path, model.model_fields[name].alias or name)
        if isinstance(mine, BaseModel) and isinstance(theirs, BaseModel):
            update[name] = _filled(mine, theirs, here, source, sources)
        elif name not in own.model_fields_set:
            update[name], sources[here] = theirs, source
    return own.model_copy(update=update) if update else own


def _permitted(spec: ExtensionSpec, groups: Iterable[Resource[ExtensionGroupSpec]], sources: _Sources) -> ExtensionSpec:
    """The extension with all that its groups permit."""
    update = {}
    for name in PERMISSIONS:
        giver = next((group for group in groups if getattr(group.spec, name)), None)
        if giver is not None and not getattr(spec, name):
            update[name], sources[ExtensionSpec.model_fields[name].alias or name,] = True, giver
    return spec.model_copy(update=update) if update else spec
