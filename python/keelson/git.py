"""A commit of a git repository as a job's source."""

import re
import subprocess
from dataclasses import dataclass

_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
#: Given to `sh -c` with repository and commit as its arguments. Servers may refuse a commit by its hash: all is fetched then.
_FETCH = """set -e
cd "$3"
git init -q .
git remote add origin "$1"
git fetch -q --depth 1 origin "$2" || git fetch -q origin '+refs/*:refs/remotes/origin/*'
git -c advice.detachedHead=false checkout -q --detach "$2"
echo "$1 at $(git rev-parse HEAD)"
"""


@dataclass(frozen=True)
class Git:
    """`path` is a Python file of the repository. `commit` may be a branch or a tag: it is looked up when the job is made
    (with the `git` of this machine), so that the job says by which commit it ran. The repository must be readable without a
    password from the pod; credentials in its address are refused, as they would be in the job for everybody to read."""

    repository: str
    commit: str
    path: str

    def __post_init__(self) -> None:
        if not re.match(r"(https?|git|ssh|file)://\S+$", self.repository):
            raise ValueError(f"{self.repository!r} is no address of a repository: https://, ssh://, git:// or file://.")
        if re.match(r"https?://[^/]*@", self.repository):
            raise ValueError("The repository's address holds a user name or a password, which the job would show to everybody.")
        if self.commit.startswith("-") or not re.fullmatch(r"[\w./@+-]+", self.commit):
            raise ValueError(f"{self.commit!r} is no commit, branch or tag.")
        if self.path.startswith("/") or ".." in self.path.split("/") or not self.path:
            raise ValueError(f"{self.path!r} must be a path inside the repository.")

    def pinned(self) -> "Git":
        """The same with the whole hash of its commit."""
        if _COMMIT.fullmatch(self.commit):
            return self
        try:
            command = ["git", "ls-remote", "--", self.repository]
            answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
        except FileNotFoundError:
            raise ValueError(f"There is no git here to look {self.commit!r} up with: give the commit's whole hash.") from None
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise ValueError(f"{self.repository} cannot be read: {getattr(error, 'stderr', '') or error}") from None
        rows = [line.split("\t") for line in answer.splitlines()]
        known = {name: commit for commit, name in rows}
        # `^{}` is the commit that an annotated tag points to.
        for name in (self.commit, f"refs/heads/{self.commit}", f"refs/tags/{self.commit}^{{}}", f"refs/tags/{self.commit}"):
            if name in known:
                return Git(self.repository, known[name], self.path)
        raise ValueError(f"{self.repository} has no branch or tag {self.commit!r}; a commit is given by its whole hash.")

    def fetch_command(self, folder: str) -> list:
        return ["sh", "-c", _FETCH, "fetch", self.repository, self.commit, folder]
