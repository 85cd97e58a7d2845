"""A Document becomes a Resource, or all that is wrong with it.

The model is chosen by `kind`, so that pydantic's path of an error is the YAML path and finds its mark. None of
pydantic's sentences is shown: each error is written anew, with the value, and with what to do.
"""

from typing import Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from schema.document import DUPLICATE_KEY, MOST_PROBLEMS, Document, Path
from schema.nearest import nearest, one_of
from schema.problem import Problem, printable, shown
from schema.registry import KINDS, Kind, Scope
from schema.resource import API_VERSION, AnyResource, Resource, ResourceRef, SharedMetadata, TenantMetadata

KEY_STEP: Final = "[key]"


def validate(document: Document) -> AnyResource | tuple[Problem, ...]:
    """Return the document's Resource, or its problems: those of its YAML and those of its fields together."""
    broken_off = document.data is None and document.problems
    if broken_off or any(problem.rule != DUPLICATE_KEY for problem in document.problems):
        return document.problems
    kind = _kind(document)
    if isinstance(kind, Problem):
        return (*document.problems, kind)
    try:
        manifest = kind.model.model_validate(document.data)
    except ValidationError as error:
        told = error.errors(include_url=False)
        unknown = {detail["loc"][:-1] for detail in told if detail["type"] == "preset"}
        misspelt = _misspelt(kind, told)
        details = [
            one
            for one in told
            if not (
                _is_echo(one) or _is_filled_in(one, unknown) or (one["type"] == "missing" and one["loc"] in misspelt)
            )
        ][:MOST_PROBLEMS]
        return (*document.problems, *(_problem(document, kind, detail) for detail in details))
    if document.problems:
        return document.problems
    metadata = manifest.metadata
    tenant = metadata.tenant if isinstance(metadata, (TenantMetadata, SharedMetadata)) else None
    ref = ResourceRef(tenant, kind.name, metadata.name)
    return Resource(ref=ref, metadata=metadata, spec=manifest.spec, document=document)


def _is_echo(detail: ErrorDetails) -> bool:
    """Whether a list is only too short, or a default only unknown, because another value is faulty, which is said beside it."""
    if detail["type"] == "default_factory_not_called":
        return True
    given = detail["input"]
    return (
        detail["type"] == "too_short"
        and isinstance(given, list)
        and len(given) >= int(detail.get("ctx", {}).get("min_length", 0))
    )


def _is_filled_in(detail: ErrorDetails, unknown: set[tuple[int | str, ...]]) -> bool:
    """Whether a field is only missing because the preset that would fill it in is not known, which is said beside it."""
    return detail["type"] == "missing" and detail["loc"][:-1] in unknown


def _misspelt(kind: Kind, told: list[ErrorDetails]) -> set[Path]:
    """Fields that are only missing because they are written otherwise, which is said beside it."""
    missing = {detail["loc"] for detail in told if detail["type"] == "missing"}
    if not missing:
        return set()
    unknown = [detail["loc"] for detail in told if detail["type"] == "extra_forbidden"][:MOST_PROBLEMS]
    meant = ((*path[:-1], nearest(str(path[-1]), _known_fields(kind, path)) or "") for path in unknown)
    return {path for path in meant if path in missing}


def _known_fields(kind: Kind, path: Path) -> list[str]:
    """What the mapping that `path` is in may have."""
    model = _model_at(kind.model, path[:-1])
    return [] if model is None else [field.alias or name for name, field in model.model_fields.items()]


def _kind(document: Document) -> Kind | Problem:
    """Return the document's kind, or the one problem that makes all further ones guesses."""
    data = document.data
    if not isinstance(data, dict):
        what = f"the document is {shown(data)}, not a resource"
        return _at(document, (), what, "write a mapping with apiVersion, kind, metadata and spec", "not-a-resource")
    version = data.get("apiVersion")
    if version != API_VERSION:
        what = f"is {shown(version)}, which is not known here" if "apiVersion" in data else "is missing"
        return _at(document, ("apiVersion",), f"apiVersion {what}", f"write apiVersion: {API_VERSION}", "api-version")
    name = data.get("kind")
    if isinstance(name, str) and name in KINDS:
        return KINDS[name]
    if "kind" not in data:
        return _at(document, ("kind",), "kind is missing", f"write one of {', '.join(KINDS)}", "kind")
    hint = one_of(name, list(KINDS)) if isinstance(name, str) else f"write one of {', '.join(KINDS)}"
    return _at(document, ("kind",), f"kind is {shown(name)}, which is not known here", hint, "kind")


