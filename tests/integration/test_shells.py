# SPDX-License-Identifier: Apache-2.0
"""What real shells complete, and what the manual says: both made from the help of the commands."""

import json
import os
import pty
import re
import select
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PIPELINE = {"source": {"files": "*.csv"}, "columns": {"a": "text"}, "sink": {"discard": True}}


def ask(tidemill: Path, *arguments: str) -> str:
    return subprocess.run([tidemill, *arguments], capture_output=True, text=True, check=True).stdout


def commands(tidemill: Path) -> list[str]:
    return re.findall(r"^  (\w+) +\S", ask(tidemill, "--help"), re.MULTILINE)


def options(tidemill: Path, command: str) -> set[str]:
    text = ask(tidemill, command, "--help").partition("\nexamples:\n")[0]
    return set(re.findall(r"^ +(?:-\w, )?(--[\w-]+)", text, re.M))


def second_words(tidemill: Path) -> set[tuple[str, str]]:
    """As they are typed, up to the word: ("tidemill state balances ", "accept")."""
    found = set()
    for command in commands(tidemill):
        usage = ask(tidemill, command, "--help").partition("\n\n")[0]
        for line in usage.removeprefix("usage:").splitlines():
            word = re.search(
                rf"^ +tidemill {command} (PIPELINE )?(?:\[OPTION...\] )?([a-z]+)\b", line
            )
            if word and "|" not in line:
                found.add((f"tidemill {command} {'balances ' if word[1] else ''}", word[2]))
    return found


@pytest.fixture
def folder(tidemill: Path, tmp_path: Path) -> Path:
    """With a project, and the program as `tidemill` in `bin`."""
    project = {"pipelines": dict.fromkeys(("promo_uses", "promo_ends", "balances"), PIPELINE)}
    (tmp_path / "tidemill.yaml").write_text(json.dumps(project))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/tidemill").symlink_to(tidemill)
    return tmp_path


def environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "TERM": "dumb",
    }


def bash_offers(folder: Path, lines: list[str]) -> dict[str, set[str]]:
    """Of many lines with one shell: the script is read once."""
    script = (
        "source <(tidemill completion bash)\n"
        'for line in "$@"; do\n'
        '    read -ra COMP_WORDS <<< "$line"; [[ $line == *" " ]] && COMP_WORDS+=("")\n'
        "    COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=(); _tidemill\n"
        '    printf "%s\\n" "${COMPREPLY[*]}"\n'
        "done\n"
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", *lines],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return {
        line: set(row.split()) for line, row in zip(lines, done.stdout.splitlines(), strict=True)
    }


def in_bash(folder: Path, line: str) -> set[str]:
    return bash_offers(folder, [line])[line]


