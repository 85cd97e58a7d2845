"""`Tenant`: its domain and its defaults."""

from schema.kinds.tenant import TenantSpec
from schema.manifest_set import parse_file
from tests.support.manifests import tenant


def read(content: str) -> TenantSpec:
    file = parse_file("f", content)
    assert file.problems == ()
    [resource] = file.resources
    assert resource.ref.tenant is None
    assert isinstance(resource.spec, TenantSpec)
    return resource.spec


def test_the_defaults() -> None:
    spec = read(tenant("acme", "ACME.example"))
    assert spec.domain == "acme.example"
    assert spec.enabled
    assert spec.display_name is None


def test_everything_can_be_set() -> None:
    extra = "enabled: false\ndisplayName: Acme Ltd\n"
    spec = read(tenant("acme", "192.0.2.1", extra))
    assert not spec.enabled
    assert spec.display_name == "Acme Ltd"