def _problem(document: Document, kind: Kind, detail: ErrorDetails) -> Problem:
    path, value = detail["loc"], detail["input"]
    context = detail.get("ctx", {})
    of_key = path[-1:] == (KEY_STEP,)
    path = path[:-1] if of_key else path
    name = f"a key of {_dotted(path[:-1])}" if of_key else _dotted(path)
    match detail["type"]:
        case rule if "what" in context and "hint" in context:
            mark = document.key_mark(path) if of_key else document.mark((*path, *context.get("at", ())))
            return Problem(mark=mark, message=f"{name} {context['what']}", hint=str(context["hint"]), rule=rule)
        case "extra_forbidden":
            return _unknown_field(document, kind, path)
        case "missing":
            return _missing_field(document, kind, path)
        case "bool_type" | "bool_parsing":
            hint = "remove the quotes" if value in ("true", "false") else "write true or false"
            return _at(document, path, f"{name} is {shown(value)}, neither true nor false", hint, "type")
        case "model_type" | "model_attributes_type" | "dict_type" if value is None:
            return _at(document, path, f"{name} is empty", "write its fields below it, indented", "type")
        case "model_type" | "model_attributes_type" | "dict_type":
            return _at(document, path, f"{name} is {shown(value)}, not a mapping", "write its fields below it", "type")
        case "tuple_type" | "list_type":
            return _at(
                document, path, f"{name} is {shown(value)}, not a list", "write [a, b], or one line each with -", "type"
            )
        case "too_long" | "too_short":
            count, bound = context.get("actual_length"), context.get("max_length", context.get("min_length"))
            at = "at most" if detail["type"] == "too_long" else "at least"
            return _at(document, path, f"{name} has {count} entries", f"write {at} {bound}", "range")
        case "literal_error":
            hint = f"write one of {context.get('expected', '')}".replace("'", "").replace(" or ", ", ")
            return _at(document, path, f"{name} is {shown(value)}, which is not known here", hint, "value")
    return _at(document, path, f"{name} is {shown(value)}, which does not fit here", "see the kind's schema", "value")


def _unknown_field(document: Document, kind: Kind, path: Path) -> Problem:
    word, holder = str(path[-1]), _dotted(path[:-1])
    mark = document.key_mark(path)
    if path == ("metadata", "tenant") and kind.scope in (Scope.SYSTEM, Scope.TENANT):
        owner = "is itself the tenant" if kind.scope is Scope.TENANT else "belongs to the system, not to a tenant"
        message = f"metadata.tenant is set, but a {kind.name} {owner}"
        return Problem(mark=mark, message=message, hint="remove it", rule="unknown-field")
    known = _known_fields(kind, path)
    where = f"{kind.name}, {holder}" if path[:-1] else kind.name
    message = f"field {shown(word)} is not known in {where}"
    hint = "a number takes a point, not a comma: 0.5" if word.isdecimal() else one_of(word, known)
    return Problem(mark=mark, message=message, hint=hint, rule="unknown-field")


def _missing_field(document: Document, kind: Kind, path: Path) -> Problem:
    model = _model_at(kind.model, path[:-1])
    fields = [] if model is None else [field for field in model.model_fields.values() if field.alias == path[-1]]
    told = fields[0].description if fields else None
    hint = f"add it: {told[0].lower()}{told[1:].rstrip('.')}" if told else "add it"
    return Problem(
        mark=document.key_mark(path[:-1]), message=f"{_dotted(path)} is missing", hint=hint, rule="missing-field"
    )


def _model_at(model: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """Return the model of the mapping at `path`, None if there is no model for it (labels, lists)."""
    for step in path:
        fields = [field for field in model.model_fields.values() if field.alias == step]
        annotation = fields[0].annotation if fields else None
        parts = [
            part
            for part in (annotation, *get_args(annotation))
            if isinstance(part, type) and issubclass(part, BaseModel)
        ]
        if not parts:
            return None
        model = parts[0]
    return model


def _at(document: Document, path: Path, message: str, hint: str, rule: str) -> Problem:
    return Problem(mark=document.mark(path), message=message, hint=hint, rule=rule)


def _dotted(path: Path) -> str:
    """Return a path as people write it: spec.prefixes[0]."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{printable(step[:100])}"
    return text.removeprefix(".") or "the document"
