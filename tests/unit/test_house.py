"""The rules of the house that a machine can see: small files, docstrings, no real phone, no foreign address."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
FILE_MAX, FUNCTION_MAX = 300, 40
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef
LOCKS: dict[str, tuple[str, ...]] = {
    "requirements.lock": (),
    "requirements-wechat.lock": ("wechat",),
    "requirements-dev.lock": ("dev", "postgres"),
    "requirements-bench.lock": ("bench",),
}

# The patterns are written so that this file does not match them itself.
PHONE = re.compile(r"(?<![\d.])1[3-9]\d{9}(?!\d)")
SYNTHETIC = re.compile(r"138000\d{5}")
MACHINE = re.compile(r"(?<![\w.~-])/(?:work|root|tmp/bash_jobs)/")
REGISTRY = re.compile(
    r"pypi[.]\w+[.]?\w+|pythonhosted[.]org|registry[.]npm\w*[.]\w+|npm[m]irror[.]com|deb[.]debian[.]org|://mirrors?\."
)


def tracked() -> list[Path]:
    """Files that are, or are about to be, in the repository."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [path for name in sorted(filter(None, names)) if (path := ROOT / name).is_file()]


def texts() -> Iterator[tuple[Path, str]]:
    """Every text file, with its name below the root."""
    for path in tracked():
        raw = path.read_bytes()
        if b"\0" not in raw:
            yield path.relative_to(ROOT), raw.decode("utf-8", "replace")


def sources(*folders: str) -> Iterator[tuple[Path, str]]:
    """Python files of these folders; migrations are generated and stay as they were."""
    for name, text in texts():
        if name.suffix == ".py" and name.parts[0] in folders and "migrations" not in name.parts:
            yield name, text


def matches(pattern: re.Pattern[str], *, but: tuple[str, ...] = ()) -> list[str]:
    """Where a pattern stands in the repository, as file:line and what was found."""
    return [
        f"{name}:{number}: {hit.group()}"
        for name, text in texts()
        if name.suffix not in but
        for number, line in enumerate(text.splitlines(), 1)
        for hit in pattern.finditer(line)
    ]


def functions(text: str) -> Iterator[tuple[str, int]]:
    """Name and number of lines of every function."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, FUNCTIONS):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_the_repository_is_seen() -> None:
    assert {Path("pyproject.toml"), Path("bot/errors.py")} <= {name for name, _ in texts()}


def test_every_module_says_why_it_exists() -> None:
    modules = {str(name): ast.parse(text) for name, text in sources("bot", "tests", "bench")}
    assert [name for name, tree in modules.items() if tree.body and not ast.get_docstring(tree)] == []


def test_files_are_small() -> None:
    long = {str(name): n for name, text in sources("bot", "tests", "bench") if (n := text.count("\n")) > FILE_MAX}
    assert long == {}


def test_functions_are_small() -> None:
    long = {f"{name}:{f}": n for name, text in sources("bot") for f, n in functions(text) if n > FUNCTION_MAX}
    assert long == {}


def test_no_real_phone_number() -> None:
    found = [hit for hit in matches(PHONE, but=(".lock",)) if not SYNTHETIC.search(hit.rsplit(" ", 1)[1])]
    assert found == []


@pytest.mark.parametrize("pattern", [MACHINE, REGISTRY], ids=["machine path", "registry address"])
def test_nothing_of_the_machine_it_was_made_on(pattern: re.Pattern[str]) -> None:
    assert matches(pattern) == []


@pytest.mark.parametrize(
    ("pattern", "text", "caught"),
    [
        (PHONE, "电话" + "139" + "12345678", True),
        (PHONE, "a" + "139" + "12345678" + "0", False),
        (MACHINE, 'open("/' + 'work/x")', True),
        (MACHINE, "docs/" + "work/x", False),
        (REGISTRY, "https://pypi" + ".org/simple", True),
        (REGISTRY, "https://pypi" + ".example.cn/simple", True),
        (REGISTRY, "https://mirrors" + ".example.cn", True),
        (REGISTRY, "npm i", False),
    ],
)
def test_the_patterns_themselves(pattern: re.Pattern[str], text: str, caught: bool) -> None:
    assert bool(pattern.search(text)) is caught


def pins(lock: str) -> dict[str, str]:
    """Normalised name to version of a lock file."""
    lines = (ROOT / lock).read_text().splitlines()
    found = [re.match(r"([\w.-]+)==([\w.]+)", line) for line in lines]
    return {hit[1].lower().replace("_", "-"): hit[2] for hit in found if hit}


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_have_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    entries = re.split(r"\n(?=\w)", text)
    assert [entry.splitlines()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_follow_pyproject(lock: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"] + project["build-system"]["requires"]
    wanted += [need for extra in LOCKS[lock] for need in project["project"]["optional-dependencies"][extra]]
    pinned = pins(lock)
    for need in map(Requirement, wanted):
        name = need.name.lower().replace("_", "-")
        assert name in pinned and need.specifier.contains(pinned[name]), f"{need}: run `make lock`"


def test_each_lock_holds_the_smaller_one() -> None:
    run, wechat, dev, bench = map(pins, LOCKS)
    assert run.items() <= wechat.items() <= dev.items() <= bench.items()
