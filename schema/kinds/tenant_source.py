"""`TenantSource`: where the rest of a tenant's manifests comes from: a git repository of the tenant's own. Its name is the tenant's."""

from datetime import timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from schema.duration import Duration
from schema.field_type import refusal
from schema.file_path import SourceFile
from schema.git_address import GitAddress, GitBranch, GitFolder
from schema.number_mask import NumberMask
from schema.resource import Manifest, Metadata, Spec
from schema.secret_source import EnvSecret, FileSecret, SecretSource

LEAST_POLL: Final = timedelta(seconds=5)
MOST_POLL: Final = timedelta(hours=24)


class TenantSourceSpec(Spec):
    """Where it is, how it is fetched, and what of it counts."""

    git: Annotated[
        GitAddress,
        Field(
            description="The repository: git+https://[USER@]HOST/REPO, git+ssh://USER@HOST/REPO, git+file:///REPO; git+http:// on this "
            "machine only."
        ),
    ]
    branch: Annotated[GitBranch, Field(description="The branch that is followed.")] = "main"
    path: Annotated[GitFolder | None, Field(description="The folder of manifests in it; default: its root.")] = None
    poll: Annotated[
        timedelta,
        Duration(LEAST_POLL, MOST_POLL),
        Field(description="How often the server is asked for news, give or take a fifth."),
    ] = timedelta(minutes=5)
    token: Annotated[
        SecretSource | None,
        Field(description="Where the token of https is: an env or a file. Read anew for each fetch."),
    ] = None
    key: Annotated[
        SourceFile | None,
        Field(
            description="The file of the private key of ssh, without a passphrase; a relative path is below the data folder."
        ),
    ] = None
    known_hosts: Annotated[
        SourceFile | None, Field(description="The file of host keys of ssh that are believed; default: ssh's own.")
    ] = None
    signers: Annotated[
        SourceFile | None,
        Field(
            description="Follow only what is signed by one of these: a file of allowed signers (ssh-keygen(1)), or a keyring of OpenPGP "
            "(.gpg, .kbx)."
        ),
    ] = None
    hook: Annotated[
        SecretSource | None,
        Field(description="Where the secret of its webhooks is: an env or a file; default: none are taken."),
    ] = None
    numbers: Annotated[
        tuple[NumberMask, ...],
        Field(
            description="The numbers outside that are this tenant's: its source may answer and show these, and no others.",
            strict=False,
            max_length=1000,
        ),
    ] = ()
    trunks: Annotated[
        bool,
        Field(
            description="true: its source may declare Trunks. Calls from a trunk's address are not asked for a password, so who may "
            "declare one says who is believed."
        ),
    ] = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, source in (("token", self.token), ("hook", self.hook)):
            if source is not None and not isinstance(source, EnvSecret | FileSecret):
                what = f"has a {name} in an encrypted file, which is opened with the manifests, after they are fetched"
                raise refusal("source-credentials", what, "name an env or a file", (name,))
        scheme = self.git.partition("://")[0]
        if self.token is not None and scheme not in ("git+https", "git+http"):
            raise refusal(
                "source-credentials",
                f"has a token, which {scheme}:// does not take",
                "remove it, or use git+https://",
                ("token",),
            )
        for name, file in (("key", self.key), ("knownHosts", self.known_hosts)):
            if file is not None and scheme != "git+ssh":
                hint = "remove it, or use git+ssh://"
                raise refusal("source-credentials", f"has a {name}, which {scheme}:// does not take", hint, (name,))
        return self


class TenantSource(Manifest):
    """Where the rest of a tenant's manifests comes from: a git repository of the tenant's own. Its name is the tenant's."""

    kind: Annotated[Literal["TenantSource"], Field(description="What sort of resource it is.")]
    metadata: Metadata
    spec: TenantSourceSpec
