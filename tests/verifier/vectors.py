"""Holds the vectors of protocol/vectors/ against libraries that others wrote.

Signatures, hashes, commitments, tags, notes and proofs are computed anew from the inputs in the files;
evidence files are verified, and 100 single changes to each are refused.
"""

import hashlib
import hmac
import json
import pathlib
import re
import sys
import tempfile

import cbor2
from blake3 import blake3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

import c2sp
import changes
import verify

FOLDER = verify.PAGE.parent / "vectors"


def vectors(name):
    with open(FOLDER / f"{name}.json", encoding="utf-8") as file:
        return json.load(file)["vectors"]


def hexes(vector, *keys):
    return [bytes.fromhex(vector[key]) for key in keys]


def same(vector, what, found, expected):
    if found != expected:
        sys.exit(f"{vector['name']}: {what} differs")


def raw(key):
    return key.public_key().public_bytes_raw()


def check_statements(schema):
    for vector in vectors("statements"):
        seed, public, payload, whole, signature = hexes(
            vector, "seed", "public_key", "cbor", "statement", "signature")
        key = Ed25519PrivateKey.from_private_bytes(seed)
        same(vector, "public key", raw(key), public)
        same(vector, "key id", hashlib.sha256(public).digest()[:16].hex(), vector["key_id"])
        said = verify.Statement(vector["name"], whole, schema)
        same(vector, "kind", said.kind, vector["statement_kind"])
        same(vector, "payload", said.cose.payload, payload)
        same(vector, "hash", said.hash.hex(), vector["hash"])
        network = bytes.fromhex(vector["external_aad"]).decode().removeprefix("fundlink/1/")
        same(vector, "signature by the library", said.signed_by(public, network), True)
        same(vector, "Sig_structure", said.cose._create_sig_structure().hex(), vector["to_be_signed"])
        same(vector, "signature", key.sign(bytes.fromhex(vector["to_be_signed"])), signature)
        same(vector, "signature in another network", said.signed_by(public, network + "x"), False)


def check_records():
    for vector in vectors("records"):
        if "commitment" in vector:
            domain = "fundlink/1 statement" if "bytes" in vector else "fundlink/1 record"
            data, blinding = hexes(vector, "bytes" if "bytes" in vector else "cbor", "blinding")
            found = verify.commitment(domain, blinding, data).hex()
            same(vector, "commitment", found, vector["commitment"])
        if "rows" in vector:
            rows = b"".join(bytes.fromhex(row) for row in vector["rows"])
            found = blake3(rows, derive_key_context=vector["context"]).hexdigest()
            same(vector, "hash of the rows", found, vector["hash"])


def check_tags():
    for vector in vectors("tags"):
        if "tag" in vector:
            key, data = hexes(vector, "tag_key", "input")
            same(vector, "tag", blake3(data, key=key).hexdigest(), vector["tag"])
        if "document_number" in vector:
            number, kind = vector["document_number"], vector["document_type"]
            kind, number = verify.upgraded({1: kind, 2: number})
            text = f"person\0{kind:02}:{number}".encode()
            same(vector, "input", text.hex(), vector["input"])
        if "sealed" in vector:
            same(vector, "opened box", opened(vector).hex(), vector["plain"])
        if vector["name"].startswith("property by its "):
            kind = vector["name"].rsplit(" ", 1)[1]
            text = f"property\0{kind}/{property_key(vector['written'])}".encode()
            same(vector, "input", text.hex(), vector["input"])


