"""Downloads of learning platforms become nbgrader's layout: nobody is lost or somebody else, nothing leads out."""

import json
import stat
import zipfile

import pytest

from autograder.collecting import archive as archives
from autograder.collecting.archive import Entry, open_archive
from autograder.collecting.collect import Ledger, collect
from autograder.collecting.names import found
from autograder.collecting.roster import NoRoster, Roster

CELLS = {"01_tokenization": {"round_trip", "bpe"}, "02_forward_step": {"softmax"}}
MOODLE = "_assignsubmission_file_"
WORKSHEET = """\
Identifier,Full name,Email address,Status,Grade,Maximum Grade,Last modified (submission),Feedback comments
Participant 4711,Student One,one@example.org,Submitted for grading,,100.00,"Monday, 2 February 2026, 10:00 AM",
Participant 4712,Student Two,two@example.org,Submitted for grading,,100.00,"Monday, 2 February 2026, 10:05 AM",
"""
CANVAS = """\
Student,ID,SIS Login ID,Section,01_tokenization (77)
    Points Possible,,,,100
"One, Student",600,one@example.org,A,
"Two, Student",601,two@example.org,A,
"""


def notebook(*grade_ids: str, text: str = "") -> str:
    cells = [{"source": text, "metadata": {"nbgrader": {"grade_id": name}}} for name in grade_ids]
    return json.dumps({"cells": cells})


@pytest.fixture
def take(tmp_path):
    """``take({name: content}, ...)`` collects a ZIP file with these entries; dates by name where given."""

    def take(files, dates=None, roster=None, assignment="", dry=False):
        path = tmp_path / "download.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for name, content in files.items():
                info = zipfile.ZipInfo(name, (dates or {}).get(name, (2026, 2, 1, 10, 0, 0)))
                if content == "link":
                    info.external_attr = (stat.S_IFLNK | 0o777) << 16
                file.writestr(info, content)
        ledger = Ledger(tmp_path / "collected.json")
        return collect(open_archive(path), tmp_path / "submitted", ledger, CELLS, roster, assignment, dry)

    take.submitted = tmp_path / "submitted"
    return take


def written(take) -> dict[str, str]:
    """What lies in the layout: the first text of each notebook by student and assignment."""
    paths = take.submitted.glob("*/*/*.ipynb")
    return {f"{p.parts[-3]}/{p.parts[-2]}": json.loads(p.read_text("utf-8"))["cells"][0]["source"] for p in paths}


# -- names


@pytest.mark.parametrize(
    ("name", "student", "task"),
    [
        ("doejane_12345_67890_01_tokenization.ipynb", "doejane_12345", "01_tokenization"),
        ("doejane_LATE_12345_67890_01_tokenization-2.ipynb", "doejane_12345", "01_tokenization"),
        (f"Student One_4711{MOODLE}/02_forward_step.ipynb", "Student-One_4711", "02_forward_step"),
        ("Student One_4711_assignsubmission_file/02_forward_step.ipynb", "Student-One_4711", "02_forward_step"),
        (f"Student One_4711{MOODLE}02_forward_step (1).ipynb", "Student-One_4711", "02_forward_step"),
        (f"Student One_4711{MOODLE}/week1/01_tokenization.ipynb", "Student-One_4711", "01_tokenization"),
        (f"Student One_4711{MOODLE}/student-02/01_tokenization/x_1_2_other.ipynb", "Student-One_4711", ""),
        (f"course/Jürgen Ü_9{MOODLE}/01_tokenization.ipynb", "Jürgen-Ü_9", "01_tokenization"),
        ("jane/01_tokenization/01_tokenization.ipynb", "jane", "01_tokenization"),
        ("jane/01_tokenization/renamed.IPYNB", "jane", "01_tokenization"),
        ("jane/01_Tokenization.ipynb", "jane", "01_tokenization"),
        ("jane/01_tokenization/week1/sub/01_tokenization.ipynb", "jane", "01_tokenization"),
        ("jane/02_forward_step.ipynb", "jane", "02_forward_step"),
    ],
)
def test_names_tell_student_and_assignment(name, student, task):
    taken, left = found([Entry(name, "")], list(CELLS))
    assert [(one.plain_id, one.assignment) for one in taken] == ([(student, task)] if student else [])
    assert bool(left) == (not student)


@pytest.mark.parametrize(
    "name",
    [
        "../../evil/01_tokenization/01_tokenization.ipynb",
        "jane/../../../01_tokenization.ipynb",
        "/etc/01_tokenization.ipynb",
        "C:\\Users\\x\\01_tokenization.ipynb",
        "..\\..\\01_tokenization.ipynb",
        "__MACOSX/._01_tokenization.ipynb",
        "jane/01_tokenization/timestamp.txt",
        "01_tokenization.ipynb",
        ".../01_tokenization.ipynb",
        "x" * 300 + "/01_tokenization.ipynb",
    ],
)
def test_names_that_lead_elsewhere_are_not_taken(name):
    taken, left = found([Entry(name, "")], list(CELLS))
    assert taken == [] and left[name]


