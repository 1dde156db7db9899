"""The embedded PostgreSQL on the real thing: whoever starts it, whatever is killed, wherever its data lies."""

import json
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.servers import reachable_folder
from typer.testing import CliRunner

import umt
from umt.adapters.postgres.data_directory import DataDirectory
from umt.adapters.postgres.embedded import EmbeddedPostgres, EmbeddedPostgresError, default_data_dir
from umt.cli.database import app

AS_ROOT = os.geteuid() == 0

STARTER = """
import sys, time
from pathlib import Path
from umt.adapters.postgres.embedded import EmbeddedPostgres
database = EmbeddedPostgres(Path(sys.argv[1]))
database.start()
print(database.status().pid, flush=True)
time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder."""
    with reachable_folder() as path:
        yield path


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A data directory of a server that was set up and stopped."""
    with reachable_folder() as path:
        database = EmbeddedPostgres(path / "data")
        database.start()
        database.stop()
        yield path / "data"


@pytest.fixture
def data_dir(folder: Path, made: Path) -> Path:
    """The same for one test alone: setting one up takes seconds, copying it does not."""
    return copy(made, folder / "data")


@pytest.fixture(scope="module")
def shared(made: Path) -> Iterator[EmbeddedPostgres]:
    """A running server for the tests that leave it as it is."""
    with reachable_folder() as path:
        database = EmbeddedPostgres(copy(made, path / "data"))
        database.start()
        yield database


def copy(made: Path, target: Path) -> Path:
    """Copy a data directory; of its programs, links will do."""
    target.mkdir(0o711)
    subprocess.run(["cp", "-a", made / "postgres", target], check=True)
    subprocess.run(["cp", "-al", made / "runtime", target], check=True)
    return target


def remember(database: EmbeddedPostgres, what: str) -> None:
    with psycopg.connect(database.url, options="-c role=umt_owner") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS memory (what text)")
        connection.execute("INSERT INTO memory VALUES (%s)", (what,))


def remembered(database: EmbeddedPostgres) -> list[str]:
    with psycopg.connect(database.url, options="-c role=umt_owner") as connection:
        return [what for (what,) in connection.execute("SELECT what FROM memory")]


def starter(data_dir: Path, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", STARTER, str(data_dir), str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)


def one_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_it_survives_the_process_that_started_it_and_is_adopted(data_dir: Path) -> None:
    with starter(data_dir, seconds=60) as process:
        pid = int(one_line(process))
        os.killpg(process.pid, signal.SIGKILL)
    database = EmbeddedPostgres(data_dir)
    assert database.start() == database.url
    assert database.status().pid == pid


def test_processes_that_start_it_at_once_share_one_server(folder: Path) -> None:
    processes = [starter(folder / "data", seconds=0) for _ in range(4)]
    pids = {one_line(process) for process in processes}
    assert [process.wait() for process in processes] == [0] * 4
    for process in processes:
        process.communicate()
    assert pids == {str(EmbeddedPostgres(folder / "data").status().pid)}


def test_stopping_and_killing_it_keeps_the_data(data_dir: Path) -> None:
    database = EmbeddedPostgres(data_dir)
    database.start()
    remember(database, "before the stop")
    database.stop()
    assert not database.status().running
    database.stop()

    database.start()
    remember(database, "before the kill")
    pid = database.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    database.start()
    assert database.status().pid != pid
    assert remembered(database) == ["before the stop", "before the kill"]


def test_a_folder_deleted_under_its_server_can_be_used_again(data_dir: Path, made: Path) -> None:
    database = EmbeddedPostgres(data_dir)
    database.start()
    first = database.status().pid
    shutil.rmtree(data_dir)
    copy(made, data_dir)
    database.start()
    assert not Path(f"/proc/{first}/cwd").exists()  # left alone, it would take the second one's socket away
    with psycopg.connect(database.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_number_that_belongs_to_another_process_by_now_is_no_server(data_dir: Path) -> None:
    database = EmbeddedPostgres(data_dir)
    database.start()
    left = (data_dir / "postgres/postmaster.pid").read_text().splitlines()
    database.stop()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (data_dir / "postgres/postmaster.pid").write_text("\n".join([str(stranger.pid), *left[1:], ""]))
        assert not database.status().running
        database.stop()
        database.start()
        assert database.status().pid != stranger.pid
        assert stranger.poll() is None
        stranger.kill()


def test_umt_connects_without_rights_and_takes_on_a_role(shared: EmbeddedPostgres) -> None:
    with psycopg.connect(shared.url) as connection:
        mighty = "SELECT rolname FROM pg_roles WHERE rolname ~ '^umt' AND (rolsuper OR rolbypassrls OR rolcreaterole)"
        assert connection.execute(mighty).fetchall() == []
        logins = "SELECT rolname FROM pg_roles WHERE rolname ~ '^umt' AND rolcanlogin"
        assert connection.execute(logins).fetchall() == [("umt",)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE public.mine ()")
    for role in ("umt_owner", "umt_app", "umt_worker"):
        with psycopg.connect(shared.url, options=f"-c role={role}") as connection:
            assert connection.execute("SELECT current_user, session_user").fetchone() == (role, "umt")
    for role in ("umt_data", "postgres"):
        with pytest.raises(psycopg.OperationalError, match="permission denied to set role"):
            psycopg.connect(shared.url, options=f"-c role={role}")


def test_it_is_a_database_one_can_trust_with_data(shared: EmbeddedPostgres) -> None:
    wanted = {
        "server_encoding": "UTF8",
        "data_checksums": "on",
        "fsync": "on",
        "full_page_writes": "on",
        "listen_addresses": "",
    }
    with psycopg.connect(shared.url) as connection:
        names = list(wanted)
        found = connection.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", (names,)).fetchall()
        assert dict(found) == wanted
        assert connection.execute("SELECT upper('größe'), 'Z' < 'a'").fetchone() == ("GRÖßE", True)
    directory = shared.data_dir / "socket"
    assert directory.stat().st_mode & 0o077 == 0


def test_the_port_is_for_the_logins_of_data_teams(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    database = EmbeddedPostgres(data_dir, port)
    with psycopg.connect(database.start()) as connection:
        assert connection.info.port == port
    with psycopg.connect(database.administration_url) as administration:
        administration.execute("CREATE ROLE analyst LOGIN PASSWORD 'right' IN ROLE umt_data")
        administration.execute("ALTER ROLE umt PASSWORD 'right'")

    def by_port(user: str, password: str, dbname: str = "umt") -> psycopg.Connection:
        return psycopg.connect(host="127.0.0.1", port=port, dbname=dbname, user=user, password=password)

    with by_port("analyst", "right") as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("analyst",)
    for user, password in (("analyst", "wrong"), ("umt", "right"), ("postgres", "right")):
        with pytest.raises(psycopg.OperationalError):
            by_port(user, password)
    for other in ("postgres", "template1"):
        with pytest.raises(psycopg.OperationalError, match=r"pg_hba\.conf rejects connection"):
            by_port("analyst", "right", other)

    assert EmbeddedPostgres(data_dir).start() == database.url
    with pytest.raises(EmbeddedPostgresError, match="umt db stop"):
        EmbeddedPostgres(data_dir, port + 1).start()


@pytest.mark.parametrize("name", ["a" * 90, "a, comma", "spaces and ümlauts {%s}"])
def test_any_usual_path_will_do(folder: Path, made: Path, name: str) -> None:
    (folder / name).mkdir()
    database = EmbeddedPostgres(copy(made, folder / name / "data"))
    with psycopg.connect(database.start(), options="-c role=umt_app") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert EmbeddedPostgres(folder / name / "data").url == database.url


def test_existing_folders_keep_mode_and_owner(folder: Path) -> None:
    existing = folder / "existing"
    for path, mode in ((existing, 0o755), (existing / "other", 0o770)):
        path.mkdir()
        path.chmod(mode)
    watched = [existing, existing / "other", *existing.parents]
    before = [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in watched]
    (existing / "postgres.partial").mkdir()  # left by a start that was interrupted
    EmbeddedPostgres(existing).start()
    assert [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in watched] == before


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_folders_it_makes_are_private_and_the_server_can_enter_them(folder: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        DataDirectory(folder / "new/data").prepare()
    finally:
        os.umask(before)
    modes = [stat.S_IMODE((folder / name).stat().st_mode) for name in ("new", "new/data")]
    assert modes == ([0o755, 0o711] if AS_ROOT else [0o700, 0o700])


def test_another_major_version_is_refused(folder: Path) -> None:
    (folder / "data/postgres").mkdir(parents=True)
    (folder / "data/postgres/PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedPostgresError, match=r"made by PostgreSQL 17.*--data-dir"):
        EmbeddedPostgres(folder / "data").start()


def test_a_server_that_does_not_start_says_why(data_dir: Path) -> None:
    database = EmbeddedPostgres(data_dir)
    database.start()
    database.stop()
    with (data_dir / "postgres/postgresql.auto.conf").open("a") as settings:
        settings.write("shared_buffers = nonsense\n")
    with pytest.raises(EmbeddedPostgresError, match=r'(?s)did not start.*"shared_buffers"'):
        database.start()


def test_a_folder_out_of_reach_is_refused_with_advice(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(0o700)
    if not AS_ROOT:
        closed.chmod(0o500)
    with pytest.raises(EmbeddedPostgresError, match=f"{closed}.*UMT_DATA_DIR"):
        EmbeddedPostgres(closed / "data").start()
    assert AS_ROOT or list(closed.iterdir()) == []


def test_an_ordinary_user_runs_it_too(folder: Path) -> None:
    if not AS_ROOT:
        pytest.skip("not root: the other tests have shown it")
    user = pwd.getpwnam("nobody")
    python = _python_for(user)
    if python is None:
        pytest.skip(f"{user.pw_name} can run no Python of this version that finds what UMT needs")
    (folder / "home").mkdir()
    shutil.chown(folder / "home", user.pw_name)
    command = [*python, "-c", STARTER, str(folder / "home/data"), "0"]
    started = subprocess.run(
        command, user=user.pw_uid, group=user.pw_gid, extra_groups=[], cwd="/", capture_output=True
    )
    assert started.returncode == 0, started.stderr.decode()
    cluster = folder / "home/data/postgres"
    assert cluster.stat().st_uid == user.pw_uid
    assert EmbeddedPostgres(folder / "home/data").status().pid == int(started.stdout)


def _python_for(user: pwd.struct_passwd) -> list[str] | None:
    """A Python of our version, with our packages, that the user may run: ours may lie in root's home."""
    paths = [str(Path(umt.__file__).parents[1]), str(Path(psycopg.__file__).parents[1])]
    probe = f"import sys, psycopg, umt; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])})"
    for python in (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
        command = ["/usr/bin/env", f"PYTHONPATH={':'.join(paths)}", python]
        found = subprocess.run(
            [*command, "-c", probe], user=user.pw_uid, group=user.pw_gid, extra_groups=[], cwd="/", capture_output=True
        )
        if found.returncode == 0:
            return command
    return None


def test_each_checkout_has_a_data_directory_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = Path(umt.__file__).parents[2].resolve()
    assert default_data_dir().name.startswith(f"{checkout.name}-")
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert default_data_dir().parent == Path("/data/umt")
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 987654)
    with pytest.raises(EmbeddedPostgresError, match="UMT_DATA_DIR"):
        default_data_dir()


def test_the_command_line_starts_inspects_and_stops_it(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UMT_DATABASE_URL", raising=False)
    monkeypatch.setenv("UMT_DATA_DIR", str(data_dir))
    umt_db = CliRunner()
    assert umt_db.invoke(app, ["status"]).exit_code == 1
    assert umt_db.invoke(app, ["url"]).exit_code == 1
    started = umt_db.invoke(app, ["start", "--json"])
    assert started.exit_code == 0
    assert json.loads(started.stdout)["running"]
    assert json.loads(umt_db.invoke(app, ["status", "--json"]).stdout) == json.loads(started.stdout)
    assert umt_db.invoke(app, ["url"]).stdout.strip() == EmbeddedPostgres(data_dir).url

    external = ["--database-url", json.loads(started.stdout)["url"]]
    assert umt_db.invoke(app, ["status", *external]).exit_code == 0
    for verb in ("start", "stop"):
        refused = umt_db.invoke(app, [verb, *external])
        assert refused.exit_code == 2
        assert "external" in refused.stderr
    assert umt_db.invoke(app, ["stop"]).exit_code == 0
    assert umt_db.invoke(app, ["status"]).exit_code == 1