def in_fish(folder: Path, line: str) -> set[str]:
    script = f"tidemill completion fish | source; complete -C '{line}'"
    done = subprocess.run(
        ["fish", "--no-config", "-c", script],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return {row.split("\t")[0] for row in done.stdout.splitlines()}


CASES = [
    ("tidemill ru", {"run", "runs"}),
    ("tidemill run promo", {"promo_uses", "promo_ends"}),
    ("tidemill run --exclude b", {"balances"}),
    ("tidemill run --log-format ", {"text", "json"}),
    ("tidemill explain E30", {"E3000", "E3001"}),
    ("tidemill completion f", {"fish"}),
    ("tidemill run --reread ti", {"tidemill.yaml"}),
    ("tidemill init --csv b", {"bin/"}),
    ("tidemill rejects ", {"retry", "dismiss", "promo_uses", "promo_ends", "balances"}),
    ("tidemill rejects di", {"dismiss"}),
    ("tidemill rejects retry ", {"promo_uses", "promo_ends", "balances"}),
    ("tidemill rejects --stage load -f tidemill.yaml re", {"retry"}),
    ("tidemill rejects retry balances ret", set()),
    ("tidemill state ", {"promo_uses", "promo_ends", "balances"}),
    ("tidemill state balances ", {"reset", "rewind", "accept"}),
    ("tidemill state -f tidemill.yaml balances a", {"accept"}),
    ("tidemill state balances --yes re", {"reset", "rewind"}),
    ("tidemill state --to 2024-03-31 b", {"balances"}),
    ("tidemill state balances rewind ", set()),
    ("tidemill state balances rewind --t", {"--to"}),
]


@pytest.mark.parametrize("complete", [in_bash, in_fish])
@pytest.mark.parametrize(("line", "expected"), CASES)
def test_shells_complete(folder: Path, complete, line: str, expected: set[str]) -> None:
    offered = complete(folder, line)
    assert {word.rstrip("/") for word in offered} == {word.rstrip("/") for word in expected}


@pytest.mark.parametrize("complete", [in_bash, in_fish])
def test_shells_know_all_commands_and_options(tidemill: Path, folder: Path, complete) -> None:
    names = commands(tidemill)
    assert len(names) > 8
    assert set(names) <= complete(folder, "tidemill ")
    for name in ("check", "run", "state", "doctor"):
        assert options(tidemill, name) <= complete(folder, f"tidemill {name} --")


def test_bash_offers_all_options_and_words_of_all_commands_and_no_others(
    tidemill: Path, folder: Path
) -> None:
    lines = {f"tidemill {name} --": options(tidemill, name) for name in commands(tidemill)}
    offered = bash_offers(folder, list(lines))
    for line, expected in lines.items():
        assert offered[line] == expected | {"--help"}, line
    words = second_words(tidemill)
    assert {word for _, word in words} == {"retry", "dismiss", "reset", "rewind", "accept"}
    offered = bash_offers(folder, [line for line, _ in words])
    for line, word in words:
        assert word in offered[line], line


def test_the_named_project_file_is_asked(folder: Path) -> None:
    (folder / "other.yaml").write_text(json.dumps({"pipelines": {"elsewhere": PIPELINE}}))
    for complete in (in_bash, in_fish):
        assert complete(folder, "tidemill run -f other.yaml e") == {"elsewhere"}


def test_a_broken_project_file_completes_nothing_and_says_nothing(folder: Path) -> None:
    (folder / "tidemill.yaml").write_text("pipelines: [")
    assert in_bash(folder, "tidemill run p") == set()


class Zsh:
    """An interactive zsh on a terminal of its own."""

    def __init__(self, folder: Path):
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.execvpe("zsh", ["zsh", "-f", "-i"], environment(folder) | {"PS1": "%% "})
        self.seen = ""

    def wait_for(self, pattern: str, seconds: float = 60) -> str:
        end = time.monotonic() + seconds
        while not re.search(pattern, self.seen):
            left = end - time.monotonic()
            assert left > 0, f"no {pattern!r} in {self.seen!r}"
            if select.select([self.terminal], [], [], left)[0]:
                self.seen += os.read(self.terminal, 65536).decode("utf-8", "replace")
        return self.seen

    def send(self, text: str) -> None:
        self.seen = ""
        os.write(self.terminal, text.encode())

    def close(self) -> None:
        os.close(self.terminal)
        os.waitpid(self.process, 0)


def test_zsh_completes(folder: Path) -> None:
    zsh = Zsh(folder)
    try:
        zsh.wait_for("%")
        setup = (
            "autoload -Uz compinit; compinit -u -D; source =(tidemill completion zsh); print s''et"
        )
        zsh.send(setup + "\n")
        zsh.wait_for(r"\nset")
        # The shell itself prints what its line holds then, so that no escape of its editor matters.
        for line, expected in [
            ("tidemill doc\t", "tidemill doctor"),
            ("tidemill run bal\t", "tidemill run balances"),
            ("tidemill run --log-f\tj\t", "tidemill run --log-format json"),
            ("tidemill rejects ret\tbal\t", "tidemill rejects retry balances"),
            ("tidemill state bal\trew\t", "tidemill state balances rewind"),
            (
                "tidemill state --to 2024-03-31 bal\tac\t",
                "tidemill state --to 2024-03-31 balances accept",
            ),
        ]:
            zsh.send(line)
            zsh.wait_for(expected.rsplit(" ", 1)[1])
            zsh.send("\x01print -r -- '[\x05]'\n")
            zsh.wait_for(r"\n\[" + re.escape(expected) + r"\]")
    finally:
        zsh.close()


def test_an_unknown_shell_is_told(tidemill: Path) -> None:
    done = subprocess.run([tidemill, "completion", "tcsh"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "there is no completion for `tcsh`: bash, zsh and fish have one" in done.stderr


def test_help_lists_the_options_that_there_are(tidemill: Path, tmp_path: Path) -> None:
    for command in commands(tidemill):
        for option in options(tidemill, command) - {"--help"}:
            done = subprocess.run(
                [tidemill, command, option, "1", "--help"],
                cwd=tmp_path,
                capture_output=True,
                text=True,
            )
            assert "unrecognized option" not in done.stderr, (command, option)


@pytest.fixture
def manual(tidemill: Path, tmp_path: Path) -> Path:
    subprocess.run([ROOT / "tools/make_man", tidemill, tmp_path / "man1"], check=True)
    return tmp_path / "man1"


def test_the_manual_has_a_page_for_each_command(tidemill: Path, manual: Path) -> None:
    expected = {"tidemill.1"} | {f"tidemill-{name}.1" for name in commands(tidemill)}
    assert {path.name for path in manual.iterdir()} == expected


def test_the_manual_is_set_without_warnings_and_says_what_the_help_says(
    tidemill: Path, manual: Path
) -> None:
    for path in manual.iterdir():
        done = subprocess.run(
            ["groff", "-man", "-Tascii", "-P-c", "-P-b", "-P-u", "-ww", path],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == "", path.name
        if path.name == "tidemill.1":
            assert all(f"tidemill-{name}(1)" in done.stdout for name in commands(tidemill))
            continue
        command = path.stem.removeprefix("tidemill-")
        words = done.stdout.replace("-\n", "-").split()
        assert options(tidemill, command) <= {word.strip(",") for word in words}, command
