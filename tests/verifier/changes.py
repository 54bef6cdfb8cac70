"""Makes 100 single changes to an evidence file, each of which a verifier must refuse.

Promises: the same file gets the same changes; each part has its share of them. The manifest is
written anew after a change to any other part than the page, so that a verifier must see the change
itself; where the rest of the file still proves the same without what was changed, such as one
cosignature more than a quorum needs, it is the manifest that must tell.

    changes.py FILE.zip OTHER.zip FOLDER    writes the changed files, for another verifier
    changes.py FILE.zip OTHER.zip           holds them against verify.py
"""

import hashlib
import pathlib
import sys
import zipfile

import verify

COUNT = 100
UNTOUCHED = ("page.html", "manifest.sha256")


def flips(name, data):
    """One bit in places all over a part."""
    for place in sorted({0, 1, len(data) // 3, len(data) // 2, len(data) - 2, len(data) - 1}):
        if 0 <= place < len(data):
            changed = bytearray(data)
            changed[place] ^= 1 << (place % 7)
            yield f"bit of byte {place} of {name}", name, bytes(changed)


def renamed(name):
    """Another name of the same form."""
    for digit in reversed("0123456789"):
        at = name.rfind(digit)
        if at > 0:
            return name[:at] + str((int(digit) + 1) % 10) + name[at + 1:]
    return name.replace(".", "2.", 1)


def all_changes(parts, other):
    """Every change, part by part."""
    for name, data in sorted(parts.items()):
        for what, part, changed in flips(name, data):
            yield what, {**parts, part: changed}
        yield f"{name} is missing", {part: held for part, held in parts.items() if part != name}
        yield f"{name} is empty", {**parts, name: b""}
        yield f"{name} is cut", {**parts, name: data[:-1]}
        yield f"{name} goes on", {**parts, name: data + b"\n"}
        yield f"{name} stands there twice", {**parts, renamed(name): data}
        moved = {part: held for part, held in parts.items() if part != name}
        yield f"{name} has another name", {**moved, renamed(name): data}
        alike = [part for part in other if suffix(part) == suffix(name) and other[part] != data]
        if alike:
            yield f"{name} is the {alike[0]} of another file", {**parts, name: other[alike[0]]}
        twins = [part for part in parts if suffix(part) == suffix(name) and part > name]
        if twins:
            swapped = {**parts, name: parts[twins[0]], twins[0]: data}
            yield f"{name} and {twins[0]} have changed places", swapped
    yield "a part more", {**parts, "notes.txt": b""}
    yield "a name that climbs", {**parts, "../page.html": b""}


def suffix(name):
    return name.split("/")[0], name.split(".", 1)[1]


def single_changes(parts, other):
    """COUNT of them, taken evenly from all."""
    changes = list(all_changes(parts, other))
    if len(changes) < COUNT:
        sys.exit(f"only {len(changes)} changes can be made")
    step = len(changes) / COUNT
    for number in range(COUNT):
        what, changed = changes[int(number * step)]
        touched = [name for name in UNTOUCHED if changed.get(name) != parts[name]]
        anew = changed if touched else {**changed, "manifest.sha256": verify.manifest(changed)}
        yield what, changed, anew


def refused(parts, fingerprint, schema):
    try:
        verify.Evidence(parts, fingerprint, "witnessed", schema)
    except verify.Refused as reason:
        return reason
    return None


def main(path, other, folder=None):
    parts, other = verify.read_zip(path), verify.read_zip(other)
    schema = verify.schema()
    whole = verify.Evidence(parts, None, "witnessed", schema)
    codes, by_manifest = {}, 0
    for number, (what, changed, anew) in enumerate(single_changes(parts, other), 1):
        kept = anew
        reason = refused(anew, whole.fingerprint, schema)
        if reason is None:
            kept, by_manifest = changed, by_manifest + 1
            reason = refused(changed, whole.fingerprint, schema)
        if reason is None:
            sys.exit(f"{path}: accepted although {what}")
        codes[reason.code] = codes.get(reason.code, 0) + 1
        if folder:
            write(pathlib.Path(folder) / f"{number:03}.zip", kept)
            print(f"{number:03}\t{reason.code}\t{reason.part}\t{what}")
    if by_manifest > COUNT // 5:
        sys.exit(f"{path}: only the manifest tells {by_manifest} changes of {COUNT}")
    if not folder:
        print(f"{path}: {COUNT} single changes refused: {codes}; {by_manifest} of them by the manifest alone")


def write(path, parts):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in sorted(parts.items()):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(entry, data)


if __name__ == "__main__":
    main(*sys.argv[1:])
