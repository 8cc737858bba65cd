"""How much the files of a volume hold. Looked at in the background: a volume may have millions of files."""

import os
import threading
import time

from .tree import instant

LONGEST_SECONDS = 120


class Usage:
    def __init__(self, tree):
        self.tree = tree
        self.used = None
        self.used_at = None
        self.took = 0.0
        self.stale = threading.Event()
        self.stale.set()

    def start(self):
        threading.Thread(target=self._follow, daemon=True).start()

    def touch(self):
        """Something changed: it is looked at again, though not at once for each."""
        self.stale.set()

    def read(self):
        room = os.fstatvfs(self.tree.root)
        return {
            "usedBytes": self.used,
            "usedAt": None if self.used_at is None else instant(self.used_at),
            # Of the file system below: on a shared one these are not the volume's alone.
            "totalBytes": room.f_blocks * room.f_frsize,
            "freeBytes": room.f_bavail * room.f_frsize,
        }

    def _follow(self):
        while True:
            # Others write as well, so that now and then it is looked at unasked.
            self.stale.wait(timeout=600)
            self.stale.clear()
            begin = time.monotonic()
            self._measure(begin)
            self.took = time.monotonic() - begin
            # The volume is others' to work with: looking takes a small part of the time.
            time.sleep(max(2, 20 * self.took))

    def _measure(self, begin):
        total = 0
        seen = set()
        try:
            for _names, _at, name, found in self.tree.walk(""):
                if time.monotonic() - begin > LONGEST_SECONDS:
                    self.used = None
                    return
                # Blocks, not lengths: files may have holes. A file of several names counts once.
                if name is not None and found.st_nlink > 1:
                    key = (found.st_dev, found.st_ino)
                    if key in seen:
                        continue
                    seen.add(key)
                total += min(found.st_size, found.st_blocks * 512) if name is not None else 0
        except OSError:
            return
        self.used, self.used_at = total, time.time()
