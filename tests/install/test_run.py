"""`python -m fasthttp run`: what a program sees is what `python SCRIPT` lets it see."""

from __future__ import annotations

import multiprocessing
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import fasthttp

_SHOW = """
import http.client, os, pickle, sys
def function(): raise KeyError("from a function")
class Thing: pass
print(sys.argv, sys.path[:2], __name__, __package__, __spec__ and __spec__.name)
print(os.path.basename(__file__), os.path.isabs(__file__), type(__loader__).__name__)
print(type(pickle.loads(pickle.dumps(Thing()))) is Thing, sys.modules["__main__"].Thing is Thing)
how = sys.argv[1:]
if how == ["raise"]: function()
if how == ["cause"]:
    try: function()
    except KeyError as error: raise ValueError("after it") from error
if how == ["exit"]: sys.exit(7)
if how == ["message"]: sys.exit("no more")
if how == ["interrupt"]: raise KeyboardInterrupt
if how == ["import"]: import nothing_of_that_name
if how == ["hook"]:
    sys.excepthook = lambda *error: print("hook", error[0], error[2].tb_frame.f_code.co_name)
    function()
"""


def _python(directory: Path, *arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(Path(fasthttp.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A script, a package, a directory and a zip file that can be run, and one that cannot."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "script.py").write_text(_SHOW)
    (tmp_path / "elsewhere" / "wrong.py").write_text("x = (1,\n")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "__main__.py").write_text(_SHOW)
    (tmp_path / "module.py").write_text(_SHOW)
    with zipfile.ZipFile(tmp_path / "archive.pyz", "w") as archive:
        archive.writestr("__main__.py", "import sys; print(sys.argv, sys.path[0], __name__)")
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        ["elsewhere/script.py"],
        ["elsewhere/script.py", "-m", "--newest", "x"],
        *(["elsewhere/script.py", how] for how in ("raise", "cause", "exit", "message")),
        *(["elsewhere/script.py", how] for how in ("interrupt", "import", "hook")),
        ["elsewhere/wrong.py"],
        ["elsewhere/missing.py"],
        ["elsewhere"],
        ["-m", "module"],
        ["-m", "package", "-m", "x"],
        ["-m", "missing"],
    ],
    ids=" ".join,
)
def test_as_python_runs_it(programs: Path, arguments: list[str]) -> None:
    status, out, said = _python(programs, *arguments)
    got = _python(programs, "-m", "fasthttp", "run", *arguments)
    assert got[:2] == (status, out)
    # PyPy says the same of a missing file, but for the quotes.
    assert got[2].replace("'", "") == said.replace("'", "")


@pytest.mark.parametrize("name", ["archive.pyz", "package"])
def test_what_is_no_file_is_named_in_full(programs: Path, name: str) -> None:
    status, said, _ = _python(programs, str(programs / name), "x")
    assert status == 0
    assert _python(programs, "-m", "fasthttp", "run", name, "x")[:2] == (0, said)


def test_exceptions_in_a_module_are_shown_from_there(programs: Path) -> None:
    status, _, said = _python(programs, "-m", "fasthttp", "run", "-m", "module", "raise")
    assert status == 1
    assert "fasthttp" not in said and "runpy" not in said
    assert said.endswith("KeyError: 'from a function'\n")


def test_it_is_installed(programs: Path) -> None:
    (programs / "ask.py").write_text(
        "import fasthttp, http.client, sys\n"
        "connection = http.client.HTTPConnection('h')\n"
        "print(fasthttp.installed(), hasattr(connection, 'max_response_headers'))\n"
        "print(sorted(m for m in sys.modules if m.startswith('fasthttp._bench')))\n"
    )
    own = sys.version_info >= (3, 15)
    asked = _python(programs, "-m", "fasthttp", "run", "ask.py")
    assert asked[:2] == (0, f"True {own}\n[]\n")
    newest = _python(programs, "-m", "fasthttp", "run", "--newest", "ask.py")
    assert newest[:2] == (0, "True True\n[]\n")


# ---------------------------------------------------------------------------- --report

