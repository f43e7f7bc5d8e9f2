"""What a JupyterHub needs for a class on this course; merge it into the hub's own configuration.

`benchmarks/class_server.py` loads this very file for its hub of twenty learners, so what stands in
`benchmarks/results/class_server.md` was measured with these settings. Nothing here decides who may log in
or how servers are started: that is the hub's own business.
"""

from pathlib import Path

c = get_config()  # noqa: F821 (JupyterHub defines it)

# A class presses Start at the same moment. On few cores the last of twenty servers answers only after more
# than JupyterHub's 30 and 60 seconds, and would be given up.
c.Spawner.start_timeout = 300
c.Spawner.http_timeout = 300

# Where a learner lands: in their own copy of the course, which an nbgitpuller link puts into the home folder.
c.Spawner.default_url = "/lab/tree/course/notebooks/00_start_here.ipynb"

# The networks of the course are small. One thread for each learner serves a class better than all of them
# fighting for every core.
c.Spawner.environment = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

# Have each server send a kernel's small messages at once, as `python3 course.py` does: without it many a
# moved slider is answered 40 ms late. Learners must be able to read this folder.
COURSE = Path(__file__).resolve().parents[1]
c.Spawner.environment["JUPYTER_CONFIG_PATH"] = str(COURSE / "tools" / "jupyter")

# One copy of MNIST in memory for the whole class: a folder that learners can read, made once by
# `python -m cnnlib.data /srv/cnnlib-data` (see class_servers.md). Without it each kernel that runs
# notebook 00 holds 440 MB of images of its own.
if Path("/srv/cnnlib-data").is_dir():
    c.Spawner.environment["CNNLIB_DATA"] = "/srv/cnnlib-data"

# Room for a server with two open notebooks, one of which holds all of MNIST (class_servers.md), for spawners
# that can enforce it, such as those for containers and systemd.
c.Spawner.mem_limit = "2G"