def test_an_archive_is_unpacked_into_the_layout_and_nowhere_else(take):
    result = take(
        {
            "doejane_1_2_01_tokenization.ipynb": notebook("bpe", text="old"),
            "doejane_1_3_01_tokenization-1.ipynb": notebook("bpe", text="new"),
            "eve_6_7_01_tokenization.ipynb": "link",
            "../../../mallory/01_tokenization/01_tokenization.ipynb": "out",
        }
    )
    everything = [path for path in take.submitted.parent.rglob("*") if path.is_file()]
    assert {path.name for path in everything} == {"download.zip", "collected.json", "01_tokenization.ipynb"}
    assert written(take) == {"doejane_1/01_tokenization": "new"}
    reasons = dict(result.left)
    assert reasons["eve_6_7_01_tokenization.ipynb"] == "a link, not a file"
    assert "leads out" in reasons["../../../mallory/01_tokenization/01_tokenization.ipynb"]
    assert len(result.taken) == 1 and len(result.left) == 3


def test_a_bomb_is_not_unpacked(take, monkeypatch):
    monkeypatch.setattr(archives, "LARGEST", 1000)
    assert "has more than" in take({"jane/01_tokenization.ipynb": " " * 1_000_000}).left[0][1]


def test_a_folder_is_taken_and_its_links_are_not(tmp_path):
    source = tmp_path / "in" / "jane"
    source.mkdir(parents=True)
    (source / "01_tokenization.ipynb").write_text("{}")
    (source / "02_forward_step.ipynb").symlink_to("/etc/passwd")
    result = collect(open_archive(tmp_path / "in"), tmp_path / "submitted", Ledger(tmp_path / "ledger"), CELLS)
    assert len(result.taken) == 1 and result.left == [("jane/02_forward_step.ipynb", "a link, not a file")]


# -- nobody is somebody else


def test_a_folder_or_a_file_named_like_another_student_is_the_students_own(take):
    victim, attacker = f"Student One_1{MOODLE}", f"Student Two_2{MOODLE}"
    result = take(
        {
            f"{victim}/01_tokenization.ipynb": notebook("bpe", text="mine"),
            f"{attacker}/{victim}/01_tokenization.ipynb": notebook("bpe", text="forged"),
            f"{attacker}/studentone_1_9_02_forward_step.ipynb": notebook("softmax"),
        }
    )
    assert written(take)["Student-One_1/01_tokenization"] == "mine"
    assert set(written(take)) == {
        f"Student-{who}/{task}"
        for who, task in (("One_1", "01_tokenization"), ("Two_2", "01_tokenization"), ("Two_2", "02_forward_step"))
    }
    assert result.left == []


def test_two_sources_for_one_student_are_refused_and_named(take):
    result = take({"a b/01_tokenization.ipynb": notebook("bpe"), "a-b/01_tokenization.ipynb": notebook("bpe")})
    assert written(take) == {}
    assert len(result.left) == 2 and all("a b and a-b" in why for _, why in result.left)


def test_two_students_of_one_name_are_two(take):
    take({f"doejane_{n}_{n}0_01_tokenization.ipynb": notebook("bpe", text=str(n)) for n in (1, 2)})
    assert written(take) == {"doejane_1/01_tokenization": "1", "doejane_2/01_tokenization": "2"}


# -- which attempt counts


def test_the_newest_attempt_counts_as_the_platform_counts(take):
    take(
        {
            "s_600_9998_01_tokenization.ipynb": notebook("bpe", text="first"),
            "s_600_10002_01_tokenization-1.ipynb": notebook("bpe", text="second"),
        }
    )
    assert written(take) == {"s_600/01_tokenization": "second"}


def test_the_newest_of_moodles_files_counts(take):
    folder = f"s_1{MOODLE}"
    take(
        {
            f"{folder}/01_tokenization.ipynb": notebook("bpe", text="blank"),
            f"{folder}/01_tokenization (1).ipynb": notebook("bpe", text="solved"),
            f"{folder}/02_forward_step.ipynb": notebook("softmax", text="newer"),
            f"{folder}/02_forward_step (1).ipynb": notebook("softmax", text="older"),
        },
        {f"{folder}/02_forward_step.ipynb": (2026, 2, 3, 0, 0, 0)},
    )
    assert written(take) == {"s_1/01_tokenization": "solved", "s_1/02_forward_step": "newer"}


