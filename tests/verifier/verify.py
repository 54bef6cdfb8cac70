"""Verifies evidence files of Fundlink by PROTOCOL.md alone, with libraries that others wrote.

Promises: what it accepts follows from the root keys, which the caller names by their fingerprint;
whatever fails is named by its part and a code of PROTOCOL.md (Evidence).
Left to others: the page. It is held against the manifest and not believed.

    verify.py FILE.zip --fingerprint 0123-4567-... [--proof witnessed|logged|signed]
"""

import argparse
import hashlib
import json
import pathlib
import re
import sys
import zipfile

import cbor2
from blake3 import blake3
from pycose.headers import KID, Algorithm, ContentType
from pycose.keys import OKPKey
from pycose.messages import Sign1Message

import c2sp
import cddl

PAGE = pathlib.Path(__file__).parents[2] / "protocol" / "PROTOCOL.md"
DEMANDS = ["signed", "logged", "witnessed"]
LEASE_MS = 86_400_000
PARTS_MAX, PART_MAX, BYTES_MAX = 10_000, 1 << 20, 64 << 20
PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
PEER, STATEMENT, LOG, WITNESS = 1, 2, 3, 4
ACTIVE, REVOKED = 1, 3
NAMES = [
    ("page", r"page\.html"),
    ("manifest", r"manifest\.sha256"),
    ("anchor", r"network/anchor\.cbor"),
    ("authority-key", r"network/authority-key-(0|[1-9][0-9]*)\.cose"),
    ("roster", r"network/roster-(0|[1-9][0-9]*)\.cose"),
    ("roster-proof", r"network/roster-(0|[1-9][0-9]*)\.tlog-proof"),
    ("statement", r"statements/([0-9]{4})-([a-z-]+)-([1-9][0-9]{5})\.cose"),
    ("statement-side", r"statements/([0-9]{4})-([a-z-]+)-([1-9][0-9]{5})\.(?:blinding|tlog-proof)"),
    ("digest", r"leaves/([1-9][0-9]{5})-([1-9][0-9]*)-(0|[1-9][0-9]*)\.digest"),
    ("digest-side", r"leaves/([1-9][0-9]{5})-([1-9][0-9]*)-(0|[1-9][0-9]*)\.(?:tlog-proof|record|blinding)"),
]


# What stands beside which part.
OWNERS = {"statement-side": "cose", "digest-side": "digest", "roster-proof": "cose"}


class Refused(Exception):
    """Why a file proves nothing: a part and a code."""

    def __init__(self, part, code, why=""):
        super().__init__(f"{code} {part} {why}".strip())
        self.part, self.code = part, code


def read_zip(path):
    """The parts of a file; bounded, and none twice."""
    parts, left = {}, BYTES_MAX
    try:
        with zipfile.ZipFile(path) as file:
            if len(file.infolist()) > PARTS_MAX:
                raise Refused(path, "TOO_LARGE")
            for entry in file.infolist():
                kind = entry.external_attr >> 16 & 0o170000
                if entry.filename in parts:
                    raise Refused(entry.filename, "DOUBLED")
                if not PLAIN.fullmatch(entry.filename):
                    raise Refused(entry.filename, "NAME")
                if kind not in (0, 0o100000) or entry.is_dir() or entry.flag_bits & 1:
                    raise Refused(entry.filename, "CONTAINER")
                left -= entry.file_size
                if entry.file_size > PART_MAX or left < 0:
                    raise Refused(entry.filename, "TOO_LARGE")
                parts[entry.filename] = file.read(entry)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, zipfile.zlib.error) as error:
        raise Refused(path, "CONTAINER", str(error)) from error
    return parts


def named(name):
    """What a name says of its part."""
    for kind, form in NAMES:
        match = re.fullmatch(form, name)
        if match:
            return kind, match.groups()
    raise Refused(name, "STRAY")


def beside(name, extension):
    return name.split(".", 1)[0] + "." + extension


def commitment(domain, blinding, data):
    return blake3(domain.encode() + b"\0" + data, key=blinding).digest()


