"""`course`: every command can be loaded, and what is not understood is said."""

import subprocess
import sys

import pytest

from course_utils import cli


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_is_there(name):
    assert callable(cli.load(name))


def test_usage_lists_every_command(capsys):
    assert cli.main(["--help"]) == 0
    said = capsys.readouterr().out
    for name, command in cli.COMMANDS.items():
        assert f"  {name} " in said
        assert command.help in said
    assert cli.main([]) == 2


def test_an_unknown_command_is_named_with_those_that_exist(capsys):
    assert cli.main(["doktor"]) == 2
    said = capsys.readouterr().err
    assert "no command 'doktor'" in said
    assert "doctor" in said


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_an_unknown_option_is_refused(name, capsys):
    assert cli.main([name, "--no-such-option"]) == 2
    assert "--no-such-option" in "".join(capsys.readouterr())


def test_the_exit_code_reaches_the_shell():
    command = [sys.executable, "-m", "course_utils.cli", "nonsense"]
    assert subprocess.run(command, capture_output=True).returncode == 2
