"""The list of kinds agrees with what the kinds say about themselves."""

import importlib

import pytest

from schema.registry import KINDS, Kind, Scope
from schema.resource import TenantMetadata


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_kind_has_its_file_and_its_name(kind: Kind) -> None:
    module = importlib.import_module(f"schema.kinds.{kind.file_name.replace('-', '_')}")
    assert getattr(module, kind.name) is kind.model
    assert KINDS[kind.name] is kind
    assert (kind.model.__doc__ or "").strip()


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_only_what_a_tenant_owns_names_its_tenant(kind: Kind) -> None:
    metadata = kind.model.model_fields["metadata"].annotation
    assert isinstance(metadata, type)
    assert issubclass(metadata, TenantMetadata) == (kind.scope is Scope.OWNED)
