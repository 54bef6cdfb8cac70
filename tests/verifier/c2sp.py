"""Signed notes, checkpoints, cosignatures and tlog-proofs of c2sp.org, each in its one form."""

import base64
import hashlib
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LOG, COSIGNER = 0x01, 0x04
# Points of small order, with the sign bit off: whoever "owns" such a key signs anything.
WEAK = {
    "00" * 32, "01" + "00" * 31,
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ec" + "ff" * 30 + "7f", "ed" + "ff" * 30 + "7f", "ee" + "ff" * 30 + "7f",
}


class Malformed(Exception):
    """Bytes that are not of the form that the specification gives."""


def decoded(text):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Malformed("base64") from error
    if base64.b64encode(data).decode() != text:
        raise Malformed("base64")
    return data


def verifies(public, message, signature):
    """Ed25519 by the strict rule: no key and no commitment of small order."""
    if len(signature) != 64:
        return False
    for point in (public, signature[:32]):
        if (point[:31] + bytes([point[31] & 0x7F])).hex() in WEAK:
            return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def key_id(name, kind, public):
    return hashlib.sha256(name.encode() + bytes([0x0A, kind]) + public).digest()[:4]


class Note:
    """Text with signature lines below it."""

    def __init__(self, data):
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Malformed("note") from error
        head, gap, tail = whole.rpartition("\n\n")
        if len(data) > 65536 or not gap or not tail.endswith("\n") or re.search("[\0-\x09\x0b-\x1f]", head):
            raise Malformed("note")
        self.text = head + "\n"
        self.lines = [self.line(line) for line in tail[:-1].split("\n")]
        if len(self.lines) > 64:
            raise Malformed("too many signatures")

    @staticmethod
    def line(line):
        match = re.fullmatch("\u2014 ([^\\s+]+) (\\S+)", line)
        data = decoded(match[2]) if match else b""
        if len(data) < 5:
            raise Malformed("signature line")
        return match[1], data[:4], data[4:]

    def by(self, name, kind, public):
        wanted = (name, key_id(name, kind, public))
        return [signature for who, which, signature in self.lines if (who, which) == wanted]

    def signed_by_log(self, public):
        """Whether the log's key signed; None when no line claims it. One bad line spoils the note."""
        lines = self.by(Checkpoint(self.text).origin, LOG, public)
        text = self.text.encode()
        return all(verifies(public, text, line) for line in lines) if lines else None

    def cosigned_by(self, name, public):
        """The latest time at which a witness cosigned, 0 for a line that spoils, None for none."""
        latest = None
        for line in self.by(name, COSIGNER, public):
            time = int.from_bytes(line[:8], "big")
            message = f"cosignature/v1\ntime {time}\n{self.text}".encode()
            if len(line) != 72 or time >= 1 << 63 or not verifies(public, message, line[8:]):
                return 0
            latest = max(latest or 0, time)
        return latest


class Checkpoint:
    """Origin, size and root of a log."""

    def __init__(self, text):
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not re.fullmatch("0|[1-9][0-9]{0,18}", lines[1]):
            raise Malformed("checkpoint")
        self.origin, self.size, self.root = lines[0], int(lines[1]), decoded(lines[2])
        if len(self.root) != 32 or self.size >= 1 << 63:
            raise Malformed("checkpoint")


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


class Proof:
    """A tlog-proof: that an entry is a leaf of the tree of a checkpoint."""

    def __init__(self, data):
        try:
            head, gap, note = data.decode("utf-8").partition("\n\n")
        except UnicodeDecodeError as error:
            raise Malformed("proof") from error
        lines = head.split("\n")
        if not gap or lines[0] != "c2sp.org/tlog-proof@v1" or len(lines) < 2:
            raise Malformed("proof")
        index = re.fullmatch("index (0|[1-9][0-9]{0,18})", lines[1])
        self.path = [decoded(line) for line in lines[2:]]
        if not index or len(self.path) > 63 or any(len(hash) != 32 for hash in self.path):
            raise Malformed("proof")
        self.index, self.note = int(index[1]), Note(note.encode())
        self.checkpoint = Checkpoint(self.note.text)

    def includes(self, entry):
        return self.includes_hash(hashlib.sha256(b"\x00" + entry).digest())

    def includes_hash(self, hash):
        """RFC 9162, 2.1.3.2."""
        place, last = self.index, self.checkpoint.size - 1
        if place > last:
            return False
        for sibling in self.path:
            if last == 0:
                return False
            if place & 1 or place == last:
                hash = node(sibling, hash)
                while not place & 1 and place:
                    place, last = place >> 1, last >> 1
            else:
                hash = node(hash, sibling)
            place, last = place >> 1, last >> 1
        return last == 0 and hash == self.checkpoint.root
