"""The quickstart's passwords: made where missing, kept, shown with where to register, and what is said if that can't be."""

from pathlib import Path

import pytest

from ci.quickstart_secrets import main

LISTENER = "kind: Listener\nspec: {{transport: udp, port: {port}}}\n"
EXTENSION = (
    'kind: Extension\nmetadata: {name: "101"}\nspec: {displayName: Ada, password: {file: secrets/quickstart-101}}\n'
)


def manifests(folder: Path, port: int = 5060) -> Path:
    folder.mkdir()
    (folder / "pbx.yaml").write_text(LISTENER.format(port=port) + "---\n" + EXTENSION, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("host", "port", "said"),
    [
        ("192.0.2.1", 5060, "domain 192.0.2.1:\n"),
        ("192.0.2.1", 5070, "domain 192.0.2.1:5070:\n"),
        ("2001:db8::1", 5060, "domain [2001:db8::1]:\n"),
        ("[2001:db8::1]", 5070, "domain [2001:db8::1]:5070:\n"),
    ],
)
def test_where_to_register(tmp_path: Path, capsys: pytest.CaptureFixture[str], host: str, port: int, said: str) -> None:
    assert main(str(manifests(tmp_path / "manifests", port)), str(tmp_path / "data"), host) == 0
    assert said in capsys.readouterr().out


def test_without_a_host_it_names_no_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`make secrets` does not know which HOST the running server was given."""
    assert main(str(manifests(tmp_path / "manifests")), str(tmp_path / "data")) == 0
    said = capsys.readouterr().out
    assert "Register" not in said
    assert "101" in said


def test_a_password_is_made_once_for_its_owner_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, data = manifests(tmp_path / "manifests"), tmp_path / "data"
    main(str(folder), str(data))
    first = capsys.readouterr().out
    main(str(folder), str(data))
    secret = data / "secrets" / "quickstart-101"
    assert capsys.readouterr().out == first
    assert secret.read_text(encoding="utf-8") in first
    assert secret.stat().st_mode & 0o777 == 0o600


def test_manifests_without_quickstart_passwords(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`make run` of one's own manifests says nothing; who asks with `make secrets` gets an answer."""
    assert main(str(tmp_path), str(tmp_path / "data"), "192.0.2.1") == 0
    assert capsys.readouterr().out == ""
    assert main(str(tmp_path), str(tmp_path / "data")) == 0
    assert capsys.readouterr().out.startswith(f"No extension in {tmp_path} has a password")
    assert not (tmp_path / "data").exists()


def test_a_data_folder_that_can_not_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data").write_text("a file\n", encoding="utf-8")
    assert main(str(manifests(tmp_path / "manifests")), str(tmp_path / "data")) == 1
    assert capsys.readouterr().err.endswith("make the folder yours, or name another one: make run DATA=folder\n")
