"""What may stand in a tenant's own source: the files below `@TENANT/`, wherever they come from (a `TenantSource`, or such a folder).

Whoever writes them is trusted with that tenant and nothing else. So what is declared there is that tenant's or refused, and what it
names outside of manifests is below a folder of its own: `{file: secrets/101}` means DATA/tenants/TENANT/secrets/101, and files that SOPS
or age encrypted and recordings are those beside its manifests. The surprising thing: paths are changed here, where the file is read, so
that nothing behind it has to know where a resource came from.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final, TypeVar

from pydantic import BaseModel

from schema.announcement import Recording
from schema.file_path import is_path
from schema.kinds.rate_table import RateTableSpec
from schema.problem import Problem
from schema.registry import KINDS, Scope
from schema.resource import AnyResource, TenantName
from schema.secret_source import AgeSecret, EnvSecret, FileSecret, SopsSecret
from schema.text import RESOURCE_NAME_PATTERN

NOT_ITS_TENANT: Final = "source-not-its-tenant"
OUTSIDE: Final = "source-outside"
PREFIX: Final = "@"
DATA: Final = "tenants"
"""The folder below the data folder that holds one for each tenant."""
_FILE: Final = re.compile(f"{PREFIX}({RESOURCE_NAME_PATTERN})/", re.ASCII)

T = TypeVar("T")


def tenant_of_file(name: str) -> TenantName | None:
    """Return the tenant whose own source a file is of; None for the platform's."""
    if not name.startswith(PREFIX):
        return None
    match = _FILE.match(name)
    return None if match is None else match[1]


def folder_of(tenant: TenantName) -> str:
    """Return the folder that a tenant's own files are in, as their names say it."""
    return f"{PREFIX}{tenant}/"


def data_of(tenant: TenantName) -> str:
    """Return the folder below the data folder in which the files are that a tenant's own manifests name."""
    return f"{DATA}/{tenant}/"


def faults_of(resource: AnyResource, tenant: TenantName) -> tuple[Problem, ...]:
    """Return why a resource may not stand in the tenant's own source; () if it may."""
    stranger = _stranger(resource, tenant)
    return (stranger,) if stranger is not None else tuple(_outside(resource))


def confined(resource: AnyResource, tenant: TenantName) -> AnyResource:
    """Return the resource with the files that it names where they are, below folders of the tenant's own."""
    spec = _moved(resource.spec, tenant)
    return resource if spec is resource.spec else replace(resource, spec=spec)


def _stranger(resource: AnyResource, tenant: TenantName) -> Problem | None:
    ref = resource.ref
    mine = f"what belongs to Tenant {tenant}"
    path: tuple[str, ...] = ("metadata", "tenant")
    match KINDS[ref.kind].scope:
        case Scope.SYSTEM:
            path = ("kind",)
            what, hint = f"declares {ref}, which belongs to the system", f"remove it: declare only {mine}"
        case Scope.TENANT:
            path = ("kind",)
            what, hint = f"declares {ref}, which is the platform's to declare", f"remove it: declare only {mine}"
        case Scope.SHARED if ref.tenant is None:
            path = ("metadata",)
            what = f"declares {ref} without metadata.tenant, which would share it with others"
            hint = f"write tenant: {tenant} into its metadata"
        case _ if ref.tenant != tenant:
            what, hint = f"declares {ref}, which belongs to another tenant", f"declare only {mine}"
        case _ if isinstance(resource.spec, RateTableSpec):
            path = ("kind",)
            what = f"declares {ref}: what calls cost is the platform's to say, for its limits on money go by it"
            hint = "remove it, and ask the platform for it"
        case _:
            return None
    message = f"the source of Tenant {tenant} {what}"
    return Problem(mark=resource.mark(*path), message=message, hint=hint, rule=NOT_ITS_TENANT)


def _outside(resource: AnyResource) -> Iterator[Problem]:
    """References that lead out of what is the tenant's own. What they name is not repeated."""
    for way, value in _named(resource.spec, ()):
        path = ("spec", *way)
        where = ".".join(map(str, path))
        if isinstance(value, EnvSecret):
            what = f"{where} of {resource.ref} names an environment variable of the server, which is not its tenant's"
        elif _path_of(value).startswith("/"):
            what = f"{where} of {resource.ref} names a file by an absolute path"
        elif not _stays(_path_of(value)):
            what = f"{where} of {resource.ref} names a file by a path that leads out of its folder"
        else:
            continue
        hint = "write {file: PATH} below the tenant's own folder in the data folder, or {sops: ...} or {age: ...} beside its manifests"
        yield Problem(mark=resource.mark(*path), message=what, hint=hint, rule=OUTSIDE)


def _stays(path: str) -> bool:
    return ".." not in path.split("/") and "\0" not in path


def _path_of(value: object) -> str:
    match value:
        case FileSecret(path) | SopsSecret(path, _) | AgeSecret(path) | Recording(path):
            return path
        case str():
            return value
    return ""


def _named(value: object, way: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """All that names something outside of manifests, with the way to it."""
    match value:
        case EnvSecret() | FileSecret() | SopsSecret() | AgeSecret() | Recording():
            yield way, value
        case BaseModel():
            for name, field in type(value).model_fields.items():
                inner = getattr(value, name)
                here = (*way, field.alias or name)
                if isinstance(inner, str):
                    if is_path(field):
                        yield here, inner
                elif inner is not None:
                    yield from _named(inner, here)
        case tuple() | list():
            for index, inner in enumerate(value):
                yield from _named(inner, (*way, index))
        case dict():
            for key, inner in value.items():
                yield from _named(inner, (*way, str(key)))


def _moved(value: T, tenant: TenantName) -> T:
    """The value with its files where they are; itself if it names none."""
    moved: object = value
    match value:
        case FileSecret(path):
            moved = FileSecret(data_of(tenant) + path)
        case SopsSecret(path, key):
            moved = SopsSecret(folder_of(tenant) + path, key)
        case AgeSecret(path):
            moved = AgeSecret(folder_of(tenant) + path)
        case Recording(path):
            moved = Recording(folder_of(tenant) + path)
        case BaseModel():
            changed = {}
            for name in value.model_fields_set:
                inner = getattr(value, name)
                is_file = isinstance(inner, str) and is_path(type(value).model_fields[name])
                now = data_of(tenant) + inner if is_file else _moved(inner, tenant)
                if now is not inner:
                    changed[name] = now
            moved = value.model_copy(update=changed) if changed else value
        case tuple():
            items = tuple(_moved(inner, tenant) for inner in value)
            moved = items if any(now is not inner for now, inner in zip(items, value, strict=True)) else value
        case dict():
            entries = {key: _moved(inner, tenant) for key, inner in value.items()}
            moved = entries if any(entries[key] is not inner for key, inner in value.items()) else value
    return moved  # type: ignore[return-value]  # of the same type
