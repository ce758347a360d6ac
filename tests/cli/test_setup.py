"""`hortus setup` at its door."""

from tests.place import PASSWORD, Place

ADA = ("--team", "Alder Research", "--name", "Ada", "--email", "Ada@Example.org")


def test_it_starts_the_first_team(place: Place) -> None:
    told = ("--zone", "Europe/Paris", "--password-file", "-")
    done = place.run("setup", *ADA, *told, text=PASSWORD + "\n", seconds=500)  # it makes all tables
    assert done.returncode == 0, done.stderr
    assert place.rows("SELECT slug, name, zone FROM access_team") == [
        ("alder-research", "Alder Research", "Europe/Paris")
    ]
    assert place.rows("SELECT email FROM access_person") == [("ada@example.org",)]
    stored = place.rows("SELECT password FROM access_person")[0][0]
    assert stored.startswith("argon2$")


def test_it_starts_only_one(place: Place) -> None:
    place.with_team()
    again = place.run("setup", *ADA, "--password-file", "-", text=PASSWORD)
    assert (again.returncode, "has been started here already" in again.stderr) == (2, True)


def test_a_password_comes_from_a_file_and_is_checked(place: Place) -> None:
    file = place.ready().scratch / "password"
    file.write_text("short\n")
    refused = place.run("setup", *ADA, "--password-file", file)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
    assert place.rows("SELECT count(*) FROM access_team") == [(0,)]
    file.write_text("")
    assert "No password stands in the first line" in place.run("setup", *ADA, "--password-file", file).stderr
    assert place.run("setup", *ADA, "--password-file", file.with_name("gone")).returncode == 2


def test_without_a_terminal_it_asks_for_a_file(place: Place) -> None:
    refused = place.ready().run("setup", *ADA)
    assert (refused.returncode, "--password-file" in refused.stderr) == (2, True)


def test_a_zone_that_is_none_is_refused(place: Place) -> None:
    refused = place.ready().run("setup", *ADA, "--zone", "Mars", "--no-password")
    assert refused.returncode == 2
    assert "Mars" in refused.stderr


def test_it_tells_programs_what_it_made(place: Place) -> None:
    made = place.ready().json("setup", *ADA, "--no-password")
    assert made == {"team": "alder-research", "name": "Alder Research", "zone": "UTC", "lead": "ada@example.org"}
