"""`trunkline import asterisk`, `import freeswitch`: another PBX's files into a new folder of manifests, and a list of what was left behind.

Files are read from the folder that is named and from nowhere else, links out of it included. Passwords go into files of the data folder,
for their owner only; one that is there with another password is refused, unless `--replace-passwords` says that it is meant. What is
written has passed the same checks as `trunkline validate`; if anything is refused, nothing is written.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.exit_code import Exit
from cli.password_file import ensure, write
from reconciler.accept import weak_secrets
from reconciler.compile.numbering import numbering
from reconciler.compile.secret import secret_ref
from reconciler.ground import Ground
from reconciler.offline import weigh
from reconciler.source.tree import SourceFile, SourceTree
from schema.foreign.asterisk.reading import read_asterisk
from schema.foreign.carrying import Carried, carry
from schema.foreign.drafts import Draft
from schema.foreign.freeswitch.reading import read_freeswitch
from schema.foreign.pbx import ForeignPbx, Leftovers, NotRead
from schema.foreign.work import Settings
from schema.kinds.extension import ExtensionSpec
from schema.manifest_set import parse_file
from schema.mark import Mark
from schema.problem import Severity
from schema.resource import specs_of
from schema.secret_source import FileSecret

MOST_FILES: Final = 10_000
MOST_BYTES: Final = 64 * 1024 * 1024
MOST_BYTES_OF_A_FILE: Final = 8 * 1024 * 1024
LEFT_BEHIND: Final = "left-behind.txt"
MAIN: Final = frozenset({"extensions.conf", "pjsip.conf", "sip.conf", "freeswitch.xml"})
"""Without which what is read would be something else."""
READERS: Final[Mapping[str, Callable[[Mapping[str, str], Leftovers], ForeignPbx]]] = {
    "asterisk": read_asterisk,
    "freeswitch": read_freeswitch,
}


class _Refused(Exception):
    """Why nothing is written; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """`domain`, `country`, `time_zone`: "" = not said."""

    system: str
    folder: Path
    output: Path
    data: Path
    tenant: str
    domain: str
    country: str
    time_zone: str
    makes_passwords: bool
    replaces_passwords: bool


def import_pbx(request: ImportRequest) -> Exit:
    leftovers = Leftovers()
    try:
        _check_output(request.output)
        files = dict(_files(request.folder, leftovers))
        pbx = READERS[request.system](files, leftovers)
        carried = carry(pbx, _settings(request, pbx), leftovers)
        manifests = carried.drafts.files()
        _check(carried, manifests, leftovers)
        made = _keep_secrets(request, carried)
        listed = "".join(f"{problem}\n" for problem in leftovers.report)
        _write(request.output, {**manifests, **({LEFT_BEHIND: listed} if listed else {})})
    except NotRead as error:
        problem = error.problem
        sys.stderr.write(f"{problem}\ntrunkline import {request.system}: nothing is written\n")
        return Exit.PROBLEMS
    except _Refused as error:
        sys.stderr.write(f"trunkline import {request.system}: {error}\n")
        return Exit.PROBLEMS
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        sys.stderr.write(f"trunkline import {request.system}: {error.filename}: {why}\n")
        return Exit.PROBLEMS
    sys.stdout.write(listed)
    sys.stderr.write(_said(request, carried, manifests, made, len(leftovers.problems)))
    return Exit.FINE


def _settings(request: ImportRequest, pbx: ForeignPbx) -> Settings:
    domain = request.domain or pbx.domain or f"{request.tenant}.example"
    asked = Draft(
        "Tenant",
        request.tenant,
        None,
        {
            "domain": domain,
            **({"timeZone": request.time_zone} if request.time_zone else {}),
            **({"dialling": {"country": request.country}} if request.country else {}),
        },
    )
    problems = [
        problem for rejected in parse_file("the tenant", asked.text()).rejected for problem in rejected.problems
    ]
    if problems:
        raise _Refused("\n".join(f"{problem.message}; {problem.hint}" for problem in problems))
    return Settings(
        tenant=request.tenant,
        domain=domain,
        country=request.country,
        time_zone=request.time_zone,
        emergency=numbering(request.country).emergency if request.country else ("112",),
    )