def opened(vector):
    """HPKE, RFC 9180, base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305."""
    secret, info, aad, sealed = hexes(vector, "receiver_secret", "info", "aad", "sealed")
    encapsulated, ciphertext = sealed[:32], sealed[32:]
    key = X25519PrivateKey.from_private_bytes(secret)
    shared = key.exchange(X25519PublicKey.from_public_bytes(encapsulated))
    kem, suite = b"KEM\0\x20", b"HPKE\0\x20\0\x01\0\x03"

    def extract(of, salt, label, data):
        return hmac.digest(salt or bytes(32), b"HPKE-v1" + of + label + data, "sha256")

    def expand(of, prk, label, data, length):
        labelled = length.to_bytes(2, "big") + b"HPKE-v1" + of + label + data
        return hmac.digest(prk, labelled + b"\x01", "sha256")[:length]

    context = encapsulated + key.public_key().public_bytes_raw()
    shared = expand(kem, extract(kem, b"", b"eae_prk", shared), b"shared_secret", context, 32)
    ids, infos = extract(suite, b"", b"psk_id_hash", b""), extract(suite, b"", b"info_hash", info)
    prk, context = extract(suite, shared, b"secret", b""), b"\0" + ids + infos
    cipher = ChaCha20Poly1305(expand(suite, prk, b"key", context, 32))
    return cipher.decrypt(expand(suite, prk, b"base_nonce", context, 12), ciphertext, aad)


def property_key(written):
    """The one form of a title number or a place: PROTOCOL.md, 4."""
    narrow = "".join(chr(ord(c) - 0xFEE0) if "\uff01" <= c <= "\uff5e" else c for c in written)
    enclosing = "()[]{}<>〔〕【】〈〉《》「」\"'“”‘’`"
    marks = "-~/\\.,:;_#|\u00b7\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u3001\u3002"
    kept = "".join(c for c in narrow if not c.isspace() and c not in enclosing)
    joined = re.sub(f"[{re.escape(marks)}]+", "-", kept).strip("-")
    return "".join(c.upper() if c.isascii() else c for c in joined)


def verifier_key(text):
    name, key_id, data = text.split("+", 2)
    data = c2sp.decoded(data)
    if c2sp.key_id(name, data[0], data[1:]).hex() != key_id:
        sys.exit(f"{text}: the id of the key differs")
    return name, data[0], data[1:]


def check_logs():
    for vector in vectors("logs"):
        if "leaf_hash" in vector:
            check_inclusion(vector)
        if "old_root" in vector:
            check_consistency(vector)
        if "left" in vector:
            left, right = hexes(vector, "left", "right")
            same(vector, "node", c2sp.node(left, right).hex(), vector["hash"])
        if "note" in vector and "text" in vector:
            name, _, public = verifier_key(vector["verifier_key"])
            note = c2sp.Note(vector["note"].encode())
            same(vector, "name", name, vector["origin"])
            same(vector, "signature of the log", note.signed_by_log(public), True)
        if "line" in vector:
            name, _, public = verifier_key(vector["verifier_key"])
            text = bytes.fromhex(vector["to_be_signed"]).decode().split("\n", 2)[2]
            note = c2sp.Note(f"{text}\n{vector['line']}\n".encode())
            same(vector, "time", note.cosigned_by(name, public), vector["time"])
        if "proof" in vector and "policy" in vector:
            check_proof(vector)
        if vector.get("cddl") == "equivocation":
            value = cbor2.loads(bytes.fromhex(vector["cbor"]))
            _, _, public = verifier_key(vector["verifier_key"])
            for data in (value[1], value[2]):
                same(vector, "signature", c2sp.Note(data).signed_by_log(public), True)


def check_inclusion(vector):
    proof = object.__new__(c2sp.Proof)
    proof.index, proof.path = vector["index"], [bytes.fromhex(hash) for hash in vector["path"]]
    proof.checkpoint = object.__new__(c2sp.Checkpoint)
    proof.checkpoint.size, proof.checkpoint.root = vector["size"], bytes.fromhex(vector["root"])
    entries = [bytes.fromhex(leaf) for leaf in [vector["leaf_hash"]]]
    same(vector, "inclusion", proof.includes_hash(entries[0]), True)
    proof.index += 1
    same(vector, "inclusion elsewhere", proof.includes_hash(entries[0]), False)