def test_the_same_download_changes_nothing_and_an_older_one_replaces_nothing(take):
    old = {"s_600_9998_01_tokenization.ipynb": notebook("bpe", text="first")}
    new = {"s_600_10002_01_tokenization-1.ipynb": notebook("bpe", text="second")}
    assert len(take(old).taken) == len(take(new).taken) == 1
    again = take(new)
    assert (again.taken, len(again.same)) == ([], 1)
    older = take(old)
    assert older.taken == [] and "a newer one was collected before" in older.left[0][1]
    assert written(take) == {"s_600/01_tokenization": "second"}


def test_a_dry_run_says_the_same_and_writes_nothing(take):
    files = {"jane/01_tokenization.ipynb": notebook("bpe")}
    dry = take(files, dry=True)
    assert written(take) == {}
    assert dry.taken == take(files).taken


@pytest.mark.parametrize("name", ["homework.ipynb", "01_tokenization - Copy.ipynb", "01_tokenization_mine.ipynb"])
def test_a_renamed_notebook_is_known_by_its_cells(take, name):
    take({f"jane/{name}": notebook("bpe")})
    assert set(written(take)) == {"jane/01_tokenization"}
    assert "say --assignment" in take({"joe/x.ipynb": notebook()}).left[0][1]


def test_lateness_is_kept(take):
    result = take({"s_LATE_600_9998_01_tokenization.ipynb": notebook("bpe")})
    assert result.taken[0].endswith("(late)")
    assert Ledger(take.submitted.parent / "collected.json").get("01_tokenization", "s_600")["late"] is True


def test_the_notebook_of_another_assignment_is_said_to_be_it(take):
    result = take({"jane/01_tokenization.ipynb": notebook("softmax"), "joe/01_tokenization.ipynb": notebook()[:5]})
    assert dict(result.left)["jane/01_tokenization.ipynb"] == (
        "this is the notebook of 02_forward_step, not of 01_tokenization"
    )
    assert [line.split(" -> ")[0] for line in result.taken] == ["joe/01_tokenization.ipynb"]  # grading says what it is


# -- the roster


@pytest.fixture
def roster(tmp_path) -> Roster:
    """Two students, known from Moodle for two assignments and from Canvas; read back from its file."""
    roster = Roster()
    for task, shift in (("01_tokenization", 0), ("02_forward_step", 100)):
        path = tmp_path / f"worksheet-{task}.csv"
        path.write_text("\ufeff" + WORKSHEET.replace("4711", str(4711 + shift)).replace("4712", str(4712 + shift)))
        assert roster.add(path, task) == 2
    path = tmp_path / "canvas.csv"
    path.write_text(CANVAS)
    assert roster.add(path) == 2
    roster.save(tmp_path / "roster.csv")
    return Roster.load(tmp_path / "roster.csv")


def test_a_person_is_one_student_over_assignments_and_platforms(roster, take):
    assert sorted(roster.people) == ["one@example.org", "two@example.org"]
    person = roster.people["one@example.org"]
    assert (person.name, person.canvas, person.moodle) == (
        "Student One",
        "600",
        {"01_tokenization": "4711", "02_forward_step": "4811"},
    )
    files = {
        f"Student One_4711{MOODLE}/01_tokenization.ipynb": notebook("bpe"),
        f"Student One_4811{MOODLE}/02_forward_step.ipynb": notebook("softmax"),
    }
    assert len(take(files, roster=roster).taken) == 2
    assert set(written(take)) == {"one@example.org/01_tokenization", "one@example.org/02_forward_step"}


def test_who_is_not_in_the_roster_is_listed_and_not_guessed(roster, take):
    result = take({"studenttwo_999_1_01_tokenization.ipynb": notebook("bpe")}, roster=roster)
    assert result.taken == [] and result.left[0][1] == "nobody in the roster"


def test_a_plain_folder_may_be_called_by_name_or_email(roster, take):
    take({"two@example.org/01_tokenization.ipynb": notebook("bpe")}, roster=roster)
    assert set(written(take)) == {"two@example.org/01_tokenization"}


def test_a_file_that_is_no_roster_says_what_is_wanted(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(NoRoster, match="has the columns a, b"):
        Roster().add(path)
    path.write_text(WORKSHEET)
    with pytest.raises(NoRoster, match="--assignment"):
        Roster().add(path)


def test_a_semicolon_or_a_tab_is_a_separator_too(tmp_path):
    for separator in ";\t":
        path = tmp_path / "simple.csv"
        path.write_text(
            separator.join(["student", "first_name", "last_name", "email"])
            + "\n"
            + separator.join(["s1", "A", "B", "c@d"])
        )
        roster = Roster()
        assert roster.add(path) == 1 and roster.people["s1"].name == "A B"
