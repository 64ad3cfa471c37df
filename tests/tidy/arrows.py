"""Who may include whom: downwards only."""

# What each part may include, besides itself. `meridian` is generated from proto/.
_MAY_INCLUDE = {
    "common": {"meridian"},
    "geoip-data": {"common"},
    "dns-steer": {"common", "geoip-data", "meridian"},
    "edge-node": {"common", "geoip-data", "meridian"},
    "controller": {"common", "meridian"},
}

# Logic apart from I/O: what is here takes time, chance and bytes as parameters.
_PURE_FOLDERS = (
    "common/wire", "common/zone", "common/rule",
    "dns-steer/query", "dns-steer/zone", "dns-steer/steer",
    "edge-node/http", "edge-node/h2", "edge-node/policy", "edge-node/protect",
    "edge-node/proxy_protocol", "edge-node/encode", "edge-node/rules",
    "controller/model", "controller/health",
)
_IMPURE_HEADERS = (
    "boost/asio", "boost/beast", "grpc", "openssl/", "sys/socket.h", "sys/epoll.h", "netinet/",
    "arpa/", "netdb.h", "unistd.h", "fstream", "thread", "mutex",
)
# Only declares the names of OpenSSL's types, for values such as a parsed certificate.
_PURE_HEADERS = ("openssl/types.h",)


def allowed_targets(sources):
    """A part includes itself, what stands below it, and never another program."""
    for source in sources.values():
        allowed = _MAY_INCLUDE.get(source.part)
        if not source.is_cpp or allowed is None:
            continue
        for line, form, path in source.includes:
            target = path.split("/")[0]
            known = target in _MAY_INCLUDE or target == "meridian"
            if form == '"' and not known and f"{source.folder}/{path}" not in sources \
                    and not path.endswith(".inc"):
                yield source.path, line, f'"{path}" is no path from the root of the project'
            elif known and target != source.part and target not in allowed:
                yield source.path, line, f"{source.part}/ must not include {target}/"


def _reaches(source, sources, seen):
    """Every system header that a file includes, itself or through headers of ours."""
    seen.add(source.path)
    for line, form, path in source.includes:
        if form == "<":
            yield line, path, source.path
        elif path in sources and path not in seen:
            for _, header, via in _reaches(sources[path], sources, seen):
                yield line, header, via


def purity(sources):
    """Pure folders reach no socket, thread, file, TLS or RPC header, not even indirectly."""
    for source in sources.values():
        if not source.is_cpp or source.is_unit_test or source.folder not in _PURE_FOLDERS:
            continue
        reported = set()
        for line, header, via in _reaches(source, sources, set()):
            if header in _PURE_HEADERS or not header.startswith(_IMPURE_HEADERS):
                continue
            if (line, via) not in reported:
                reported.add((line, via))
                through = "" if via == source.path else f" (through {via})"
                yield source.path, line, f"{source.folder}/ is pure but gets <{header}>{through}"


def _cycles(graph):
    """The first cycle through each node that closes one, as a list of nodes."""
    state = {}

    def visit(node, trail):
        state[node] = "open"
        for target in sorted(graph.get(node, ())):
            if state.get(target) == "open":
                yield trail[trail.index(target):] + [target]
            elif target not in state:
                yield from visit(target, trail + [target])
        state[node] = "done"

    for node in sorted(graph):
        if node not in state:
            yield from visit(node, [node])


def no_cycles(sources):
    """Neither files nor folders include each other in a circle."""
    files, folders = {}, {}
    for source in sources.values():
        if not source.is_cpp or source.is_unit_test:
            continue
        for _, form, path in source.includes:
            if form != '"' or path not in sources:
                continue
            files.setdefault(source.path, set()).add(path)
            if sources[path].folder != source.folder:
                folders.setdefault(source.folder, set()).add(sources[path].folder)
    for cycle in list(_cycles(files)) + list(_cycles(folders)):
        yield cycle[0], 1, "include each other in a circle: " + " -> ".join(cycle)


def own_header_first(sources):
    """x.cc includes x.h before anything else, so every header is known to compile alone."""
    for source in sources.values():
        own = source.path[:-3] + ".h"
        if source.path.endswith(".cc") and own in sources:
            if not source.includes or source.includes[0][2] != own:
                yield source.path, 1, f'the first include must be "{own}"'


CHECKS = (allowed_targets, purity, no_cycles, own_header_first)
