"""Serves the files of a volume: `python -m keelson_files`.

Reads KEELSON_FILES_ROOT (the folder), KEELSON_FILES_TOKEN_SHA256 (what the caller's token hashes to), KEELSON_FILES_PORT, POD_IP.
Only who has the token is answered, and that is the platform's gateway; the hash may be read by anybody.
"""

import hashlib
import hmac
import json
import os
import re
import sys
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from .tree import Fault, Tree, fault_of, instant, new_upload, split
from .usage import Usage

PORT = 8080
CHUNK = 256 * 1024
MOST_ENTRIES = 2000


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address, root, token_hash):
        super().__init__(address, Handler)
        self.tree = Tree(root)
        self.usage = Usage(self.tree)
        self.token_hash = token_hash
        self.active = 0
        self.last_activity = time.time()
        self.lock = threading.Lock()

    def handle_error(self, request, client_address):
        """A caller that went away is no fault of ours."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "keelson-files"
    # A caller that neither reads nor writes for so long is gone.
    timeout = 300

    def log_message(self, *_):
        """Names of files are the person's."""

    def handle_method(self):
        url = urlsplit(self.path)
        query = {key: values[-1] for key, values in parse_qs(url.query, keep_blank_values=True).items()}
        self.began = False
        if url.path == "/healthz" and self.command == "GET":
            return self.send_json(200, self.health())
        with self.server.lock:
            self.server.active += 1
        try:
            self.check_token()
            call = CALLS.get((self.command, url.path))
            if call is None:
                raise Fault(404, "There is nothing at this address.")
            call(self, query)
        except Fault as fault:
            self.fail(fault)
        except OSError as error:
            if isinstance(error, (ConnectionError, TimeoutError)) or self.began:
                self.close_connection = True
                return
            self.fail(fault_of(error))
        finally:
            with self.server.lock:
                self.server.active -= 1
                self.server.last_activity = time.time()

    do_GET = do_PUT = do_POST = do_DELETE = handle_method

    def health(self):
        with self.server.lock:
            last = time.time() if self.server.active > 0 else self.server.last_activity
        return {"lastActivity": instant(last), **self.server.usage.read()}

    def check_token(self):
        given = (self.headers.get("authorization") or "").removeprefix("Bearer ")
        digest = hashlib.sha256(given.encode()).hexdigest()
        if not hmac.compare_digest(digest, self.server.token_hash):
            raise Fault(401, "Only the platform is answered here.")

    # Reading

    def list(self, query):
        limit = number(query.get("limit", str(MOST_ENTRIES)), 1, MOST_ENTRIES)
        found = self.server.tree.list(query.get("path", ""), query.get("after", ""), limit)
        self.send_json(200, {**found, **self.server.usage.read()})

    def read(self, query):
        file, found = self.server.tree.open_file(query.get("path", ""))
        try:
            first, last = self.wanted(found.st_size)
            self.send_response(206 if self.is_partial else 200)
            self.send_header("content-type", "application/octet-stream")
            self.send_header("content-length", str(last - first + 1))
            self.send_header("accept-ranges", "bytes")
            self.send_header("last-modified", self.date_time_string(int(found.st_mtime)))
            if self.is_partial:
                self.send_header("content-range", f"bytes {first}-{last}/{found.st_size}")
            self.end_headers()
            self.began = True
            self.copy(file, first, last - first + 1)
        finally:
            os.close(file)

    def wanted(self, size):
        """The first and last byte that are asked for (RFC 9110 section 14.1.2, one range)."""
        match = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("range") or "")
        self.is_partial = False
        if not match or match.group(0) == "bytes=-":
            return 0, size - 1
        begin, end = match.groups()
        first = int(begin) if begin else max(0, size - int(end))
        last = min(int(end), size - 1) if begin and end else size - 1
        if first >= size or first > last:
            raise Fault(416, "The file has no such part.")
        self.is_partial = True
        return first, last

    def copy(self, file, offset, length):
        while length > 0:
            data = os.pread(file, min(CHUNK, length), offset)
            if not data:
                # It was cut while it was read: the length that was promised cannot be kept.
                self.close_connection = True
                return
            self.wfile.write(data)
            offset += len(data)
            length -= len(data)

    def archive(self, query):
        """A folder as a zip file, written as it is read. Links are left out."""
        path = query.get("path", "")
        with self.server.tree.folder(split(path)):
            pass
        self.send_response(200)
        self.send_header("content-type", "application/zip")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self.began = True
        out = Chunked(self.wfile)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for names, at, name, found in self.server.tree.walk(path):
                add_to_archive(archive, names, at, name, found)
        out.end()

    # Changing

    def upload_state(self, query):
        self.send_json(200, {"offset": self.server.tree.part_size(upload_of(query))})

    def upload(self, query):
        """Writes on an upload. Its last part names the whole length, and then the file is there, whole."""
        tree = self.server.tree
        path = query.get("path", "")
        tree.check_target(path)
        is_named = "id" in query
        upload = upload_of(query) if is_named else new_upload()
        offset = number(query.get("offset", "0"), 0, 2**63)
        file = tree.open_part(upload, offset)
        done = False
        try:
            try:
                received = self.receive(file)
                os.fsync(file)
            finally:
                os.close(file)
            total = number(query["total"], 0, 2**63) if "total" in query else received + offset
            if offset + received > total:
                raise Fault(400, "More was sent than was announced.")
            if offset + received == total:
                tree.finish_part(upload, path, query.get("overwrite") == "1")
                done = True
        except BaseException:
            # Nobody can go on with what has no name; what is full stays full.
            if not is_named:
                tree.drop_part(upload)
            raise
        self.server.usage.touch()
        self.send_json(201 if done else 202, {"offset": offset + received, "isComplete": done})

    def receive(self, file):
        received = 0
        for data in self.body():
            view = memoryview(data)
            while view:
                view = view[os.write(file, view) :]
            received += len(data)
        return received

    def body(self):
        """The request's body in pieces. One that ends early is a caller that went away."""
        if (self.headers.get("transfer-encoding") or "").lower() == "chunked":
            yield from self.chunks()
            return
        yield from self.exactly(number(self.headers.get("content-length") or "0", 0, 2**63))
        self.drained = True

    def exactly(self, left):
        while left > 0:
            data = self.rfile.read1(min(CHUNK, left))
            if not data:
                raise ConnectionError("the body ended early")
            left -= len(data)
            yield data

    def chunks(self):
        while True:
            line = self.rfile.readline(64)
            if not re.fullmatch(rb"[0-9A-Fa-f]{1,15}(;[^\r\n]*)?\r\n", line):
                raise ConnectionError("the body ended early")
            left = int(line.split(b";")[0], 16)
            if left == 0:
                while self.rfile.readline(8192) not in (b"\r\n", b""):
                    pass
                self.drained = True
                return
            yield from self.exactly(left)
            if self.rfile.read(2) != b"\r\n":
                raise ConnectionError("the body ended early")

    def drop_upload(self, query):
        self.server.tree.drop_part(upload_of(query))
        self.send_json(200, {})

    def make_folder(self, query):
        self.server.tree.make_folder(query.get("path", ""))
        self.send_json(201, {})

    def move(self, query):
        self.server.tree.move(query.get("path", ""), query.get("to", ""))
        self.send_json(200, {})

    def delete(self, query):
        self.server.tree.delete(query.get("path", ""))
        self.server.usage.touch()
        self.send_json(200, {})

    # Answers

    def fail(self, fault):
        # What is left of a body would be read as the next request.
        if self.command in ("PUT", "POST") and not getattr(self, "drained", False):
            self.close_connection = True
        self.send_json(fault.status, {"message": str(fault)})

    def send_json(self, status, value):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(data)