def check_consistency(vector):
    """RFC 9162, 2.1.4.2."""
    old, new = vector["old_size"], vector["new_size"]
    path = [bytes.fromhex(hash) for hash in vector["proof"]]
    if old & (old - 1) == 0:
        path = [bytes.fromhex(vector["old_root"]), *path]
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = path[0]
    for hash in path[1:]:
        if place & 1 or place == last:
            first, second = c2sp.node(hash, first), c2sp.node(hash, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = c2sp.node(second, hash)
        place, last = place >> 1, last >> 1
    same(vector, "old root", first.hex(), vector["old_root"])
    same(vector, "new root", second.hex(), vector["new_root"])
    same(vector, "length of the proof", last, 0)


def check_proof(vector):
    proof = c2sp.Proof(vector["proof"].encode())
    same(vector, "inclusion", proof.includes(bytes.fromhex(vector["entry"])), True)
    lines = [line.split(" ") for line in vector["policy"].splitlines()]
    logs = [verifier_key(line[1]) for line in lines if line[0] == "log"]
    witnesses = [verifier_key(line[2]) for line in lines if line[0] == "witness"]
    same(vector, "signature of the log", proof.note.signed_by_log(logs[0][2]), True)
    times = [proof.note.cosigned_by(name, public) for name, _, public in witnesses]
    same(vector, "cosignatures", all(times), True)


def check_rosters(schema):
    before = None
    for vector in vectors("rosters"):
        if vector.get("cddl") == "trust-anchor":
            digits = blake3(bytes.fromhex(vector["cbor"])).digest()[:16].hex()
            same(vector, "fingerprint", digits, vector["fingerprint"].replace("-", ""))
        if vector.get("cddl") == "roster":
            said = verify.Statement(vector["name"], bytes.fromhex(vector["statement"]), schema)
            roster = verify.Roster(said)
            same(vector, "hash", roster.statement.hash.hex(), vector["hash"])
            same(vector, "rules", all(roster.check()), True)
            same(vector, "chain", before is None or all(roster.follows(before)), True)
            before = roster
        if vector["name"] == "enrolment":
            check_enrolment(vector, schema)
        if vector.get("cddl") == "join-file":
            lines = vector["text"].splitlines()
            begin = lines.index("-----BEGIN FUNDLINK JOIN FILE-----")
            body = "".join(lines[begin + 1:lines.index("-----END FUNDLINK JOIN FILE-----")])
            same(vector, "text", c2sp.decoded(body).hex(), vector["cbor"])
        if vector.get("cddl") == "annex":
            same(vector, "hash", blake3(bytes.fromhex(vector["cbor"])).hexdigest(), vector["hash"])


def check_enrolment(vector, schema):
    said = verify.Statement(vector["name"], bytes.fromhex(vector["cbor"]), schema)
    payload = said.payload
    signed = [key for key in payload[6] if key[1] == verify.STATEMENT]
    same(vector, "signature", said.signed_by(signed[0][2], "test"), True)
    same(vector, "fingerprint", said.hash[:16].hex(), vector["fingerprint"].replace("-", ""))
    for key in payload[6]:
        code = payload[1].to_bytes(4, "big")
        message = b"fundlink/1/key-proof\0test\0" + code + cbor2.dumps(key[1]) + key[2]
        proved = 3 in key and c2sp.verifies(key[2], message, key[3])
        same(vector, f"proof of key {key[1]}", proved, key[1] != 5)


def check_evidence(schema):
    files = []
    for path in sorted(FOLDER.glob("evidence-*.json")):
        (vector,) = vectors(path.stem)
        parts = {name: bytes.fromhex(data) for name, data in vector["parts"].items()}
        found = verify.Evidence(parts, vector["fingerprint"], "witnessed", schema).report()
        same(vector, "statements", len(found["statements"]), vector["statements"])
        same(vector, "leaves", len(found["leaves"]), vector["leaves"])
        same(vector, "accesses", len(found["accesses"]), vector["accesses"])
        files.append((path.stem, parts))
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder) / f"{name}.zip" for name, _ in files]
        for path, (_, parts) in zip(paths, files):
            changes.write(path, parts)
        for path, other in zip(paths, paths[1:] + paths[:1]):
            changes.main(path, other)
    return len(files)


def main():
    schema = verify.schema()
    check_statements(schema)
    check_records()
    check_tags()
    check_logs()
    check_rosters(schema)
    files = check_evidence(schema)
    print(f"vectors hold, {files} evidence files among them")


if __name__ == "__main__":
    main()
