"""Manifests name the commit of this project's code, and of no other's."""

import subprocess

from workbench import manifest


def test_commits_of_a_checkout_around_an_installed_package_are_not_named(tmp_path, monkeypatch):
    def git(*arguments):
        command = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    git("init")
    git("commit", "--allow-empty", "--message", "nothing")
    (tmp_path / "site-packages").mkdir()
    monkeypatch.setattr(manifest, "ROOT", tmp_path / "site-packages")
    assert manifest.git_commit() is None
    monkeypatch.setattr(manifest, "ROOT", tmp_path)
    assert manifest.git_commit() == git("rev-parse", "HEAD")
