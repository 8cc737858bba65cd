"""The files below one folder, by paths that cannot leave it.

Every step of a path is opened from the folder before it, without following links (openat with O_NOFOLLOW): what a path names
cannot change between a check and its use, and no link, wherever it points, is ever gone through.
"""

import errno
import fcntl
import os
import secrets
import stat
import time
from contextlib import contextmanager

# Unfinished uploads, in the volume itself so that the last step is a rename.
PARTS = ".keelson-uploads"
PART_LIFE_SECONDS = 24 * 3600
FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Fault(Exception):
    """What cannot be done: an HTTP status and a sentence for people."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def split(path):
    """The names of a path like `a/b.txt`; none for the root. Refuses what climbs or is no name."""
    names = [] if path == "" else path.split("/")
    for name in names:
        if name in ("", ".", "..") or "\0" in name or len(os.fsencode(name)) > 255:
            raise Fault(400, "This is not a path: it must be names with / between them, without . and ..")
    if names and names[0] == PARTS:
        raise Fault(404, "There is no such file or folder.")
    return names


@contextmanager
def told():
    """What the system refuses, in words."""
    try:
        yield
    except OSError as error:
        raise fault_of(error) from error


def fault_of(error):
    known = {
        errno.ENOENT: (404, "There is no such file or folder."),
        errno.ENOTDIR: (400, "Part of the path is a file, or a link, which is not followed."),
        errno.ELOOP: (400, "It is a link, and links are not followed."),
        errno.EEXIST: (409, "There is something of that name already."),
        errno.ENOTEMPTY: (409, "The folder is not empty."),
        errno.EISDIR: (400, "It is a folder."),
        errno.EACCES: (403, "The volume does not let the file browser do this: the file belongs to another user."),
        errno.EPERM: (403, "The volume does not let the file browser do this: the file belongs to another user."),
        errno.EROFS: (403, "The volume can only be read."),
        errno.ENOSPC: (507, "The volume is full."),
        errno.EDQUOT: (507, "The volume is full."),
        errno.ENAMETOOLONG: (400, "The name is too long."),
        errno.EINVAL: (400, "This cannot be done: a folder cannot be moved into itself."),
    }
    status, message = known.get(error.errno, (500, f"The volume says: {error.strerror}."))
    return Fault(status, message)


class Tree:
    def __init__(self, root):
        self.root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    @contextmanager
    def folder(self, names):
        """A descriptor of the folder that `names` lead to."""
        with told():
            # Opened anew, not duplicated: two descriptors of one opening share the place that a listing has come to.
            at = os.open(".", FOLDER_FLAGS, dir_fd=self.root)
            try:
                for name in names:
                    deeper = os.open(name, FOLDER_FLAGS, dir_fd=at)
                    os.close(at)
                    at = deeper
            except BaseException:
                os.close(at)
                raise
        try:
            yield at
        finally:
            os.close(at)

    @contextmanager
    def parent(self, path):
        """The folder that a path's last name is in, and that name."""
        names = split(path)
        if not names:
            raise Fault(400, "The volume itself cannot be changed here.")
        with self.folder(names[:-1]) as at:
            yield at, names[-1]

    def list(self, path, after, limit):
        """The entries of a folder by name: `limit` of them that come after the name `after`."""
        names = split(path)
        with self.folder(names) as at, told():
            # os.listdir has its own descriptor to read with, and closes it.
            found = sorted(name for name in os.listdir(at) if not (not names and name == PARTS))
            later = [name for name in found if name > after] if after else found
            page = [entry for name in later[:limit] if (entry := entry_of(at, name))]
        return {"entries": page, "next": later[limit - 1] if len(later) > limit else None, "count": len(found)}

    def open_file(self, path):
        """A descriptor of a regular file, and what it is."""
        with self.parent(path) as (at, name), told():
            # Not blocking: a named pipe would wait for a writer for ever.
            file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode):
            os.close(file)
            raise Fault(400, "It is a folder." if stat.S_ISDIR(found.st_mode) else "It is no file with content.")
        return file, found

    def make_folder(self, path):
        with self.parent(path) as (at, name), told():
            os.mkdir(name, 0o775, dir_fd=at)

    def move(self, path, to):
        """Renames; what is there already stays."""
        with self.parent(path) as (at, name), self.parent(to) as (target, new), told():
            os.stat(name, dir_fd=at, follow_symlinks=False)
            refuse_present(target, new)
            os.rename(name, new, src_dir_fd=at, dst_dir_fd=target)

    def delete(self, path):
        """A file, a link, or a folder with all that is in it."""
        with self.parent(path) as (at, name), told():
            remove(at, name)

    def walk(self, path):
        """Every file below a folder as (names, folder descriptor, name, stat). Links and devices are left out."""
        with self.folder(split(path)) as at:
            yield from walk(at, ())

    # Uploads: written aside, and put in place by one rename.

    def part_size(self, upload):
        with self._parts() as at:
            try:
                return os.stat(upload, dir_fd=at, follow_symlinks=False).st_size
            except FileNotFoundError:
                return 0

    def open_part(self, upload, offset):
        """The unfinished upload, to be written on from `offset`, which must be its end."""
        with self._parts() as at, told():
            flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            file = os.open(upload, flags, 0o664, dir_fd=at)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(file)
                raise Fault(409, "This upload is going on already.") from None
            size = os.fstat(file).st_size
            if offset == 0 and size > 0:
                os.ftruncate(file, 0)
            elif offset != size:
                os.close(file)
                raise Fault(409, f"The upload goes on at byte {size}.")
            os.lseek(file, offset, os.SEEK_SET)
            return file

    def drop_part(self, upload):
        with self._parts() as at:
            try:
                os.unlink(upload, dir_fd=at)
            except FileNotFoundError:
                pass

    def finish_part(self, upload, path, overwrite):
        with self._parts() as parts, self.parent(path) as (at, name), told():
            try:
                present = os.stat(name, dir_fd=at, follow_symlinks=False)
            except FileNotFoundError:
                present = None
            if present and (not overwrite or not stat.S_ISREG(present.st_mode)):
                raise fault_of(OSError(errno.EEXIST, ""))
            os.rename(upload, name, src_dir_fd=parts, dst_dir_fd=at)

    def check_target(self, path):
        """Fails before the first byte is sent where the folder is not there."""
        with self.parent(path):
            pass

    def sweep(self):
        """Takes away what nobody went on with for a day."""
        with self._parts() as at:
            for name in os.listdir(at):
                try:
                    if time.time() - os.stat(name, dir_fd=at, follow_symlinks=False).st_mtime > PART_LIFE_SECONDS:
                        os.unlink(name, dir_fd=at)
                except OSError:
                    pass

    @contextmanager
    def _parts(self):
        with told():
            try:
                os.mkdir(PARTS, 0o770, dir_fd=self.root)
            except FileExistsError:
                pass
            at = os.open(PARTS, FOLDER_FLAGS, dir_fd=self.root)
        try:
            yield at
        finally:
            os.close(at)


