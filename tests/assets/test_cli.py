"""The command line: words, exit codes, and which folder is meant."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from dagster._core.errors import DagsterExecutionInterruptedError

from assets import cli
from assets.bench import PROJECT, Folders
from assets.definitions import STEPS
from assets.stopping import calm
from pipelines.errors import InputError
from pipelines.sources.area_file import SHIPPED, read_area_file

TOWN = "voorbeeldstad"
VARIABLES = ("SAMENHANG_DATA", "SAMENHANG_RAW", "SAMENHANG_OUT", "SAMENHANG_KEY", "SAMENHANG_STATE", "DAGSTER_HOME")


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


@pytest.fixture
def samenhang(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    """Run the command line in this process; its data folder is `tmp_path/data`."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SAMENHANG_DATA", str(tmp_path / "data"))

    def call(*words: str | Path) -> Answer:
        monkeypatch.setattr(sys, "argv", ["samenhang", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return Answer(ended.value.code or 0, said.out, said.err)

    return call


def _program(*words: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    command = [Path(sys.executable).parent / "samenhang", *words]
    return subprocess.run(command, cwd=cwd, env={**clean, **environment}, capture_output=True, text=True, check=False)


def test_a_stop_that_python_can_only_ignore_is_not_told_of_and_a_mistake_is():
    told: list[type[BaseException]] = []
    tell = calm(lambda ignored: told.append(ignored.exc_type))
    for ignored in (KeyboardInterrupt, DagsterExecutionInterruptedError, ValueError):
        tell(SimpleNamespace(exc_type=ignored))
    assert told == [ValueError]


def test_without_words_it_shows_what_it_can_do(samenhang):
    answer = samenhang()
    words = answer.out + answer.err
    assert answer.code == 2
    assert all(
        command in words
        for command in (
            "init",
            "fetch",
            "run",
            "check",
            "areas",
            "example",
            "dev",
            "releases",
            "verify",
            "withdraw",
            "newkey",
        )
    )


@pytest.mark.parametrize(
    "command", ["init", "fetch", "run", "check", "areas", "example", "dev", "releases", "verify", "withdraw", "newkey"]
)
def test_every_command_says_what_it_does(samenhang, command: str):
    answer = samenhang(command, "--help")
    assert answer.code == 0
    assert answer.err == ""
    usage, described, *_ = (" ".join(part.split()) for part in answer.out.strip().split("\n\n"))
    assert f"samenhang {command}" in usage
    assert len(described) > 20
    assert described.endswith(".")


def test_the_help_of_run_names_the_variables_and_defaults_of_its_folders(samenhang):
    words = " ".join(samenhang("run", "--help").out.split())
    assert "AREA" in words
    assert "[SAMENHANG_RAW, else data/raw]" in words
    assert "[SAMENHANG_OUT, else data/published]" in words


@pytest.mark.parametrize("words", [["flurb"], ["run"], ["run", "a", "--flurb"], ["example", "reusachtig"]])
def test_a_wrong_word_is_bad_input(samenhang, words: list[str]):
    answer = samenhang(*words)
    assert answer.code == 2
    assert answer.err.startswith("Usage: ")
    assert "Try '" in answer.err
    assert "Traceback" not in answer.err


def test_areas_lists_shipped_ones_and_those_of_the_data_folder(samenhang, tmp_path: Path):
    mine = tmp_path / "data" / "areas" / "mijn-stad.yaml"
    mine.parent.mkdir(parents=True)
    shutil.copy(SHIPPED / f"{TOWN}.yaml", mine)
    answer = samenhang("areas")
    assert answer.code == 0
    listed = dict(line.split() for line in answer.out.strip().split("\n"))
    assert listed["mijn-stad"] == str(mine)
    assert set(listed) == {"mijn-stad", *(path.stem for path in SHIPPED.glob("*.yaml"))}
    assert list(listed) == sorted(listed)


def test_what_is_said_steers_no_terminal(capsys: pytest.CaptureFixture[str]):
    cli._say("one\x1b]0;title\x07 \u202etext\ntwo")
    cli._complain("one\x1b " + "a" * 10_000 + "\ntwo")
    said = capsys.readouterr()
    assert said.out == "one]0;title text\ntwo\n"
    assert said.err == "one " + "a" * 1995 + "…\ntwo\n"


def test_an_area_may_not_take_the_name_of_a_shipped_one(samenhang, tmp_path: Path):
    mine = tmp_path / "data" / "areas" / f"{TOWN}.yaml"
    mine.parent.mkdir(parents=True)
    shutil.copy(SHIPPED / f"{TOWN}.yaml", mine)
    answer = samenhang("areas")
    assert answer.code == 2
    assert f"named '{TOWN}' exists already. Rename" in answer.err


def test_the_example_town_is_written_into_the_raw_folder_and_can_be_read(samenhang, tmp_path: Path):
    written = samenhang("example")
    assert written.code == 0
    assert written.out == f"Written: {tmp_path / 'data' / 'raw' / TOWN}\n"
    assert samenhang("check", TOWN).code == 0


def test_the_raw_folder_is_the_option_else_the_variable_else_that_of_the_data_folder(
    samenhang, example_raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    absent = f"{tmp_path / 'data' / 'raw'}: there is no such raw folder"
    assert absent in samenhang("check", TOWN).err
    monkeypatch.setenv("SAMENHANG_RAW", str(example_raw))
    assert samenhang("check", TOWN).code == 0
    assert f"{tmp_path / 'other'}: there is" in samenhang("check", TOWN, "--raw", tmp_path / "other").err


def test_folders_are_options_else_variables_else_in_the_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    data = PROJECT / "data"
    assert Folders.from_environment() == Folders(data / "raw", data, data / "published")
    assert Folders.from_environment(Path("r"), Path("o")) == Folders(tmp_path / "r", data, tmp_path / "o")
    monkeypatch.setenv("SAMENHANG_DATA", "d")
    assert Folders.from_environment() == Folders(tmp_path / "d/raw", tmp_path / "d", tmp_path / "d/published")
    monkeypatch.setenv("SAMENHANG_RAW", "r")
    monkeypatch.setenv("SAMENHANG_OUT", "o")
    assert Folders.from_environment() == Folders(tmp_path / "r", tmp_path / "d", tmp_path / "o")
    assert Folders.from_environment(Path("x"), Path("y")) == Folders(tmp_path / "x", tmp_path / "d", tmp_path / "y")
    assert Folders.from_environment().state == tmp_path / "d/dagster"


def test_a_folder_whose_name_is_no_text_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="the name of this folder is not written in UTF-8"):
        Folders.from_environment(tmp_path / os.fsdecode(b"caf\xe9"))


def test_an_area_may_be_the_path_of_an_area_file(samenhang, example_raw: Path, tmp_path: Path):
    mine = tmp_path / "mijn-stad.yaml"
    words = (SHIPPED / f"{TOWN}.yaml").read_text(encoding="utf-8").replace(f"name: {TOWN}", "name: mijn-stad")
    mine.write_text(words, encoding="utf-8")
    answer = samenhang("check", mine, "--raw", example_raw)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith(f"{mine}: every delivery can be read.\n")


def test_a_check_tells_of_every_delivery_what_it_saw(samenhang, example_raw: Path):
    answer = samenhang("check", TOWN, "--raw", example_raw)
    blocks = [block.splitlines() for block in answer.out.split("\n\n")[1:]]
    area = read_area_file(SHIPPED / f"{TOWN}.yaml")
    delivered = [one.path for one in area.sources.all()]
    assert [block[0].split("  ")[1] for block in blocks if not block[0].startswith("together")] == delivered
    labels = [[line.split()[0] for line in block[1:]] for block in blocks]
    assert all(of_block[0] == "vintage" and "kept" in of_block for of_block in labels[: len(delivered)])


def test_a_check_says_how_sure_the_columns_of_every_cbs_delivery_are(samenhang, example_raw: Path):
    said = samenhang("check", TOWN, "--raw", example_raw).out
    roles = ("buurten", "wijken", "gemeenten", "pc4", "pc6", "squares")
    for role in roles:
        block = next(block for block in said.split("\n\n") if block.startswith(f"{role} "))
        assert "  columns      from documentation: " in block


def test_paths_are_seen_from_where_the_command_is_given(example_raw: Path, tmp_path: Path):
    mine = tmp_path / "mijn-stad.yaml"
    words = (SHIPPED / f"{TOWN}.yaml").read_text(encoding="utf-8").replace(f"name: {TOWN}", "name: mijn-stad")
    mine.write_text(words, encoding="utf-8")
    (tmp_path / "ruw").symlink_to(example_raw)
    ended = _program("check", "mijn-stad.yaml", "--raw", "ruw", cwd=tmp_path, SAMENHANG_DATA="data")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert not (tmp_path / "data").exists()


def test_settings_of_dagster_are_given_back_after_a_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("DAGSTER_HOME", "/mine")
    monkeypatch.delenv("SAMENHANG_STATE", raising=False)
    with cli.environment(Folders(tmp_path, tmp_path / "data", tmp_path)):
        assert os.environ["DAGSTER_HOME"] == str(PROJECT)
        assert os.environ["SAMENHANG_STATE"] == str(tmp_path / "data" / "dagster")
    assert os.environ["DAGSTER_HOME"] == "/mine"
    assert "SAMENHANG_STATE" not in os.environ


def test_a_data_folder_with_a_question_mark_is_refused_before_anything_is_written(tmp_path: Path):
    folders = Folders(tmp_path / "raw", tmp_path / "why?", tmp_path / "out")
    with pytest.raises(InputError, match="question mark"), cli.environment(folders):
        pytest.fail("it was accepted")
    assert not folders.data.exists()


def test_a_file_where_a_folder_should_be_is_said_without_a_traceback(samenhang, example_raw: Path, tmp_path: Path):
    (tmp_path / "data").write_text("a file of my own", encoding="utf-8")
    answer = samenhang("run", TOWN, "--raw", example_raw)
    assert answer.code == 1
    assert answer.err.startswith("Failed:")
    assert str(tmp_path / "data") in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.slow
def test_a_run_says_one_line_per_step_and_leaves_nothing_where_it_was_called(example_raw: Path, tmp_path: Path):
    called_from = tmp_path / "elsewhere"
    called_from.mkdir()
    (tmp_path / "raw").symlink_to(example_raw)
    words = ("run", TOWN, "--raw", "../raw", "--out", "../published")
    ended = _program(*words, cwd=called_from, SAMENHANG_DATA="../data")
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    *steps, published, opened = ended.stdout.strip().split("\n")
    assert sorted(line.split()[0] for line in steps) == sorted(one.key for one in STEPS)
    assert all(line.endswith(" s") for line in steps)
    assert Path(published.removeprefix("Published: ")).samefile(tmp_path / "published" / TOWN)
    assert Path(opened.removeprefix("Open in a browser: ")).samefile(tmp_path / "published" / TOWN / "index.html")
    assert not list(called_from.rglob("*"))
    assert {path.name for path in tmp_path.iterdir()} == {"elsewhere", "raw", "data", "published"}
    assert (tmp_path / "data" / "dagster" / "history").is_dir()