class Statement:
    """A COSE_Sign1 in its one encoding; nothing in it is trusted yet."""

    def __init__(self, part, data, schema):
        self.part, self.bytes = part, data
        try:
            schema.check_bytes("statement", data)
            self.cose = Sign1Message.decode(data)
            kind = re.fullmatch(r"application/fundlink\.([a-z-]+)\.1\+cbor", self.cose.phdr[ContentType])
            self.kind, self.key = kind[1], self.cose.phdr[KID]
            schema.check_bytes(self.kind, self.cose.payload)
        except Exception as error:
            raise Refused(part, "FORM", f"{type(error).__name__}: {error}") from error
        self.payload = cbor2.loads(self.cose.payload)
        self.hash = blake3(self.cose.payload).digest()
        # A roster has its times in other places than the rest.
        everyone = self.kind in ("roster", "heartbeat", "authority-key")
        self.sender = self.payload[1]
        self.to = None if everyone else self.payload[2]
        self.at = self.payload[2 if everyone else 3]

    def signed_by(self, public, network):
        if hashlib.sha256(public).digest()[:16] != self.key:
            return False
        if self.cose.phdr[Algorithm].identifier != -8:
            return False
        self.cose.external_aad = b"fundlink/1/" + network.encode()
        # The library checks by its own Sig_structure; the strict rule is added to it.
        self.cose.key = OKPKey(crv="ED25519", x=public, optional_params={"ALG": "EDDSA"})
        strict = c2sp.verifies(public, self.cose._create_sig_structure(), self.cose.signature)
        return strict and self.cose.verify_signature()


def counts(key, at):
    return key[3] <= at and (4 not in key or at < key[4])


class Roster:
    """A roster whose signature was checked."""

    def __init__(self, statement):
        self.statement, self.payload = statement, statement.payload
        self.issued, self.version = self.payload[2], self.payload[4]
        self.members = {member[1]: member for member in self.payload[7]}

    def check(self):
        """The rules of PROTOCOL.md, 6.2, for one roster."""
        payload, codes = self.payload, [member[1] for member in self.payload[7]]
        keys = [key[2] for member in payload[7] for key in member[6]]
        authorities = [member[1] for member in payload[7] if member[3] == 2]
        yield (self.version > 0 and (5 in payload) == (self.version > 1))
        yield (0 < payload[6] - self.issued <= 30 * 86_400_000)
        yield (codes == sorted(set(codes)) and len(keys) == len(set(keys)))
        yield (authorities == [payload[1]] and self.members[payload[1]][4] == ACTIVE)
        yield (payload[8] == sorted(set(payload[8])))
        # Once leases are given, the seat of a witness that may act no more stays.
        seated = [code in self.members and (13 in payload or self.members[code][4] == ACTIVE) for code in payload[8]]
        yield all(seated)
        for member in payload[7]:
            yield ((10 in member) == (member[4] == REVOKED))
            yield ([log[1] for log in member[8]] == list(range(1, len(member[8]) + 1)))
            yield all(2 in log for log in member[8][:-1])

    def follows(self, before):
        old, new = before.payload, self.payload
        yield (new[5] == before.statement.hash and (new[3], new[1], new[9]) == (old[3], old[1], old[9]))
        yield (new[2] >= old[2] and new[10] >= old[10] and new[11] >= old[11])
        yield set(before.members) <= set(self.members)
        yield self.lends_after(before)
        for code, member in before.members.items():
            later = self.members.get(code, {6: []})
            ends = {(key[1], key[2], key[3]): key.get(4) for key in later[6]}
            for key in member[6]:
                name, end = (key[1], key[2], key[3]), key.get(4)
                yield (name in ends and (end is None or (ends[name] is not None and ends[name] <= end)))

    def lends_after(self, before):
        """Once lending is open, one witness is added or dropped, and not again within a lease."""
        known, lending = before.payload.get(13), self.payload.get(13)
        changed = set(before.payload[8]) ^ set(self.payload[8])
        if lending is None:
            return known is None
        opened = self.payload[4] if known is None else known[1]
        if not changed:
            return lending == (known or {1: opened, 2: opened, 3: self.issued})
        if known is None or len(changed) > 1 or self.issued - known[3] < LEASE_MS:
            return False
        added = changed & set(self.payload[8])
        newest = {4: code for code in added}
        return lending == {1: opened, 2: self.payload[4], 3: self.issued, **newest}

    def keys(self, center, purpose, at):
        member = self.members.get(center)
        keys = [key for key in member[6] if key[1] == purpose and counts(key, at)] if member else []
        return sorted(keys, key=lambda key: -key[3])

    def log_keys(self, log, at):
        member = self.members.get(log[0])
        if not member or member[4] == REVOKED or log[1] not in [one[1] for one in member[8]]:
            return []
        return [key[2] for key in self.keys(log[0], LOG, at)]

    def witness_keys(self, log, at):
        """The witnesses other than the log's center that have a key, and how many must cosign."""
        others = [code for code in self.payload[8] if code != log[0]]
        keys = {}
        for code in others:
            if self.members[code][4] == ACTIVE and self.keys(code, WITNESS, at):
                keys[code] = self.keys(code, WITNESS, at)[0][2]
        return keys, len(others) // 2 + 1


