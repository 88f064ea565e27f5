"""The layering of the design, read from the imports: downwards only, no cycle, nothing done on import."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "rnn_demo").rglob("*.py"))
SCRIPTS = [path for path in (ROOT / "app.py", ROOT / "train.py") if path.exists()]
HIGHEST_FIRST = [
    ("ui",),
    ("plots",),
    ("precompute",),
    ("tasks",),
    ("microscope",),
    ("language", "sentiment", "entities"),
    ("training",),
    ("predictor",),
    ("model_card", "comparison", "published"),
    ("precomputed",),
    ("checkpoint",),
    ("int8",),
    ("bidirectional", "encoder"),
    ("cells",),
    ("regularisation",),
    ("tokenizer",),
    ("domains", "spacing", "rewriting", "words"),
    ("graphemes",),
    ("config",),
    ("checks",),
    ("storage",),
    ("results",),
    ("errors",),
]
LEVEL = {name: -i for i, names in enumerate(HIGHEST_FIRST) for name in names}
MAX_FILE_BYTES = 10_000_000


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}


def imported_names(tree, at_import_only=False):
    """List the modules that a file names in its imports; `from a import b` names a.b where that is a module."""
    names = []
    nodes = list(ast.walk(tree))
    if at_import_only:
        inside = [n for f in nodes if isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef)) for n in ast.walk(f)]
        checking = [
            n for f in nodes if isinstance(f, ast.If) and "TYPE_CHECKING" in ast.dump(f.test) for n in ast.walk(f)
        ]
        skipped = {id(node) for node in inside + checking}
        nodes = [node for node in nodes if id(node) not in skipped]
    for node in nodes:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"a relative import: {ast.unparse(node)}"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names += [name if name in MODULES else str(node.module) for name in whole]
    return names


def room(name):
    parts = name.split(".")
    return parts[1] if parts[0] == "rnn_demo" and len(parts) > 1 else ""


def test_every_file_has_its_place_in_the_picture():
    assert {room(name) for name in MODULES} - {""} <= set(LEVEL)


@pytest.mark.parametrize("name", [name for name in MODULES if room(name)])
def test_imports_run_downwards_only(name):
    for imported in imported_names(MODULES[name]):
        if room(imported) and room(imported) != room(name):
            assert LEVEL[room(imported)] < LEVEL[room(name)], f"{name} imports {imported}"


def test_there_is_no_import_cycle():
    graph = {
        name: [i for i in imported_names(tree, at_import_only=True) if i in MODULES] for name, tree in MODULES.items()
    }
    done, path = set(), []

    def visit(name):
        assert name not in path, " -> ".join([*path[path.index(name) :], name])
        if name not in done:
            path.append(name)
            for imported in graph[name]:
                visit(imported)
            done.add(path.pop())

    for name in graph:
        visit(name)
    assert done == set(MODULES)


def test_the_microscope_names_what_it_takes():
    """Models are typed, no task is told by its name, and no weight of a model is used: mypy sees a renamed method."""
    predictor = next(
        node for node in ast.walk(MODULES["rnn_demo.predictor"]) if getattr(node, "name", "") == "Predictor"
    )
    assert "model: CheckpointModel" in map(ast.unparse, predictor.body)
    paths = [
        path for path in SOURCES if path.relative_to(ROOT / "rnn_demo").parts[0] in ("microscope", "precompute", "ui")
    ]
    for path in [*paths, *(ROOT / "bench").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith("model"):
                assert node.attr not in ("classifier", "to_tags", "word_map"), f"{path}:{node.lineno}"
            if isinstance(node, ast.Compare) and ast.unparse(node.left).endswith("predictor.task"):
                texts = [n for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
                assert not texts, f"{path}:{node.lineno}"


@pytest.mark.parametrize(("library", "rooms"), [("gradio", {"ui"}), ("plotly", {"plots"}), ("gradio_client", set())])
def test_a_library_stays_in_its_room(library, rooms):
    users = {
        room(name) or name
        for name, tree in MODULES.items()
        if any(imported.split(".")[0] == library for imported in imported_names(tree))
    }
    assert users <= rooms


def test_train_py_imports_no_page_library():
    names = {name.split(".")[0] for name in imported_names(ast.parse((ROOT / "train.py").read_text()))}
    assert not names & {"gradio", "plotly"}


@pytest.mark.slow
def test_importing_the_package_pulls_in_neither_torch_nor_gradio():
    code = "import json, sys, rnn_demo; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    roots = {name.split(".")[0] for name in json.loads(done.stdout)}
    assert not roots & {"torch", "gradio", "plotly", "numpy", "sentencepiece", "datasets", "accelerate"}


@pytest.mark.slow
def test_answering_pulls_in_no_training_library():
    code = "import json, sys, rnn_demo.tasks; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {name.split(".")[0] for name in json.loads(done.stdout)} & {"gradio", "plotly", "seqeval", "accelerate"}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_does_no_work_when_imported(name):
    """At the top of a module stand definitions: no bare call, no loop, no `with`, no thread count."""
    for statement in MODULES[name].body:
        allowed = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
        is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        is_typing = isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.dump(statement.test)
        assert isinstance(statement, allowed) or is_text or is_typing, ast.unparse(statement)
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
            called = {ast.unparse(call.func) for call in ast.walk(statement.value) if isinstance(call, ast.Call)}
            assert not {call for call in called if "load" in call or "download" in call or "cuda" in call}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_runs_under_a_main_guard(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    *_, last = tree.body
    assert isinstance(last, ast.If)
    assert ast.unparse(last.test) == "__name__ == '__main__'"


@pytest.mark.parametrize("path", SOURCES + SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_whatever_is_public_has_a_docstring(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), path
    definitions = [node for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
    for node in definitions:
        if not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{path}: {node.name}"
            methods = [n for n in node.body if isinstance(n, ast.FunctionDef) and isinstance(node, ast.ClassDef)]
            for method in methods:
                assert method.name.startswith("_") or ast.get_docstring(method), f"{path}: {node.name}.{method.name}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_print_no_assert_no_bare_except(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not isinstance(node, ast.Assert), f"{path}:{node.lineno}"
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) != "print", f"{path}:{node.lineno}"
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"{path}:{node.lineno}"


@pytest.mark.parametrize("name", MODULES)
def test_what_a_module_offers_is_there(name):
    tree = MODULES[name]
    listed = [n for n in tree.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "__all__"]
    defined = {n.name for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    for statement in tree.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                defined.add(node.id)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                defined |= {alias.asname or alias.name for alias in node.names}
    for assignment in listed:
        assert set(ast.literal_eval(assignment.value)) <= defined


def test_no_file_of_the_repository_is_too_large():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git repository")
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    assert len(paths) > 20
    assert not [str(path) for path in paths if path.is_file() and path.stat().st_size >= MAX_FILE_BYTES]
