"""The server as Elastic publishes it on Maven Central, and the same with what API keys need, both in the cache."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

VERSION = "8.19.3"
ARTIFACT = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{VERSION}:zip"
MIN_JAVA = 17
MISSING = 3
"""Exit code when the server cannot be had here: no Java, no Maven, no artifact."""
PLUGIN = "security-analysis"
PLUGIN_SOURCE = Path(__file__).parent / PLUGIN / "SecurityAnalysisPlugin.java"
PLUGIN_CLASS = "org.luoitroi.elasticsearch.SecurityAnalysisPlugin"


def missing(message: str) -> NoReturn:
    """The server cannot be had: say why, and what to do."""
    sys.stderr.write(f"elasticsearch: {message}\n")
    sys.exit(MISSING)


def java_home(program: str = "java", package: str = "openjdk-17-jre-headless") -> Path:
    """The home of a Java that is new enough and has the program; `package` is what to install where there is none."""
    on_path = shutil.which(program)
    candidates = [
        os.environ.get("ES_JAVA_HOME"),
        os.environ.get("JAVA_HOME"),
        *sorted(map(str, Path("/usr/lib/jvm").glob("*"))),
        str(Path(on_path).resolve().parent.parent) if on_path else None,
    ]
    for candidate in filter(None, candidates):
        binaries = Path(candidate) / "bin"
        if (binaries / program).exists() and (binaries / "java").exists():
            told = subprocess.run([binaries / "java", "-version"], capture_output=True, text=True, check=False).stderr
            found = re.search(r'version "(\d+)', told)
            if found and int(found[1]) >= MIN_JAVA:
                return Path(candidate)
    missing(f"no Java {MIN_JAVA} or newer with {program} was found: apt-get install {package}")


def distribution() -> Path:
    """The unpacked server, fetched when it is not in the cache."""
    home = _cache() / f"elasticsearch-{VERSION}"
    if home.exists():
        return home
    archive = home.parent / f"{home.name}.zip"
    if not archive.exists():
        _fetch(archive)

    def unpack(folder: Path) -> Path:
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder)
        for program in (folder / home.name / "bin").iterdir():
            program.chmod(0o755)
        return folder / home.name

    _make(home, unpack)
    archive.unlink(missing_ok=True)
    return home


def distribution_with_api_keys() -> Path:
    """The server with the analysis plugin beside this module, which is compiled against it when first needed."""
    plain, compiler = distribution(), java_home("javac", "openjdk-17-jdk-headless")
    home = plain.with_name(f"{plain.name}-{hashlib.sha256(PLUGIN_SOURCE.read_bytes()).hexdigest()[:12]}")

    def build(folder: Path) -> Path:
        # Hard links: the server's 107 MB are on the disk once.
        shutil.copytree(plain, folder / home.name, copy_function=os.link, symlinks=True)
        plugin, classes = folder / home.name / "plugins" / PLUGIN, folder / "classes"
        plugin.mkdir()
        order = [str(compiler / "bin" / "javac"), "--release", str(MIN_JAVA), "-cp", f"{plain}/lib/*", "-d", classes]
        subprocess.run([*order, PLUGIN_SOURCE], check=True)
        with zipfile.ZipFile(plugin / f"{PLUGIN}.jar", "w") as jar:
            for file in sorted(classes.rglob("*.class")):
                jar.write(file, file.relative_to(classes))
        descriptor = {
            "name": PLUGIN,
            "description": "Text analysis that the security index names",
            "version": VERSION,
            "elasticsearch.version": VERSION,
            "java.version": MIN_JAVA,
            "classname": PLUGIN_CLASS,
        }
        lines = [f"{name}={value}\n" for name, value in descriptor.items()]
        (plugin / "plugin-descriptor.properties").write_text("".join(lines))
        return folder / home.name

    if not home.exists():
        _make(home, build)
    return home


def _cache() -> Path:
    default = Path("/var/cache/luoitroi") if os.geteuid() == 0 else Path.home() / ".cache" / "luoitroi"
    cache = Path(os.environ.get("LUOITROI_CACHE", default))
    cache.mkdir(parents=True, exist_ok=True)
    return cache


def _make(home: Path, make: Callable[[Path], Path]) -> None:
    """Made beside and renamed, so that a half-made server is never taken for a whole one."""
    with tempfile.TemporaryDirectory(dir=home.parent) as folder:
        made = make(Path(folder))
        try:
            made.rename(home)
        except OSError:
            if not home.exists():  # else another start was quicker
                raise


def _fetch(archive: Path) -> None:
    """Fetch the distribution by its Maven coordinates."""
    if shutil.which("mvn") is None:
        missing("Maven, which fetches the server, is missing: apt-get install maven")
    sys.stderr.write(f"elasticsearch: fetching {ARTIFACT}\n")
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        order = ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={folder}"]
        done = subprocess.run(order, capture_output=True, text=True, check=False, cwd=folder)
        if done.returncode:
            missing(f"{ARTIFACT} could not be fetched: {(done.stdout + done.stderr).strip()[-600:]}")
        (Path(folder) / archive.name).rename(archive)
