"""``hrm`` as a process that begins at once: ``ready`` makes what stands in a command for ``python -m hrm``.

Starting Python with torch takes seconds of a processor. One process does that for all tests of a call of pytest, and
forks for every program: that has a folder, an environment, standard streams, signals and an exit status of its own, as
any other; after ``-c`` it is a piece of Python. What a program does while it is starting, what the environment says to
Python itself (``PYTHON...``) and other streams than the first three only a process from the beginning can show.

This file is also the client, which a shell or ``subprocess`` starts: it hands over its streams, passes signals on, and
ends as the program ends. It imports next to nothing.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import struct
import sys
import time

SIZE = struct.Struct("q")
PASSED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")
FAILED = ".failed"
"""The file beside the server's address that says why there is no server, so that nobody waits for it."""

AFTER_S = 1.0
"""How often the server looks whether those who need it are there."""


def read(connection: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = connection.recv(size - len(found))
        if not part:
            raise EOFError
        found += part
    return found


def call(address: str, args: list[str]) -> int:
    """The client: the exit status of a program, or the negative number of the signal that ended it."""
    connection = _connected(address)
    told = json.dumps([args, os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(connection, [SIZE.pack(len(told))], [0, 1, 2])
    connection.sendall(told)
    (program,) = SIZE.unpack(read(connection, SIZE.size))
    for name in PASSED:
        signal.signal(getattr(signal, name), lambda number, _: os.kill(program, number))
    connection.sendall(b"!")  # from now on no signal is lost, and the program begins
    for number in range(3):
        os.close(number)  # the program's alone: who reads sees its end
    return int(SIZE.unpack(read(connection, SIZE.size))[0])


def _connected(address: str) -> socket.socket:
    """As soon as the server is there, which takes seconds for the first call."""
    deadline = time.monotonic() + 120
    while True:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(address)
            return connection
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            if os.path.exists(f"{address}{FAILED}"):
                with open(f"{address}{FAILED}") as file:
                    raise RuntimeError(f"no program can start:\n{file.read()}") from None
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def serve(address: str, needed_by: int) -> list[str] | None:
    """Fork for every call, until the process ``needed_by`` is gone. The arguments, where this is the program now."""
    import gc
    import tempfile
    import traceback

    try:
        import torch._dynamo  # noqa: F401  # which every optimizer imports

        import hrm.cli.solve
        import hrm.cli.train
        import hrm.training.run  # noqa: F401

        assert "huggingface_hub" not in sys.modules, "it reads the environment when it is imported"
    except BaseException:
        with open(f"{address}{FAILED}", "w") as file:
            file.write(traceback.format_exc())
        raise

    os.setsid()  # a terminal's Ctrl-C is for others
    gc.freeze()
    children: list[int] = []
    tempfile.tempdir = None  # the program's environment says where that is
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(16)
        while _is_there(needed_by):
            children = [child for child in children if os.waitpid(child, os.WNOHANG) == (0, 0)]
            if not select.select([listener], [], [], AFTER_S)[0]:
                continue
            connection = listener.accept()[0]
            if (child := os.fork()) == 0:
                listener.close()
                return _answer(connection)
            children.append(child)
            connection.close()
    os.unlink(address)
    os.rmdir(os.path.dirname(address))
    return None


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _answer(connection: socket.socket) -> list[str]:
    """Forks once more and waits, to tell how the program ended; in the program itself, its arguments."""
    size, streams, _, _ = socket.recv_fds(connection, SIZE.size, 3)
    args, folder, environment = json.loads(read(connection, SIZE.unpack(size)[0]))
    begin, tell = os.pipe()
    if (program := os.fork()) == 0:
        connection.close()
        os.close(tell)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        sys.stdin = os.fdopen(0, closefd=False)
        sys.stdout = os.fdopen(1, "w", closefd=False)
        sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        if not os.read(begin, 1):
            os._exit(1)  # nobody waits for it any more
        os.close(begin)
        return list(args)
    for file in (*streams, begin):
        os.close(file)
    connection.sendall(SIZE.pack(program))
    try:
        read(connection, 1)
        os.write(tell, b"!")
        connection.sendall(SIZE.pack(_ended(program, connection)))
    except (EOFError, OSError):  # the client is gone
        os._exit(1)
    os._exit(0)


def _ended(program: int, connection: socket.socket) -> int:
    """The exit status of a program, which is killed where its client is gone: a test that ran out of time."""
    watch = [os.pidfd_open(program)] if hasattr(os, "pidfd_open") else []
    while True:
        ready = select.select([connection, *watch], [], [], None if watch else 0.05)[0]
        found, status = os.waitpid(program, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if connection in ready:  # nothing is sent here: it is closed
            os.kill(program, signal.SIGKILL)
            os.waitpid(program, 0)
            raise EOFError


def ready(folder: str, needed_by: int) -> list[str]:
    """The beginning of a command, in place of ``python -m hrm``; the same server for all who name this folder."""
    import fcntl
    import tempfile

    place = os.path.join(folder, "programs")
    with open(place, "a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        address = file.read()
        if not address:
            address = os.path.join(tempfile.mkdtemp(prefix="hrm"), "s")  # short: the name of a socket has 100 bytes
            server = [sys.executable, "-P", __file__, "serve", address, str(needed_by)]
            nowhere = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1)]
            os.posix_spawn(sys.executable, server, os.environ, file_actions=nowhere)
            file.write(address)
    return [sys.executable, "-I", "-S", __file__, address]


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        if (given := serve(sys.argv[2], int(sys.argv[3]))) is not None:
            if given[0] == "-c":
                sys.argv = ["-c", *given[2:]]
                exec(given[1], {"__name__": "__main__"})
                sys.exit()
            from hrm.cli import main

            sys.argv = ["hrm", *given]
            sys.exit(main())
    else:
        status = call(sys.argv[1], sys.argv[2:])
        if status < 0:
            signal.signal(-status, signal.SIG_DFL)
            os.kill(os.getpid(), -status)
        os._exit(status)
