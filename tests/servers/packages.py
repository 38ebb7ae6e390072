"""
Installs what the acceptance tests need of the system, where that may be done; else says why not, and ends well.

    python -m tests.servers.packages

Debian's packages start servers of their own when they are installed, so that this is done only on machines that are
there for nothing else: with CI or SUPPORTTIERS_APT set in the environment, as root.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from types import ModuleType

import attrs
from tests.servers import mail, redmine, rt

_PATIENCE = 900


@attrs.frozen
class System:
    """
    What one acceptance test needs.

    Attributes:
        name: What people call it.
        module: Has PACKAGES, and `missing`, which says why there can be none.
        preseed: What the packages ask when they are installed, answered.
        others: Programs that it would replace.
        environment: What must stand in the environment while they are installed.
    """

    name: str
    module: ModuleType
    preseed: str = ""
    others: tuple[str, ...] = ()
    environment: Mapping[str, str] = attrs.field(factory=dict)


MAIL = System(
    "the mail system", mail, "postfix postfix/main_mailer_type select No configuration\n",
    ("exim4", "dma", "msmtp", "nullmailer", "ssmtp", "opensmtpd"),
)  # fmt: skip
SYSTEMS = (
    MAIL,  # first: others are content with any mail server, and would bring one of their own
    System("Redmine", redmine, environment={"BUNDLER_VERSION": redmine.BUNDLER}),
    System("Request Tracker", rt),
)


def hindrance(environment: Mapping[str, str], system: System = MAIL) -> str:
    """Say why nothing is installed; empty where it may be."""
    how = f"install {' and '.join(system.module.PACKAGES)} yourself, or set SUPPORTTIERS_APT=1"
    if not (environment.get("CI") or environment.get("SUPPORTTIERS_APT")):
        return f"nothing is installed on a machine that may be somebody's; {how}"
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "nothing can be installed without root"
    if shutil.which("apt-get") is None:
        return "there is no apt-get here"
    found = [name for name in system.others if shutil.which(name)]
    return f"another mail server is here, which Postfix would replace: {', '.join(found)}" if found else ""


def main() -> int:
    """Install what is missing; say what came of it."""
    for system in SYSTEMS:
        said = f"{system.name} is installed"
        if system.module.missing():
            problem = hindrance(os.environ, system) or _install(system)
            said = f"{system.name}: {problem}" if problem else f"{system.name} has been installed"
        print(said)  # noqa: T201 - a script
    return 0


def _install(system: System) -> str:
    quiet = {"capture_output": True, "text": True, "timeout": _PATIENCE}
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", **system.environment}
    wait = ["-o", "DPkg::Lock::Timeout=300"]
    try:
        if system.preseed:
            subprocess.run(["debconf-set-selections"], check=False, input=system.preseed, **quiet)
        subprocess.run(["apt-get", *wait, "update"], check=False, env=environment, **quiet)
        install = ["apt-get", *wait, "install", "--yes", "--no-install-recommends", *system.module.PACKAGES]
        done = subprocess.run(install, check=False, env=environment, **quiet)
    except (OSError, subprocess.SubprocessError) as error:
        return f"apt-get failed: {type(error).__name__}"
    told = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["it gave no reason"]
    return f"apt-get failed: {told[-1]}" if done.returncode else ""


if __name__ == "__main__":
    sys.exit(main())
