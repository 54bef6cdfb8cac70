"""Holds CBOR against CDDL (RFC 8610): the part of it that PROTOCOL.md uses, and all of that strictly.

Promises: a rule that the page does not define, or CDDL of another form, is an error; a value is
accepted only when every key, item, size and range of it stands in the rule.
Run as `cddl.py PROTOCOL.md VECTORS...` it checks every vector that names a rule.
"""

import json
import re
import sys

import cbor2

TOKEN = re.compile(
    r"""(?P<blank>\s+|;[^\n]*) | (?P<text>"[^"]*") | (?P<tag>\#6\.\d+) | (?P<control>\.[a-z]+)
      | (?P<dots>\.\.) | (?P<arrow>=>) | (?P<occur>\d*\*\d*) | (?P<number>-?\d+)
      | (?P<name>[a-zA-Z][a-zA-Z0-9-]*) | (?P<sign>[=/?+(){}\[\],:&])""",
    re.VERBOSE,
)


class Invalid(Exception):
    """Why a value does not match, or CDDL cannot be read."""


def tokens(text):
    at, found = 0, []
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise Invalid(f"CDDL cannot be read at: {text[at:at + 40]!r}")
        if match.lastgroup != "blank":
            found.append((match.lastgroup, match.group()))
        at = match.end()
    return found


class Parser:
    """Reads rules into tuples: ('int', 5), ('map', group), ('range', low, high), ..."""

    def __init__(self, text):
        self.left = tokens(text)

    def peek(self, ahead=0):
        return self.left[ahead] if ahead < len(self.left) else ("end", "")

    def take(self, wanted=None):
        kind, text = self.peek()
        if wanted is not None and text != wanted:
            raise Invalid(f"CDDL: expected {wanted!r}, found {text!r}")
        self.left = self.left[1:]
        return kind, text

    def rules(self):
        rules = {}
        while self.left:
            kind, name = self.take()
            self.take("=")
            if kind != "name" or name in rules:
                raise Invalid(f"CDDL: the rule {name!r} is defined twice or is no name")
            if self.peek() == ("sign", "("):
                self.take()
                rules[name] = ("group", self.group(")"))
            else:
                rules[name] = self.choice()
        return rules

    def choice(self):
        options = [self.ranged()]
        while self.peek() == ("sign", "/"):
            self.take()
            options.append(self.ranged())
        return options[0] if len(options) == 1 else ("choice", options)

    def ranged(self):
        first = self.single()
        if self.peek()[0] == "dots":
            self.take()
            return ("range", first[1], self.single()[1])
        if self.peek()[0] == "control":
            _, control = self.take()
            return ("control", control, first, self.single())
        return first

    def single(self):
        kind, text = self.take()
        if kind == "number":
            return ("int", int(text))
        if kind == "text":
            return ("text", text[1:-1])
        if kind == "name":
            return ("name", text)
        if kind == "tag":
            self.take("(")
            inner = self.choice()
            self.take(")")
            return ("tag", int(text[3:]), inner)
        if text == "{":
            return ("map", self.group("}"))
        if text == "[":
            return ("array", self.group("]"))
        raise Invalid(f"CDDL: unexpected {text!r}")

    def group(self, end):
        entries = []
        while self.peek()[1] != end:
            entries.append(self.entry())
            if self.peek() == ("sign", ","):
                self.take()
        self.take(end)
        return entries

    def entry(self):
        low, high = 1, 1
        kind, text = self.peek()
        if text in ("?", "+"):
            self.take()
            low, high = (0, 1) if text == "?" else (1, None)
        elif kind == "occur":
            self.take()
            least, most = text.split("*")
            low, high = int(least or 0), int(most) if most else None
        return (low, high, self.key(), self.choice())

    def key(self):
        """The key of a map entry; names before a colon are for readers."""
        if self.peek() == ("sign", "&"):
            for sign in ("&", "("):
                self.take(sign)
            self.take()
            self.take(":")
            key = int(self.take()[1])
            self.take(")")
            self.take("=>")
            return key
        if self.peek()[0] == "number" and self.peek(1)[0] == "arrow":
            key = int(self.take()[1])
            self.take("=>")
            return key
        if self.peek()[0] == "name" and self.peek(1) == ("sign", ":"):
            self.take()
            self.take(":")
        return None


