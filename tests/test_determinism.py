"""The same spec gives the same bytes, whatever the hash seed, the folder and the way there."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import Run

SPEC = "3-4:tanh-2:softmax"


def test_same_bytes_under_every_hash_seed(run: Run, tmp_path: Path) -> None:
    for seed in "012":
        assert run("build", SPEC, "-o", seed, PYTHONHASHSEED=seed).returncode == 0
    for name in ("notes.html", "notes.tex", "figure.svg", "net_3_4_2.py"):
        first, *others = ((tmp_path / seed / name).read_bytes() for seed in "012")
        assert all(other == first for other in others), name


def test_same_loops_under_every_hash_seed(run: Run) -> None:
    command = ("emit", SPEC, "--style", "loops", "--dtype", "float32", "--input-gradient")
    first, *others = (run(*command, PYTHONHASHSEED=seed) for seed in "012")
    assert first.returncode == 0, first.stderr
    assert all(other.stdout == first.stdout for other in others)


def test_same_bytes_from_another_folder_and_by_build(run: Run, tmp_path: Path) -> None:
    text = 'name = "net"\ninputs = 3\n[[layers]]\nunits = 4\nactivation = "tanh"\n[[layers]]\nunits = 2\nactivation = "softmax"\n'
    (tmp_path / "here.toml").write_text(text)
    (tmp_path / "far" / "away").mkdir(parents=True)
    (tmp_path / "far" / "away" / "there.toml").write_text(text.replace(" = ", "=") + "# a remark\n")
    assert run("build", "here.toml", "-o", "one").returncode == 0
    assert run("build", "far/away/there.toml", "-o", "far/two", PYTHONHASHSEED="7").returncode == 0
    for name in ("notes.html", "notes.tex", "figure.svg", "net.py"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "far" / "two" / name).read_bytes()
    assert (tmp_path / "one" / "net.py").read_text() == run("emit", "here.toml").stdout