_CALLS = """
import atexit, http.client, http.server, os, sys, threading
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    log_message = lambda *_: None
    def do_GET(self):
        self.send_response_only(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")
class Connection(http.client.HTTPConnection):
    def putheader(self, *given): super().putheader(*given)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
def ask(kind=http.client.HTTPConnection):
    connection = kind("127.0.0.1", server.server_port)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"hello"
    connection.close()
ask()
ask(Connection)
if sys.argv[1:] == ["late"]:
    main = threading.main_thread()
    threading.Thread(target=lambda: (main.join(), ask())).start()
    atexit.register(ask)
if sys.argv[1:] == ["fork"]:
    child = os.fork()
    if child == 0: sys.exit(3)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
if sys.argv[1:] == ["closed"]: sys.stderr.close()
if sys.argv[1:] == ["none"]: sys.stderr = None
if sys.argv[1:] == ["tool"]:
    sys.modules["httpx"] = sys
"""


def _reported(directory: Path, *arguments: str) -> tuple[int, str, str, str]:
    """Status, output, what was said, and the report at the end of that."""
    status, out, said = _python(directory, "-m", "fasthttp", "run", "--report", *arguments)
    before, mark, report = said.partition("fasthttp: ")
    return status, out, before, mark + report


@pytest.fixture
def calling(tmp_path: Path) -> Path:
    """A directory with a program that asks itself two things, one of them by a class of its own."""
    (tmp_path / "calls.py").write_text(_CALLS)
    return tmp_path


def test_the_report(calling: Path) -> None:
    expected = _python(calling, "-m", "fasthttp", "run", "calls.py")
    *got, report = _reported(calling, "calls.py")
    assert tuple(got) == expected
    first, amounts, inside, share, others, *rest = report.splitlines()
    assert first.startswith("fasthttp: 2 requests on 2 connections in ")
    assert amounts.startswith("  bytes: ")
    assert inside.startswith("  time inside: ")
    assert re.fullmatch(
        r"  CPU of the whole process: [\d.]+ s, [\d.]+ s \(about \d+%\) of it in these calls:",
        share,
    )
    assert re.fullmatch(
        r"    the other \d+% is spent elsewhere, and no faster http.client can save it", others
    )
    assert rest == [
        "  not accelerated, but done step by step as http.client does it, because of:",
        "    1 x HTTPConnection._send_request: __main__.Connection overrides putheader",
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["elsewhere/script.py", "--report", "x"],
        *(["elsewhere/script.py", how] for how in ("raise", "exit", "message", "interrupt")),
        ["elsewhere/script.py", "hook"],
        ["elsewhere/wrong.py"],
        ["-m", "package", "--report"],
    ],
    ids=" ".join,
)
def test_the_report_changes_nothing_else(programs: Path, arguments: list[str]) -> None:
    """It comes last, whichever way the program ends."""
    expected = _python(programs, "-m", "fasthttp", "run", *arguments)
    *got, report = _reported(programs, *arguments)
    assert tuple(got) == expected
    assert report.startswith("fasthttp: 0 requests on 0 connections in ")
    assert report.splitlines()[1:] == [
        "  no request went through http.client in this process; the program may make some",
        "    in child processes, which are not counted: no child processes were started",
        "    by a client that is not on http.client, so not reached:"
        " it has imported none that is known",
    ]


@pytest.mark.parametrize("arguments", [["elsewhere/missing.py"], ["-m", "missing"]], ids=" ".join)
def test_no_report_on_a_program_that_there_is_not(programs: Path, arguments: list[str]) -> None:
    expected = _python(programs, "-m", "fasthttp", "run", *arguments)
    assert expected[0] != 0
    assert _reported(programs, *arguments) == (*expected, "")


def test_the_report_says_that_pages_are_not_in_it(calling: Path) -> None:
    program = calling / "calls.py"
    pages = (
        "import fasthttp\n"
        'assert fasthttp.get(f"http://127.0.0.1:{server.server_port}/").body == b"hello"\n'
    )
    program.write_text(program.read_text() + pages)
    report = _reported(calling, "calls.py")[3]
    assert report.startswith("fasthttp: 2 requests")
    whose = "fasthttp's own fetch, get or Pool, which need no install(): not counted"
    assert report.splitlines()[-1] == f"  pages of {whose}"
    program.write_text(_CALLS.replace("\nask()\nask(Connection)\n", "\n") + pages)
    report = _reported(calling, "calls.py")[3]
    assert report.splitlines()[1:3] == [
        "  no request went through http.client in this process; the program may make some",
        f"    by {whose}",
    ]