def _check_output(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise _Refused(f"{folder} is a file; name a new folder for the manifests")
    if folder.is_dir() and any(folder.iterdir()):
        raise _Refused(f"{folder} is not empty; name a new folder, and put the two together by hand")


def _files(folder: Path, leftovers: Leftovers) -> Iterator[tuple[str, str]]:
    """Texts by path within the folder. Of what is not read, whatever would be configuration is told."""
    if not folder.is_dir():
        raise _Refused(f"{folder} is no folder; name the one that holds the configuration files")
    root = folder.resolve()
    count = size = 0
    for where, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted([*names, *(name for name in folders if _is_configuration(name))]):
            path = Path(where, name)
            if name.startswith("."):
                continue
            relative = path.relative_to(folder).as_posix()
            if not path.resolve().is_relative_to(root):
                _unread(relative, "is a link that leads out of the folder", leftovers)
                continue
            if not path.is_file():
                _unread(relative, "is no regular file", leftovers)
                continue
            count += 1
            length = path.stat().st_size
            size += length
            if count > MOST_FILES or size > MOST_BYTES:
                raise _Refused(
                    f"{folder} has more than {MOST_FILES:,} files or {MOST_BYTES // 1024 // 1024} MB; name the configuration's own folder"
                )
            if length > MOST_BYTES_OF_A_FILE:
                _unread(relative, f"has more than {MOST_BYTES_OF_A_FILE // 1024 // 1024} MB", leftovers)
                continue
            content = path.read_bytes()
            if b"\0" in content:
                _unread(relative, "is no text: there are NUL bytes in it", leftovers)
                continue
            yield relative, _text(content)


def _is_configuration(name: str) -> bool:
    return name.endswith((".conf", ".xml"))


def _unread(relative: str, why: str, leftovers: Leftovers) -> None:
    if relative in MAIN:
        raise _Refused(f"{relative} {why}; put the file itself there")
    if _is_configuration(relative):
        leftovers.add(Mark(relative, 1, 1), f"the file {why}", "it is not read")


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")  # what older ones were written in; every byte is a character of it


def _check(carried: Carried, manifests: Mapping[str, str], leftovers: Leftovers) -> None:
    """As `trunkline validate --secrets` does, proofs included; passwords that can be guessed go on, and are said."""
    problems = list(carried.problems)
    parsed = [parse_file(name, text) for name, text in manifests.items()]
    if not problems:
        tree = SourceTree(tuple(SourceFile.of(name, text.encode()) for name, text in sorted(manifests.items())))
        problems = [*weigh(parsed, tree, Ground()).report.errors]
    if problems:
        told = "\n".join(str(problem) for problem in problems[:20])
        raise _Refused(f"what it comes to is not valid, so nothing is written:\n{told}")
    resources = [resource for file in parsed for resource in file.resources]
    values = {
        secret_ref(source): carried.drafts.secrets[source.path]
        for source in (extension.spec.password for extension in specs_of(resources, ExtensionSpec))
        if isinstance(source, FileSecret) and source.path in carried.drafts.secrets
    }
    for problem in weak_secrets(resources, values, guessable=Severity.WARNING):
        draft = carried.drafts.at(problem.mark.file, problem.mark.line)
        mark = problem.mark if draft is None or draft.mark is None else draft.mark
        leftovers.add(mark, problem.message, problem.hint)


def _keep_secrets(request: ImportRequest, carried: Carried) -> int:
    """All of them are looked at before the first is written. How many files are new or changed."""
    wanted = {request.data / name: secret for name, secret in carried.drafts.secrets.items()}
    there = {path: path.read_text(encoding="utf-8", errors="replace").strip() for path in wanted if path.exists()}
    other = sorted(str(path) for path, secret in there.items() if secret != wanted[path])
    if other and not request.replaces_passwords:
        told = ", ".join(other[:3]) + (f" and {len(other) - 3} more" if len(other) > 3 else "")
        raise _Refused(f"{told}: there is another password; if the one there is meant, add --replace-passwords")
    changed = {path: secret for path, secret in wanted.items() if there.get(path) != secret}
    for path, secret in changed.items():
        write(path, secret)
    if request.makes_passwords:
        for name in carried.drafts.unset.values():
            ensure(request.data / name)
    return len(changed)


def _write(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        with (folder / name).open("x", encoding="utf-8") as file:
            file.write(text)


def _said(request: ImportRequest, carried: Carried, manifests: Mapping[str, str], made: int, left: int) -> str:
    kinds: dict[str, int] = {}
    for draft in carried.drafts.drafts:
        kinds[draft.kind] = kinds.get(draft.kind, 0) + 1
    told = [
        f"{len(manifests)} files in {request.output}: "
        + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    ]
    if made:
        told.append(f"{made:,} passwords into {request.data}/secrets")
    unset = carried.drafts.unset
    if unset:
        done = "made up" if request.makes_passwords else "missing; --make-passwords makes them up"
        told.append(f"{len(unset):,} passwords {done}: {', '.join(list(unset)[:5])}{'...' if len(unset) > 5 else ''}")
    if left:
        told.append(f"{left:,} things were left behind: {request.output / LEFT_BEHIND}")
    told.append(f"look at them, then: trunkline validate {request.output}")
    return "".join(f"{line}\n" for line in told)