class Chunked:
    """A file for zipfile to write on, as the chunks of an answer (RFC 9112 section 7.1)."""

    def __init__(self, out):
        self.out = out
        self.pending = bytearray()

    def write(self, data):
        self.pending += data
        if len(self.pending) >= CHUNK:
            self.flush()
        return len(data)

    def flush(self):
        if self.pending:
            self.out.write(b"%x\r\n%b\r\n" % (len(self.pending), self.pending))
            self.pending.clear()

    def end(self):
        self.flush()
        self.out.write(b"0\r\n\r\n")


def add_to_archive(archive, names, at, name, found):
    when = time.gmtime(min(max(found.st_mtime, 315532800), 4354819198))[:6]
    if name is None:
        archive.writestr(zipfile.ZipInfo("/".join(names) + "/", when), b"")
        return
    info = zipfile.ZipInfo("/".join((*names, name)), when)
    info.compress_type = zipfile.ZIP_DEFLATED
    try:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
    except OSError:
        return
    with os.fdopen(file, "rb") as source, archive.open(info, "w", force_zip64=True) as target:
        while data := source.read(CHUNK):
            target.write(data)


def upload_of(query):
    upload = query.get("id", "")
    if not re.fullmatch(r"[0-9a-f]{16,64}", upload):
        raise Fault(400, "id must be 16 to 64 hexadecimal digits.")
    return upload


def number(text, least, most):
    if not re.fullmatch(r"\d{1,19}", text) or not least <= int(text) <= most:
        raise Fault(400, "A number is expected here.")
    return int(text)


CALLS = {
    ("GET", "/list"): Handler.list,
    ("GET", "/file"): Handler.read,
    ("GET", "/archive"): Handler.archive,
    ("GET", "/upload"): Handler.upload_state,
    ("PUT", "/upload"): Handler.upload,
    ("DELETE", "/upload"): Handler.drop_upload,
    ("POST", "/folder"): Handler.make_folder,
    ("POST", "/move"): Handler.move,
    ("DELETE", "/entry"): Handler.delete,
}


def main():
    # Every address, but where pods share the machine's: there each has a loopback address, and ports would collide.
    pod = os.environ.get("POD_IP", "")
    host = pod if pod.startswith("127.") else "0.0.0.0"
    port = int(os.environ.get("KEELSON_FILES_PORT") or PORT)
    # What is uploaded is the group's, too: a notebook's user is in it.
    os.umask(0o002)
    server = Server((host, port), os.environ["KEELSON_FILES_ROOT"], os.environ["KEELSON_FILES_TOKEN_SHA256"])
    server.tree.sweep()
    server.usage.start()
    print(f"serving the volume at port {port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
