#!/usr/bin/env python3
"""Each check finds what it looks for, and lets its neighbour pass."""

import pathlib
import tempfile
import unittest

import arrows
import coroutines
import sources
import text


def found(check, files):
    """What `check` says about files given as {path: text}: [(path, line)]."""
    with tempfile.TemporaryDirectory() as directory:
        for path, content in files.items():
            file = pathlib.Path(directory) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        return [(path, line) for path, line, _ in check(sources.load(directory))]


class Arrows(unittest.TestCase):
    def test_a_program_must_not_include_another(self):
        files = {"dns-steer/a.cc": '#include <vector>\n\n#include "edge-node/b.h"\n',
                 "common/c.cc": '#include "controller/b.h"\n',
                 "edge-node/d.cc": '#include "common/b.h"\n#include "meridian/v1/config.pb.h"\n'}
        self.assertEqual(found(arrows.allowed_targets, files),
                         [("common/c.cc", 1), ("dns-steer/a.cc", 3)])

    def test_paths_start_at_the_root(self):
        files = {"dns-steer/io/a.cc": '#include "../b.h"\n'}
        self.assertEqual(found(arrows.allowed_targets, files), [("dns-steer/io/a.cc", 1)])

    def test_a_pure_folder_reaches_no_socket_even_through_another_header(self):
        files = {"dns-steer/query/a.cc": '#include "dns-steer/io/b.h"\n',
                 "dns-steer/io/b.h": "#include <sys/socket.h>\n",
                 "dns-steer/query/c.cc": "#include <vector>\n"}
        self.assertEqual(found(arrows.purity, files), [("dns-steer/query/a.cc", 1)])

    def test_files_and_folders_have_no_circles(self):
        files = {"common/a/x.h": '#include "common/b/y.h"\n',
                 "common/b/z.h": '#include "common/a/w.h"\n',
                 "common/b/y.h": "", "common/a/w.h": ""}
        self.assertEqual(found(arrows.no_cycles, files), [("common/a", 1)])
        self.assertEqual(found(arrows.no_cycles, {"common/a.h": '#include "common/a.h"\n'}),
                         [("common/a.h", 1)])

    def test_a_source_includes_its_own_header_first(self):
        files = {"common/a.h": "", "common/a.cc": '#include <vector>\n#include "common/a.h"\n',
                 "common/b.h": "", "common/b.cc": '#include "common/b.h"\n#include <vector>\n'}
        self.assertEqual(found(arrows.own_header_first, files), [("common/a.cc", 1)])


class Text(unittest.TestCase):
    def test_long_files_and_lines_are_found(self):
        files = {"common/a.cc": "\n" * 501, "common/b.cc": "\n//" + "x" * 99 + "\n",
                 "common/c.cc": "x" * 100 + "\n", "docs/d.md": "x" * 200}
        self.assertEqual(found(text.size, files), [("common/a.cc", 501), ("common/b.cc", 2)])

    def test_what_is_no_text_is_found(self):
        self.assertEqual(found(text.readable, {"core": "\0ELF", "docs/a.md": "é\n"}), [("core", 1)])

    def test_unfinished_work_and_machine_paths_are_found(self):
        files = {"common/a.cc": "// TO" + "DO: later\n", "docs/b.md": "see /ro" + "ot/x\n",
                 "docs/c.md": "https://example.net/work" + "/x\n"}
        self.assertEqual(found(text.finished, files), [("common/a.cc", 1), ("docs/b.md", 1)])

    def test_sleeping_tests_are_found(self):
        files = {"common/a_test.cc": "std::this_thread::sleep_for(1s);\n",
                 "tests/e2e/b.py": "time.sleep(1)\n",
                 "common/c.cc": "sleep_for(1s);\n",
                 "common/d_test.cc": "// never sleep (here)\nTEST(A, SleepsWell) {}\n"}
        self.assertEqual(found(text.tests_wait_on_events, files),
                         [("common/a_test.cc", 1), ("tests/e2e/b.py", 1)])

    def test_the_root_holds_only_what_belongs_there(self):
        wrong = found(text.top_level, {"scratch.txt": "", ".gitignore": "", "docs/a.md": ""})
        self.assertIn(("scratch.txt", 1), wrong)
        self.assertIn(("README.md", 1), wrong)
        self.assertNotIn((".gitignore", 1), wrong)
        self.assertNotIn(("docs", 1), wrong)


class Coroutines(unittest.TestCase):
    def flagged(self, statement):
        return bool(found(coroutines.co_await_temporaries, {"common/a.cc": statement}))

    def test_the_trap_is_found(self):
        for statement in ("co_await fetch({.host = host});",
                          "co_await fetch(\n    FetchOptions{.host = host,\n .site = s});",
                          "co_await run([&] { return 1; });",
                          "auto r = co_await run([this, n](int x) mutable { return x + n; });",
                          "if (co_await race(Pair{a, b})) { go(); }"):
            self.assertTrue(self.flagged(statement), statement)

    def test_loop_heads_do_not_await(self):
        files = {"common/a.cc": "while (co_await next() == 1) {\n}\nif (co_await next()) {}\n"
                                "for (;;) {\n  auto x = co_await next();\n}\n"}
        self.assertEqual(found(coroutines.co_await_conditions, files), [("common/a.cc", 1)])

    def test_plain_expressions_pass(self):
        for statement in ("co_await fetch(std::move(options));",
                          "if (co_await fetch(a[i])) { go(); }",
                          "co_await run([] { return 1; });",
                          "auto x = co_await read(); Options o{.a = 1};",
                          "// co_await fetch({.host = host});",
                          "co_await write(\"{\");",
                          "if (co_await next()) { Pair p{1, 2}; use(p); }"):
            self.assertFalse(self.flagged(statement), statement)


if __name__ == "__main__":
    unittest.main()
