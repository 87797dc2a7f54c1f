"""Runs a command in a pseudo-terminal and tells what a person would see on it."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from dataclasses import dataclass, field

PIECES = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|\x1b\]8;[^\x1b]*\x1b\\|(\r)|(\n)|([^\x1b\r\n])")


@dataclass
class Screen:
    """The lines of a terminal: text, line feeds, carriage returns, cursor up, erase line.

    Attributes:
        columns: Its width.
        height: Its height. What has left it at its top can be read, but the cursor does not reach it any more.
        lines: Everything that was written.
    """

    columns: int
    height: int = 50
    lines: list[str] = field(default_factory=lambda: [""])
    x: int = 0
    y: int = 0

    def feed(self, text):
        for digits, command, back, feed, character in PIECES.findall(text):
            if command == "A":
                self.y = max(0, len(self.lines) - self.height, self.y - int(digits or 1))
            elif command == "K":
                self.lines[self.y] = "" if digits == "2" else self.lines[self.y][: self.x]
            elif back:
                self.x = 0
            elif feed:
                self._down()
            elif character:
                self._put(character)

    def _put(self, character):
        if self.x >= self.columns:
            self.x = 0
            self._down()
        line = self.lines[self.y].ljust(self.x)
        self.lines[self.y] = line[: self.x] + character + line[self.x + 1 :]
        self.x += 1

    def _down(self):
        self.y += 1
        if self.y == len(self.lines):
            self.lines.append("")

    def text(self):
        return "\n".join(line.rstrip() for line in self.lines)


@dataclass
class Seen:
    """What was on the screen: at each change, and at the end."""

    exit_code: int
    end: str
    moments: list[str]
    raw: str


def run_on_screen(command, columns, *, environ, height=50, interrupt_at=None, seconds=240):
    """Run a command on a terminal.

    Args:
        command: The words of the command.
        columns: The terminal's width.
        environ: Its environment.
        height: The terminal's height.
        interrupt_at: A text; once it is on the screen, Ctrl-C is typed.
        seconds: The command is killed, and the test fails, if it takes longer.
    """
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, {**environ, "TERM": "xterm"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", height, columns, 0, 0))
    screen, moments, raw, deadline = Screen(columns, height), [], "", time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            read = os.read(terminal, 65536).decode(errors="replace")
        except OSError:  # the command has ended
            break
        raw += read
        screen.feed(read)
        moments.append(screen.text())
        if interrupt_at and interrupt_at in moments[-1]:
            os.write(terminal, b"\x03")
            interrupt_at = None
    else:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return Seen(os.waitstatus_to_exitcode(status), screen.text(), moments, raw)
