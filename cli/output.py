"""How a command prints its result."""

from __future__ import annotations

from enum import StrEnum


class Output(StrEnum):
    """`--output`."""

    TEXT = "text"
    JSON = "json"


class ProblemOutput(StrEnum):
    """`--output` of what finds problems in manifests: also the formats that CI systems and editors read."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"
    GITHUB = "github"


class PlanOutput(StrEnum):
    """`--output` of what shows a plan: also the comment of a pull request."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


class GetOutput(StrEnum):
    """`--output` of `get`: `yaml` = manifests as they are written."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"
