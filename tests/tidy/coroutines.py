"""g++ 12 destroys some temporaries twice: capturing lambdas and aggregates in braces made inside a
co_await expression, and whatever a co_await in a loop's condition makes. Give them a name first."""

import re

_CO_AWAIT = re.compile(r"\bco_await\b")
_CAPTURING_LAMBDA = re.compile(
    r"\[\s*[^\]\s][^\]]*\]\s*(?:\([^()]*\)\s*)?(?:mutable\s*)?(?:noexcept\s*)?"
    r"(?:->\s*[\w:<>, *&]+)?\{")
_ANY_LAMBDA = re.compile(r"\[[^\[\]]*\]\s*(?:\([^()]*\)\s*)?(?:mutable\s*)?(?:->\s*[\w:<>, *&]+)?$")
_LOOP = re.compile(r"\b(?:while|for)\s*\(")
_OPEN, _CLOSE = "([{", ")]}"


def _expression(code, start):
    """From `start` to the end of the expression: a `;`, or a bracket that it did not open."""
    depth = 0
    for offset in range(start, len(code)):
        character = code[offset]
        if character in _OPEN:
            depth += 1
        elif character in _CLOSE:
            depth -= 1
            if depth < 0:
                return code[start:offset]
        elif character == ";" and depth == 0:
            return code[start:offset]
    return code[start:]


def _expression_in_brackets(code, start):
    """What stands between a bracket that was opened before `start` and its end."""
    depth = 0
    for offset in range(start, len(code)):
        depth += (code[offset] in _OPEN) - (code[offset] in _CLOSE)
        if depth < 0:
            return code[start:offset]
    return code[start:]


def _has_braced_aggregate(expression):
    """A `{` that opens neither a lambda's body nor stands inside one."""
    depth = 0
    for offset, character in enumerate(expression):
        if character == "}":
            depth = max(0, depth - 1)
        elif character == "{":
            if depth == 0 and not _ANY_LAMBDA.search(expression[:offset]):
                # `Type{}` makes a value without members to destroy twice: an empty tag.
                if not expression[offset + 1:].lstrip().startswith("}"):
                    return True
            depth += 1
    return False


def co_await_temporaries(sources):
    for source in sources.values():
        if not source.is_cpp:
            continue
        for match in _CO_AWAIT.finditer(source.code):
            expression = _expression(source.code, match.end())
            line = source.line_of(match.start())
            if _CAPTURING_LAMBDA.search(expression):
                yield source.path, line, "a capturing lambda inside co_await: name it first"
            elif _has_braced_aggregate(expression):
                yield source.path, line, "an aggregate in braces inside co_await: name it first"


def co_await_conditions(sources):
    for source in sources.values():
        if not source.is_cpp:
            continue
        for match in _LOOP.finditer(source.code):
            head = _expression_in_brackets(source.code, match.end())
            if "co_await" in head:
                yield (source.path, source.line_of(match.start()),
                       "co_await in a loop's head: name its result inside the loop")


CHECKS = (co_await_temporaries, co_await_conditions)
