"""What stops an installation, in one sentence each. Standard library alone, as course.py needs it first."""

import sys

# What pip, uv and the operating systems say when something is wrong, in lower case, and what it means. The
# first row that matches wins: without a network, for instance, pip also reports missing packages.
CAUSES = (
    (
        ("quota exceeded", "os error 122", "not enough quota", "os error 1816", "os error 1295"),
        "your account's share of the disk is used up (its quota): free about {needed_mb} MB of your own "
        "files, or put the course on another disk, and call again.",
    ),
    (
        ("no space left on device", "not enough space on the disk", "os error 28", "os error 112"),
        "the disk is full: free about {needed_mb} MB and call again.",
    ),
    (
        ("windows long path", "filename or extension is too long", "file name too long"),
        "the path of this folder is too long for Windows: move the course to a short one such as C:\\course.",
    ),
    (
        ("not yet valid", "not valid yet", "notvalidyet"),
        "the connection is not trusted because its certificate is not valid yet: this computer's clock is "
        "behind; set date and time right and call again.",
    ),
    (
        ("certificate has expired", "certificate expired", "certexpired", "(expired)"),
        "the connection is not trusted because its certificate has expired: set this computer's date and "
        "time right, or ask who runs this network, and call again.",
    ),
    (
        ("missing dependencies for socks", "socksio", "socks proxy", "socks5 proxy", "pysocks"),
        "the connection goes through a SOCKS proxy, which pip cannot use: set HTTPS_PROXY to an address "
        "that begins with http://, or unset ALL_PROXY, and call again.",
    ),
    (
        (
            "407 proxy",
            "407 authentication",
            "proxy authentication required",
            "connection failed: 407",
            "error 407",
        ),
        "the proxy of this network wants a login: set HTTPS_PROXY to http://NAME:PASSWORD@HOST:PORT and call "
        "again, or use another network.",
    ),
    (
        ("certificate verify failed", "certificate_verify_failed", "invalid peer certificate"),
        "the connection is not trusted (its certificate was refused), which usually means a proxy or a "
        "virus scanner in between: try another network, or ask who runs this one.",
    ),
    (
        (
            "name resolution",
            "getaddrinfo failed",
            "failed to resolve",
            "dns error",
            "failed to establish a new connection",
            "error sending request",
            "network is unreachable",
            "no route to host",
            "connection refused",
            "connection reset",
            "timed out",
            "proxyerror",
            "network connectivity is disabled",
        ),
        "the packages could not be downloaded: check the internet connection and call again.",
    ),
    (
        ("directory not empty", "being used by another process"),
        "something is still at work in {folder}/.venv: close JupyterLab or wait for the installation that is "
        "running, and call again.",
    ),
    (
        ("read-only file system", "permission denied", "access is denied", "os error 13", "os error 30"),
        "the folder {folder} cannot be written to: close JupyterLab if it is running from there, or copy the "
        "course to a folder of your own.",
    ),
    (
        ("no matching distribution found", "no solution found", "has no wheels"),
        "some package is not available for Python {python} on this machine: use another Python "
        "(3.11 or newer; one release back is safest).",
    ),
)


def explain(output, folder, needed_mb):
    """Return the sentence that fits what was printed, or None.

    Parameters
    ----------
    output : str
        What pip, uv or the operating system printed.
    folder : str
        The folder of the course.
    needed_mb : int
        The room that the installation takes, in megabytes.
    """
    lowered = output.lower()
    for signs, sentence in CAUSES:
        if any(sign in lowered for sign in signs):
            python = "{}.{}".format(*sys.version_info[:2])
            return sentence.format(needed_mb=needed_mb, folder=folder, python=python)
    return None
