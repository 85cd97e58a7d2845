"""duplicate-number and duplicate-auth-user: planted faults and clean twins."""

from schema.manifest_set import load
from tests.support.manifests import ACME, GOOD, documents, extension


def lines(extra: str) -> list[str]:
    """Return the problems of the good set with an extension more for acme."""
    files = GOOD | {"acme.yaml": documents(ACME, extra)}
    return [str(problem) for problem in load(files.items()).report]


def test_a_number_given_twice() -> None:
    assert lines(extension("acme", "sales", "number: 101\nauthUser: sales\n")) == [
        (
            'acme.yaml:24:11: Extension acme/sales has number "101", which Extension acme/101 has too, at acme.yaml:9:32; '
            "give one of them another number [duplicate-number]"
        )
    ]


def test_numbers_that_only_look_alike_are_two() -> None:
    assert lines(extension("acme", "0101")) == []


def test_the_same_number_in_another_tenant_is_fine() -> None:
    assert lines(extension("globex", "102")) == []


def test_an_account_given_twice() -> None:
    assert lines(extension("acme", "103", "authUser: 101\n")) == [
        (
            'acme.yaml:24:13: Extension acme/103 has authUser "101", which Extension acme/101 has too, at acme.yaml:9:32; '
            "give one of them another authUser [duplicate-auth-user]"
        )
    ]


def test_accounts_of_their_own_are_fine() -> None:
    assert lines(extension("acme", "103", "authUser: desk\n")) == []


def test_a_doubled_number_doubles_the_account_that_follows_it() -> None:
    found = lines(extension("acme", "sales", "number: 101\n"))
    assert [line.split()[-1] for line in found] == ["[duplicate-auth-user]", "[duplicate-number]"]
    assert all(line.startswith("acme.yaml:24:11: ") for line in found)
