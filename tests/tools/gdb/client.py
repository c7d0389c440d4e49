"""A server of gdb's protocol under test, and a client that says what it likes: shared by the tests of rt0 serve."""
import re
import socket
import subprocess

PATIENCE = 60  # seconds until something that does not come counts as lost


class Server:
    """rt0 serve --gdb 0 with the built-in program or another."""

    def __init__(self, rt0, *arguments):
        self.process = subprocess.Popen([rt0, "serve", "--gdb", "0", *arguments], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        line = self.process.stderr.readline().decode()
        found = re.search(r"127\.0\.0\.1:(\d+)", line)
        if not found:
            raise RuntimeError(line or "rt0 serve said nothing")
        self.port = int(found.group(1))

    def alive(self):
        return self.process.poll() is None

    def connect(self):
        return Client(self.port)

    def stop(self):
        """Its own end, asked for by a client; what it wrote."""
        with self.connect() as c:
            c.ask("qRcmd," + b"exit".hex())
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def raw(self, data):
        self.socket.sendall(data)

    def send(self, payload):
        payload = payload if isinstance(payload, bytes) else payload.encode()
        self.raw(b"$" + payload + b"#%02x" % (sum(payload) % 256))

    def answer(self):
        """The payload of the next packet; None when the server has gone. Acknowledges it."""
        while True:
            found = re.search(rb"\$([^#]*)#..", self.buffer, re.DOTALL)
            if found:
                self.buffer = self.buffer[found.end():]
                self.raw(b"+")
                return re.sub(rb"}(.)", lambda m: bytes([m.group(1)[0] ^ 0x20]), found.group(1), flags=re.DOTALL)
            data = self.socket.recv(65536)
            if not data:
                return None
            self.buffer += data

    def ask(self, payload):
        """The answer to a packet; the console's text is left out."""
        self.send(payload)
        while True:
            answer = self.answer()
            if answer is None or answer == b"OK" or not answer.startswith(b"O"):
                return answer
