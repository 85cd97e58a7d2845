"""Says which requirements of pyproject.toml are not met by the pins in requirements/*.txt. Silent and 0 when all are."""

import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent


def pins(path: Path) -> dict[str, set[Version]]:
    """Versions by package name: two where a marker chooses."""
    found: dict[str, set[Version]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith((" ", "#")):
            requirement = Requirement(line.removesuffix("\\").strip())
            versions = {Version(pin.version) for pin in requirement.specifier}
            found.setdefault(canonicalize_name(requirement.name), set()).update(versions)
    return found


def unmet(wanted: list[str], path: Path) -> list[str]:
    pinned = pins(path)
    problems = []
    for requirement in map(Requirement, wanted):
        versions = pinned.get(canonicalize_name(requirement.name), set())
        if not versions:
            problems.append(f"{path.name}: {requirement.name} is not pinned")
        problems += [
            f"{path.name}: {requirement.name} {version} does not meet {requirement.specifier}"
            for version in versions
            if not requirement.specifier.contains(version, prereleases=True)
        ]
    return problems


def main() -> int:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    run = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    extras = project["project"]["optional-dependencies"]
    problems = unmet(run, ROOT / "requirements" / "run.txt")
    problems += unmet([*run, *extras["test"], *extras["check"]], ROOT / "requirements" / "test.txt")
    for problem in problems:
        print(f"{problem}; run: ci/lock")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