class Schema:
    """The rules of a page."""

    def __init__(self, text):
        self.rules = Parser(text).rules()
        for name in set(re.findall(r"'name', '([^']+)'", repr(self.rules))):
            if name not in self.rules and name not in PRELUDE:
                raise Invalid(f"CDDL: no rule {name!r}")

    @classmethod
    def of_page(cls, page):
        return cls("\n".join(re.findall(r"^```cddl\n(.*?)^```", page, re.MULTILINE | re.DOTALL)))

    def reached(self, names):
        """The rules that these rules are made of, themselves among them."""
        reached, waiting = set(), list(names)
        while waiting:
            name = waiting.pop()
            if name in self.rules and name not in reached:
                reached.add(name)
                waiting += re.findall(r"'name', '([^']+)'", repr(self.rules[name]))
        return reached

    def check_bytes(self, rule, data):
        """Demands deterministic CBOR of a rule."""
        value = cbor2.loads(data)
        if cbor2.dumps(value, canonical=True) != data:
            raise Invalid("not deterministic CBOR")
        self.check(("name", rule), value, rule)

    def check(self, node, value, where):
        form = node[0]
        if form == "name":
            if node[1] in PRELUDE:
                demand(PRELUDE[node[1]](value), where, f"not {node[1]}")
            else:
                self.check(self.rules[node[1]], value, where)
        elif form in ("int", "text"):
            demand(type(value) in (int, str) and value == node[1], where, f"not {node[1]}")
        elif form == "range":
            demand(is_int(value) and node[1] <= value <= node[2], where, "out of range")
        elif form == "choice":
            self.check_choice(node[1], value, where)
        elif form == "control":
            self.check_control(node, value, where)
        elif form == "tag":
            demand(isinstance(value, cbor2.CBORTag) and value.tag == node[1], where, "tag")
            self.check(node[2], value.value, where)
        elif form == "map":
            demand(isinstance(value, dict), where, "not a map")
            self.check_map(node[1], value, where)
        elif form == "array":
            demand(isinstance(value, (list, tuple)), where, "not an array")
            self.check_array(self.spliced(node[1]), list(value), where)
        else:
            raise Invalid(f"CDDL: {form} is no type")

    def check_choice(self, options, value, where):
        failures = []
        for option in options:
            try:
                return self.check(option, value, where)
            except Invalid as failure:
                failures.append(str(failure))
        raise Invalid("; ".join(failures))

    def check_control(self, node, value, where):
        _, control, base, argument = node
        self.check(base, value, where)
        if control == ".size" and is_int(value):
            demand(value < 256 ** argument[1], where, "too large a number")
        elif control == ".size":
            demand(len(value) == argument[1], where, "of another size")
        elif control == ".regexp":
            demand(re.fullmatch(argument[1], value) is not None, where, "of another form")
        elif control == ".cbor":
            inner = cbor2.loads(value)
            demand(cbor2.dumps(inner, canonical=True) == value, where, "not deterministic")
            self.check(argument, inner, where)
        else:
            raise Invalid(f"CDDL: control {control} is not known")

    def spliced(self, entries):
        """The entries of a group with those of the groups that it names."""
        flat = []
        for entry in entries:
            rule = self.rules.get(entry[3][1]) if entry[3][0] == "name" else None
            flat += self.spliced(rule[1]) if rule and rule[0] == "group" else [entry]
        return flat

    def check_map(self, entries, value, where):
        known = set()
        for low, _, key, node in self.spliced(entries):
            demand(key is not None and key not in known, where, "a map entry needs its own key")
            known.add(key)
            if key in value:
                self.check(node, value[key], f"{where}.{key}")
            else:
                demand(low == 0, where, f"key {key} is missing")
        demand(set(value) <= known, where, f"unknown keys {set(value) - known}")

    def check_array(self, entries, items, where):
        if not entries:
            return demand(not items, where, "too many items")
        (low, high, _, node), failure = entries[0], None
        most = len(items) if high is None else min(high, len(items))
        fitting = 0
        for item in items[:most]:
            try:
                self.check(node, item, f"{where}[{fitting}]")
            except Invalid as why:
                failure = why
                break
            fitting += 1
        for count in range(fitting, low - 1, -1):
            try:
                return self.check_array(entries[1:], items[count:], where)
            except Invalid as why:
                failure = failure or why
        raise failure or Invalid(f"{where}: too few items")


def is_int(value):
    return isinstance(value, int) and not isinstance(value, bool)


def demand(holds, where, why):
    if not holds:
        raise Invalid(f"{where}: {why}")


PRELUDE = {
    "int": is_int,
    "uint": lambda value: is_int(value) and value >= 0,
    "bytes": lambda value: isinstance(value, bytes),
    "tstr": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
}


def main(page, *files):
    with open(page, encoding="utf-8") as text:
        schema = Schema.of_page(text.read())
    checked, used = 0, set()
    for file in files:
        with open(file, encoding="utf-8") as text:
            vectors = json.load(text)["vectors"]
        for vector in vectors:
            if "cddl" not in vector:
                continue
            data = bytes.fromhex(vector["cbor"])
            try:
                schema.check_bytes(vector["cddl"], data)
            except Invalid as why:
                sys.exit(f"{file}: {vector['name']}: {vector['cddl']}: {why}")
            for other in spoiled(data):
                try:
                    schema.check_bytes(vector["cddl"], other)
                except Exception:
                    continue
                sys.exit(f"{file}: {vector['name']}: a spoiled value passes as {vector['cddl']}")
            used.add(vector["cddl"])
            checked += 1
    idle = set(schema.rules) - schema.reached(used)
    if idle:
        sys.exit(f"no vector shows {sorted(idle)}: see PROTOCOL.md, Vectors")
    print(f"{checked} vectors match {len(used)} of {len(schema.rules)} rules")


def spoiled(data):
    """The value with an unknown key, with an item too many, and with another byte after it."""
    value = cbor2.loads(data)
    if isinstance(value, dict):
        yield cbor2.dumps({**value, 99: 0}, canonical=True)
    if isinstance(value, list):
        yield cbor2.dumps([*value, "?"], canonical=True)
    yield data + b"\0"


if __name__ == "__main__":
    main(*sys.argv[1:])