class Evidence:
    """The parts of one file on their way to a report."""

    def __init__(self, parts, fingerprint, demand, schema):
        self.parts, self.demand, self.schema = parts, DEMANDS.index(demand), schema
        self.kinds = {name: named(name) for name in parts}
        for name, data in parts.items():
            if len(data) > PART_MAX:
                raise Refused(name, "TOO_LARGE")
        self.anchor = self.read_anchor(fingerprint)
        self.network, self.authority = self.anchor[1], self.anchor[2]
        self.rosters = self.read_rosters(self.read_authority_keys())
        self.statements, self.leaves = [], {}
        for roster in self.rosters:
            self.prove_roster(roster)
        for name in self.of("statement"):
            self.statements.append(self.prove_statement(name))
        self.check_places()
        for name in self.of("digest"):
            self.prove_digest(name)
        for name, (kind, _) in self.kinds.items():
            owner = OWNERS.get(kind)
            if owner and beside(name, owner) not in parts:
                raise Refused(name, "STRAY")
        self.open_leaves()
        listed = [entry for said in self.statements for entry in self.listed_in(said)]
        self.accesses = [self.prove_access(*entry) for entry in listed]
        if not self.statements and not self.leaves:
            raise Refused("statements/", "MISSING")
        self.check_manifest()

    def of(self, kind):
        return sorted(name for name, (is_kind, _) in self.kinds.items() if is_kind == kind)

    def part(self, name):
        if name not in self.parts:
            raise Refused(name, "MISSING")
        return self.parts[name]

    def read_anchor(self, fingerprint):
        name = "network/anchor.cbor"
        data = self.part(name)
        try:
            self.schema.check_bytes("trust-anchor", data)
        except Exception as error:
            raise Refused(name, "FORM", str(error)) from error
        anchor = cbor2.loads(data)
        digits = blake3(data).digest()[:16].hex()
        self.fingerprint = "-".join(digits[at:at + 4] for at in range(0, 32, 4))
        if fingerprint is not None and self.fingerprint != fingerprint:
            raise Refused(name, "ANCHOR", self.fingerprint)
        if anchor[3] != sorted(set(anchor[3])):
            raise Refused(name, "ANCHOR")
        return anchor

    def read_authority_keys(self):
        keys = {}
        for name in self.of("authority-key"):
            said = Statement(name, self.parts[name], self.schema)
            signed = any(said.signed_by(root, self.network) for root in self.anchor[3])
            if said.kind != "authority-key" or said.sender != self.authority or not signed:
                raise Refused(name, "CHAIN")
            if said.payload[5] != int(self.kinds[name][1][0]) or said.payload[5] == 0:
                raise Refused(name, "FORM")
            keys[said.payload[5]] = said
        return keys

    def read_rosters(self, keys):
        rosters = []
        for name in self.of("roster"):
            said = Statement(name, self.parts[name], self.schema)
            if said.kind != "roster" or said.payload[10] not in keys:
                raise Refused(name, "CHAIN")
            named_keys = keys[said.payload[10]].payload
            publics = [named_keys[3], named_keys.get(4)]
            if not any(public and said.signed_by(public, self.network) for public in publics):
                raise Refused(name, "CHAIN")
            roster = Roster(said)
            if said.sender != self.authority or said.payload[3] != self.network or not all(roster.check()):
                raise Refused(name, "CHAIN")
            if roster.version != int(self.kinds[name][1][0]):
                raise Refused(name, "FORM")
            rosters.append(roster)
        if not rosters:
            raise Refused("network/roster-1.cose", "MISSING")
        rosters.sort(key=lambda roster: roster.version)
        for before, after in zip(rosters, rosters[1:]):
            if after.version != before.version + 1:
                raise Refused(f"network/roster-{before.version + 1}.cose", "MISSING")
            if not all(after.follows(before)):
                raise Refused(after.statement.part, "CHAIN")
        return rosters

    def roster_at(self, at):
        in_force = [roster for roster in self.rosters if roster.issued <= at]
        return in_force[-1] if in_force else self.rosters[0]

    def quorum(self, roster, at, log, proof):
        """The times of the cosignatures that count by a roster's keys; None without a quorum."""
        signed = [proof.note.signed_by_log(key) for key in roster.log_keys(log, at)]
        if True not in signed or False in signed:
            return None
        keys, threshold = roster.witness_keys(log, at)
        name = f"fundlink/{self.network}/{{}}/witness"
        times = {code: proof.note.cosigned_by(name.format(code), key) for code, key in keys.items()}
        times = {code: time for code, time in times.items() if time is not None}
        if 0 in times.values() or len(times) < threshold:
            return None
        return times

    def standing(self, name, entry, data=None):
        """Log, index, how far an entry is proved, by when, and by whom."""
        try:
            proof = c2sp.Proof(self.parts[name] if data is None else data)
        except c2sp.Malformed as error:
            raise Refused(name, "FORM", str(error)) from error
        form = rf"fundlink/{re.escape(self.network)}/([1-9][0-9]{{5}})/([1-9][0-9]*)(/audit)?"
        origin = re.fullmatch(form, proof.checkpoint.origin)
        if not origin or not proof.includes(entry):
            raise Refused(name, "INCLUSION")
        log = (int(origin[1]), int(origin[2]), "audit" if origin[3] else "public")
        for roster in reversed(self.rosters):
            first = self.quorum(roster, roster.issued, log, proof)
            if not first:
                continue
            at = max(first.values()) * 1000
            second = self.quorum(self.roster_at(at), at, log, proof)
            if second:
                return log, proof.index, "witnessed", max(second.values()) * 1000, sorted(second)
        for roster in self.rosters:
            signed = [proof.note.signed_by_log(key) for key in roster.log_keys(log, roster.issued)]
            if True in signed and False not in signed:
                return log, proof.index, "logged", None, []
        raise Refused(name, "INCLUSION")

    def demanded(self, name, level):
        if DEMANDS.index(level) < self.demand:
            raise Refused(name, "TOO_WEAK")

    def prove_roster(self, roster):
        name = roster.statement.part
        proof, level = beside(name, "tlog-proof"), "signed"
        if proof in self.parts:
            log, _, level, _, _ = self.standing(proof, roster.statement.hash)
            if (log[0], log[2]) != (self.authority, "public"):
                raise Refused(proof, "INCLUSION")
        self.demanded(name, level)

    def prove_statement(self, name):
        said = Statement(name, self.parts[name], self.schema)
        blinding, proof = beside(name, "blinding"), beside(name, "tlog-proof")
        level, said.witnessed, said.witnesses, log = "signed", None, [], None
        if blinding in self.parts or proof in self.parts:
            if len(self.part(blinding)) != 32:
                raise Refused(blinding, "FORM")
            entry = commitment("fundlink/1 statement", self.parts[blinding], said.bytes)
            self.part(proof)
            log, _, level, said.witnessed, said.witnesses = self.standing(proof, entry)
            if log[2] != "audit" or log[0] not in (said.sender, said.to):
                raise Refused(proof, "INCLUSION")
        self.demanded(name, level)
        self.check_compromise(said)
        at = said.at if said.witnessed is None else said.witnessed
        roster = self.roster_at(at)
        member = roster.members.get(said.sender)
        keys = [key[2] for key in roster.keys(said.sender, STATEMENT, at)]
        if not member or member[4] == REVOKED:
            raise Refused(name, "SIGNATURE")
        if not any(said.signed_by(key, self.network) for key in keys):
            raise Refused(name, "SIGNATURE")
        place, kind, sender = self.kinds[name][1]
        if (kind, int(sender)) != (said.kind, said.sender):
            raise Refused(name, "FORM")
        return said

    def check_compromise(self, said):
        member = self.rosters[-1].members.get(said.sender, {})
        revocation = member.get(10)
        if revocation and revocation[3] and (said.witnessed is None or said.witnessed >= revocation[1]):
            raise Refused(said.part, "UNPROVEN")

    def check_places(self):
        hashes, letters, transfers = set(), set(), set()
        for place, said in enumerate(self.statements, 1):
            if int(self.kinds[said.part][1][0]) != place:
                raise Refused(said.part, "NUMBERING")
            if said.hash in hashes:
                raise Refused(said.part, "DOUBLED")
            hashes.add(said.hash)
            if said.kind == "letter":
                letters.add(said.hash)
        for said in self.statements:
            if said.kind == "answer" and said.payload[5] not in hashes:
                raise Refused(said.part, "CONTEXT")
            if said.kind in TRANSFER_STEPS:
                transfers.add(said.payload[4])
                if letters and said.payload[4] not in letters or not letters and len(transfers) > 1:
                    raise Refused(said.part, "CONTEXT")

    def prove_digest(self, name):
        data, proof, level, at, who = self.parts[name], beside(name, "tlog-proof"), "signed", None, []
        try:
            self.schema.check_bytes("digest", data)
        except Exception as error:
            raise Refused(name, "FORM", str(error)) from error
        center, number, index = map(int, self.kinds[name][1])
        if proof in self.parts:
            log, found, level, at, who = self.standing(proof, data)
            if log != (center, number, "public") or found != index:
                raise Refused(proof, "INCLUSION")
        self.demanded(name, level)
        self.leaves[center, number, index] = {
            "part": name, "bytes": data, "digest": cbor2.loads(data), "opened": None,
            "at": at, "witnesses": who,
        }

    def open_leaves(self):
        for leaf in self.leaves.values():
            record, blinding = beside(leaf["part"], "record"), beside(leaf["part"], "blinding")
            if record in self.parts or blinding in self.parts:
                if len(self.part(blinding)) != 32:
                    raise Refused(blinding, "FORM")
                opened = commitment("fundlink/1 record", self.parts[blinding], self.part(record))
                if opened != leaf["digest"][7]:
                    raise Refused(record, "OPENING")
                leaf["opened"] = record
        for said in self.statements:
            for reference, opened in shown_in(said):
                self.open_by(said, reference, opened)
            if said.kind == "sheet":
                opened = commitment("fundlink/1 record", said.payload[16], said.cose.payload)
                for leaf in self.leaves.values():
                    if leaf["digest"][7] == opened:
                        leaf["opened"] = said.part

    def open_by(self, said, reference, opened):
        place = (said.sender, reference[1], reference[2])
        if place not in self.leaves:
            raise Refused("leaves/{}-{}-{}.digest".format(*place), "MISSING")
        leaf = self.leaves[place]
        if leaf["bytes"] != reference[3] or opened == "wrong":
            raise Refused(said.part, "OPENING")
        if opened is not None:
            if leaf["digest"][7] != opened:
                raise Refused(said.part, "OPENING")
            leaf["opened"] = said.part

    def listed_in(self, said):
        """The entries of the access lists in an answer, each with its person."""
        if said.kind != "answer" or said.payload[6][0] != 2:
            return
        question = next(other for other in self.statements if other.hash == said.payload[5])
        subjects = question.payload[8] if question.kind == "query" else []
        for person, outcome in zip(subjects, said.payload[6][1][2]):
            for entry in outcome[1].get(6, {}).get(1, []) if outcome[0] == 1 else []:
                yield said, person, entry

    def prove_access(self, said, person, entry):
        level, at = "signed", None
        if 5 in entry:
            log, index, level, at, _ = self.standing(said.part, entry[4], entry[5])
            if log != (said.sender, entry[2], "audit") or index != entry[3]:
                raise Refused(said.part, "INCLUSION")
        if 6 in entry:
            self.check_shown(said, person, entry, at)
        return {"part": said.part, "by": entry[1][2], "of": entry[1][3], "proved": level, "shown": 6 in entry}

    def check_shown(self, said, person, entry, witnessed):
        """A question that is shown is the one of the entry, about the person, by its asker."""
        access, blinding, data = entry[1], entry[6][1], entry[6][2]
        if commitment("fundlink/1 statement", blinding, data) != entry[4]:
            raise Refused(said.part, "OPENING")
        question = Statement(said.part, data, self.schema)
        payload = question.payload
        listed = (access[2], access[3], access[4], access[5], access[6], access[7], access[8])
        asked = (payload[1], payload[2], payload[7], payload[6], payload[10], payload[12], question.hash)
        if question.kind != "query" or listed != asked:
            raise Refused(said.part, "FORM")
        if [upgraded(subject[2]) for subject in payload[8]] != [upgraded(person[2])]:
            raise Refused(said.part, "FORM")
        question.witnessed = witnessed
        self.check_compromise(question)
        at = access[1] if witnessed is None else witnessed
        keys = [key[2] for key in self.roster_at(at).keys(question.sender, STATEMENT, at)]
        if not any(question.signed_by(key, self.network) for key in keys):
            raise Refused(said.part, "SIGNATURE")

    def check_manifest(self):
        name = "manifest.sha256"
        lines = {}
        for line in self.part(name).decode("utf-8", "replace").splitlines():
            digest, _, part = line.partition("  ")
            lines[part] = digest
        for part, data in self.parts.items():
            if part != name and lines.pop(part, None) != hashlib.sha256(data).hexdigest():
                raise Refused(part, "MANIFEST")
        if lines or manifest(self.parts) != self.parts[name]:
            raise Refused(next(iter(lines), name), "MANIFEST")
        self.part("page.html")

    def report(self):
        return {
            "verified": True,
            "network": self.network,
            "fingerprint": self.fingerprint,
            "rosters": [roster.version for roster in self.rosters],
            "statements": [
                {"part": said.part, "kind": said.kind, "from": said.sender, "hash": said.hash.hex(),
                 "witnessed_at_ms": said.witnessed, "witnesses": said.witnesses}
                for said in self.statements
            ],
            "leaves": [
                {"part": leaf["part"], "status": leaf["digest"][1], "record": leaf["opened"],
                 "witnessed_at_ms": leaf["at"], "witnesses": leaf["witnesses"]}
                for leaf in self.leaves.values()
            ],
            "accesses": self.accesses,
        }


