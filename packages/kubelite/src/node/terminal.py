"""Runs a command on a terminal of its own: python3 terminal.py COMMAND [ARG...]

Standard input goes to the terminal, what the command shows on it to standard output. File descriptor 4 carries lines
"COLUMNS ROWS"; when it is closed, the terminal is taken away (the command gets SIGHUP). Ends with the command's exit
status, or 128 and the number of the signal that ended it. Signals that ask a process to end are passed on.
"""

import fcntl
import os
import select
import signal
import struct
import sys
import termios

CONTROL = 4
CHUNK = 65536
# How long the command's last words may take to arrive after its end.
DRAIN_SECONDS = 0.2


def start(master, slave):
    pid = os.fork()
    if pid:
        os.close(slave)
        return pid
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2):
        os.dup2(slave, fd)
    for fd in (master, slave, CONTROL):
        if fd > 2:
            os.close(fd)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        os.execvp(sys.argv[1], sys.argv[1:])
    except OSError as error:
        os.write(2, f"{sys.argv[1]}: {error.strerror}\r\n".encode())
    os._exit(127)


class Terminal:
    def __init__(self):
        self.master, slave = os.openpty()
        self.child = start(self.master, slave)
        os.set_blocking(self.master, False)
        self.pending = b""
        self.sizes = b""
        self.sources = [0, CONTROL]
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
            signal.signal(number, lambda received, _frame: self.pass_on(received))

    def pass_on(self, number):
        try:
            os.kill(self.child, number)
        except ProcessLookupError:
            pass

    def run(self):
        # The end of a child wakes select through this pipe.
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        while True:
            ended, status = os.waitpid(self.child, os.WNOHANG)
            if ended:
                break
            # Input is read only when the terminal took what came before.
            reads = [fd for fd in self.sources if fd != 0 or not self.pending]
            masters = [] if self.master is None else [self.master]
            ready, writable, _ = select.select(
                [*reads, *masters, wake_read], masters if self.pending else [], []
            )
            if wake_read in ready:
                os.read(wake_read, CHUNK)
            if CONTROL in ready:
                self.read_sizes()
            if 0 in ready:
                self.read_input()
            if self.master is not None and self.master in writable:
                self.write_pending()
            if self.master is not None and self.master in ready and not self.copy_output():
                self.take_away()
        while self.master is not None and select.select([self.master], [], [], DRAIN_SECONDS)[0]:
            if not self.copy_output():
                break
        return status

    def read_sizes(self):
        data = os.read(CONTROL, CHUNK)
        if not data:
            self.sources.remove(CONTROL)
            self.take_away()
            return
        *lines, self.sizes = (self.sizes + data).split(b"\n")
        for line in lines:
            columns, rows = (int(word) for word in line.split())
            if self.master is not None:
                fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read_input(self):
        data = os.read(0, CHUNK)
        if data:
            self.pending = data
        else:
            self.sources.remove(0)

    def write_pending(self):
        try:
            self.pending = self.pending[os.write(self.master, self.pending) :]
        except BlockingIOError:
            pass
        except OSError:
            self.pending = b""

    def copy_output(self):
        """False when nothing more can come or go."""
        try:
            data = os.read(self.master, CHUNK)
            view = memoryview(data)
            while view:
                view = view[os.write(1, view) :]
            return bool(data)
        except BlockingIOError:
            return True
        except OSError:
            return False

    def take_away(self):
        if self.master is not None:
            os.close(self.master)
            self.master = None
        self.pending = b""


def main():
    status = Terminal().run()
    sys.exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))


main()
