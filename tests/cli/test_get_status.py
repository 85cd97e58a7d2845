"""What `get status` says of a server's warnings: as `validate` does."""

from cli.get_status import status_text

WARNING = {
    "file": "acme.yaml",
    "line": 7,
    "column": 3,
    "severity": "warning",
    "rule": "certificate-expiring",
    "message": "the file c.pem is valid for 6 more days",
    "hint": "renew it before that",
}


def test_warnings_are_told_with_their_place_and_what_to_do() -> None:
    shown = status_text({"version": "1", "engine": {}, "reconcile": {"warnings": [WARNING]}})
    assert (
        "warning       acme.yaml:7:3: the file c.pem is valid for 6 more days; renew it before that [certificate-expiring]\n"
        in shown
    )