def test_the_report_comes_after_the_last_request(calling: Path) -> None:
    """Of threads that outlive the program's last line, and of its own functions at exit."""
    status, _, _, report = _reported(calling, "calls.py", "late")
    assert status == 0
    assert report.startswith("fasthttp: 4 requests on 4 connections in ")


_CHILDREN = """
import concurrent.futures, multiprocessing, os, subprocess, sys
def nothing(): pass
how, *_ = sys.argv[1:]
if __name__ == "__main__":
    if how in multiprocessing.get_all_start_methods():
        processes = [multiprocessing.get_context(how).Process(target=nothing) for _ in range(2)]
        for process in processes: process.start()
        for process in processes: process.join()
    elif how == "pool":
        with concurrent.futures.ProcessPoolExecutor(2) as pool: assert [*pool.map(abs, [-1])] == [1]
    elif how == "subprocess":
        subprocess.run([sys.executable, "-c", ""], close_fds=False)
        subprocess.check_output([sys.executable, "-c", ""])
    elif how == "system":
        os.system("exit"); os.system("exit")
    elif how == "fork":
        for _ in range(2):
            if not os.fork(): os._exit(0)
            os.wait()
"""


@pytest.mark.parametrize(
    "how",
    [*multiprocessing.get_all_start_methods(), "subprocess", "system"]
    + (["os.fork"] if hasattr(os, "fork") else []),
)
def test_child_processes_are_told(tmp_path: Path, how: str) -> None:
    """Each once, by whatever they were started; what they are for, nobody knows."""
    (tmp_path / "children.py").write_text(_CHILDREN.replace('"fork"', '"os.fork"'))
    status, _, _, report = _reported(tmp_path, "children.py", how)
    assert status == 0
    assert "not counted: 2 child processes were started" in report


def test_the_processes_of_a_pool_are_told(tmp_path: Path) -> None:
    (tmp_path / "children.py").write_text(_CHILDREN)
    report = _reported(tmp_path, "children.py", "pool")[3]
    assert re.search(r"not counted: [12] child process(es were| was) started", report)


def test_children_beside_requests_are_told(calling: Path) -> None:
    program = calling / "calls.py"
    program.write_text(
        program.read_text() + "import subprocess\nsubprocess.run([sys.executable, '-c', ''])\n"
    )
    report = _reported(calling, "calls.py")[3]
    assert report.startswith("fasthttp: 2 requests")
    assert (
        report.splitlines()[-1]
        == "  1 child process was started: what such a process asks is not counted here"
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork() here")
def test_a_forked_process_does_not_report(calling: Path) -> None:
    status, out, _, report = _reported(calling, "calls.py", "fork")
    assert (status, out) == (0, "3\n")
    assert report.count("requests on") == 1


@pytest.mark.parametrize("how", ["closed", "none"])
def test_nowhere_to_report_to(calling: Path, how: str) -> None:
    expected = _python(calling, "-m", "fasthttp", "run", "calls.py", how)
    assert _reported(calling, "calls.py", how) == (*expected, "")


def test_the_report_names_what_is_elsewhere(calling: Path) -> None:
    report = _reported(calling, "calls.py", "tool")[3]
    assert report.splitlines()[-1] == "  not on http.client, so not reached: httpx"


def test_both_options(programs: Path) -> None:
    for order in (["--newest", "--report"], ["--report", "--newest"]):
        status, _, said = _python(programs, "-m", "fasthttp", "run", *order, "-m", "module")
        assert status == 0
        assert said.startswith("fasthttp: 0 requests")


def test_usage(programs: Path) -> None:
    for arguments, wrong in {
        (): "SCRIPT, or -m MODULE, is missing",
        ("-m",): "MODULE is missing",
        ("--report",): "SCRIPT, or -m MODULE, is missing",
        ("--raport", "module.py"): "--raport is no option of it",
    }.items():
        status, _, said = _python(programs, "-m", "fasthttp", "run", *arguments)
        assert status == 2
        assert said.splitlines()[-1] == f"python -m fasthttp run: {wrong}"
    assert _python(programs, "-m", "fasthttp", "run", "--help")[1].startswith("usage: ")