def new_upload():
    return secrets.token_hex(16)


def entry_of(at, name):
    try:
        found = os.stat(name, dir_fd=at, follow_symlinks=False)
        link = os.readlink(name, dir_fd=at) if stat.S_ISLNK(found.st_mode) else None
    except OSError:
        return None
    kinds = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}
    return {
        "name": readable(name),
        "kind": kinds.get(stat.S_IFMT(found.st_mode), "other"),
        "sizeBytes": found.st_size if stat.S_ISREG(found.st_mode) else None,
        "modifiedAt": instant(found.st_mtime),
        "target": None if link is None else readable(link),
    }


def readable(name):
    """Names are bytes; those that are no UTF-8 are shown as well as can be."""
    return os.fsencode(name).decode("utf-8", "replace")


def instant(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(max(0, min(seconds, 253402300799))))


def refuse_present(at, name):
    try:
        os.stat(name, dir_fd=at, follow_symlinks=False)
    except FileNotFoundError:
        return
    raise fault_of(OSError(errno.EEXIST, ""))


def remove(at, name):
    try:
        os.unlink(name, dir_fd=at)
        return
    except (IsADirectoryError, PermissionError):
        # Some systems say EPERM of a folder.
        if not stat.S_ISDIR(os.stat(name, dir_fd=at, follow_symlinks=False).st_mode):
            raise
    inner = os.open(name, FOLDER_FLAGS, dir_fd=at)
    try:
        for each in os.listdir(inner):
            remove(inner, each)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=at)


def walk(at, names):
    for name in sorted(os.listdir(at)):
        if not names and name == PARTS:
            continue
        try:
            found = os.stat(name, dir_fd=at, follow_symlinks=False)
            if stat.S_ISREG(found.st_mode):
                yield names, at, name, found
            elif stat.S_ISDIR(found.st_mode):
                inner = os.open(name, FOLDER_FLAGS, dir_fd=at)
                try:
                    yield (*names, name), None, None, found
                    yield from walk(inner, (*names, name))
                finally:
                    os.close(inner)
        except OSError:
            # It went while it was looked at, or belongs to somebody else.
            continue