TRANSFER_STEPS = {
    "cancellation", "cancellation-answer", "acceptance", "transfer-refusal", "refusal-confirmation",
    "sheet", "remittance", "difference", "correction", "reversal", "restoration", "credit", "return",
}


def shown_in(said):
    """The leaves that an answer names, each with the commitment that it opens, if it shows one."""
    if said.kind != "answer" or said.payload[6][0] != 2:
        return
    for payout in said.payload[6][1].get(3, []):
        if 4 in payout:
            yield payout[4], None
    for outcome in said.payload[6][1][2]:
        if outcome[0] != 1:
            continue
        found = outcome[1]
        for account in found.get(2, []):
            if 8 in account:
                yield account[8], None
        for loan in found.get(3, {}).get(3, []):
            if 6 in loan:
                yield loan[6], loan_commitment(loan)
        if 4 in found:
            issued = found[4]
            yield issued[3], commitment("fundlink/1 record", issued[2], canonical(issued[1]))


def loan_commitment(loan):
    """What the record of a loan commits to, when the person in it is the party that it says."""
    parties, place = loan[1][2], loan[3]
    sealed = commitment("fundlink/1 record", loan[5], canonical(loan[4]))
    if place >= len(parties) or (parties[place][1], parties[place][2]) != (loan[4][1], sealed):
        return "wrong"
    return commitment("fundlink/1 record", loan[2], canonical(loan[1]))


def upgraded(document):
    """A document by type and number, the 15-digit form of a citizen's number in its 18 digits."""
    kind, number = document[1], document[2]
    if kind != 1 or len(number) != 15:
        return kind, number
    body = number[:6] + "19" + number[6:]
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    total = sum(int(digit) * weight for digit, weight in zip(body, weights))
    return kind, body + "10X98765432"[total % 11]


def canonical(value):
    return cbor2.dumps(value, canonical=True)


def manifest(parts):
    lines = [
        f"{hashlib.sha256(data).hexdigest()}  {name}\n"
        for name, data in sorted(parts.items())
        if name != "manifest.sha256"
    ]
    return "".join(lines).encode()


def schema():
    return cddl.Schema.of_page(PAGE.read_text(encoding="utf-8"))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("file")
    arguments.add_argument("--fingerprint")
    arguments.add_argument("--proof", choices=DEMANDS, default="witnessed")
    given = arguments.parse_args()
    try:
        evidence = Evidence(read_zip(given.file), given.fingerprint, given.proof, schema())
    except Refused as refused:
        print(refused, file=sys.stderr)
        sys.exit(4)
    print(json.dumps(evidence.report(), indent=2))


if __name__ == "__main__":
    main()
