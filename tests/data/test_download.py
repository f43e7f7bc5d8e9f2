"""Finding and fetching MNIST: order of the folders, cut connections, wrong files, no connection at all."""

import gzip
import hashlib
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from cnnlib.data import download, images, load_cifar10, load_fashion_mnist, load_mnist
from cnnlib.data.download import CIFAR10, FASHION_MNIST, MNIST, Source, fetch, find_folder, places
from cnnlib.data.mnist import SAMPLE


def idx(array):
    return (
        bytes([0, 0, 8, array.ndim])
        + np.array(array.shape, ">u4").tobytes()
        + array.astype(np.uint8).tobytes()
    )


def contents(seed=0):
    """Small files with the names of MNIST's; the first is long enough to be cut."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for half, n in (("train", 200), ("t10k", 3)):
        arrays[f"{half}-images-idx3-ubyte"] = rng.integers(0, 256, (n, 28, 28))
        arrays[f"{half}-labels-idx1-ubyte"] = rng.integers(0, 10, n)
    return {f"{name}.gz": gzip.compress(idx(array), mtime=0) for name, array in arrays.items()}


class Server:
    """A file server on this machine. `cut`: bytes sent of each answer before the connection drops."""

    def __init__(self, files, cut=None, ranges=True):
        self.asked = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append((self.path.strip("/"), self.headers.get("Range")))
                body = files.get(self.path.strip("/"))
                if body is None:
                    return self.send_error(404)
                first = self.headers.get("Range") if ranges else None
                start = int(first.removeprefix("bytes=").removesuffix("-")) if first else 0
                self.send_response(206 if first else 200)
                self.send_header("Content-Length", str(len(body) - start))
                self.end_headers()
                self.wfile.write(body[start : None if cut is None else start + cut])

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()


def source_of(files, *servers):
    facts = {
        n.removesuffix(".gz"): (len(body), hashlib.sha256(body).hexdigest()) for n, body in files.items()
    }
    return Source("MNIST", servers, facts)


def in_folder(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


NOBODY = "http://127.0.0.1:9/"  # the discard port: nothing listens


def test_all_files_are_fetched_once(tmp_path):
    files = contents()
    with Server(files) as server:
        source = source_of(files, server.url)
        assert fetch(source, tmp_path / "new" / "mnist", progress=False) == tmp_path / "new" / "mnist"
        assert in_folder(tmp_path / "new" / "mnist") == files
        fetch(source, tmp_path / "new" / "mnist", progress=False)
        assert server.asked == [(name, None) for name in files]


def test_a_progress_bar_shows(tmp_path, capsys):
    files = contents()
    with Server(files) as server:
        fetch(source_of(files, server.url), tmp_path)
    assert "train-images-idx3-ubyte.gz: 100%" in capsys.readouterr().err


def test_a_cut_connection_is_continued_where_it_stopped_and_by_another_server(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "PIECE", 250)
    files = contents()
    name = next(iter(files))
    with Server(files, cut=1000) as bad, Server(files) as good:
        with pytest.raises(OSError, match=r"could not be fetched.*goes on where it stopped"):
            fetch(source_of(files, bad.url), tmp_path, progress=False)
        assert in_folder(tmp_path) == {f"{name}.part": files[name][:1000]}
        fetch(source_of(files, bad.url, good.url), tmp_path, progress=False)
        assert bad.asked[1] == (name, "bytes=1000-") and good.asked[0] == (name, "bytes=2000-")
    assert in_folder(tmp_path) == files


def test_a_server_that_knows_no_ranges_sends_it_all_again(tmp_path):
    files = contents()
    name = next(iter(files))
    (tmp_path / f"{name}.part").write_bytes(b"x" * 500)
    with Server(files, ranges=False) as server:
        fetch(source_of(files, server.url), tmp_path, progress=False)
    assert in_folder(tmp_path) == files


def test_another_file_than_published_is_thrown_away_and_the_next_server_asked(tmp_path):
    files = contents()
    others = {name: body[:-1] + b"?" for name, body in files.items()}
    longer = {name: body + b"more" for name, body in files.items()}
    with Server(others) as wrong, Server(files) as right, Server(longer) as longer_one:
        fetch(source_of(files, wrong.url, right.url), tmp_path / "a", progress=False)
        assert in_folder(tmp_path / "a") == files
        with pytest.raises(OSError, match=r"sent another file \(SHA-256 [0-9a-f]{12}…, expected"):
            fetch(source_of(files, wrong.url), tmp_path / "b", progress=False)
        assert not any((tmp_path / "b").iterdir())
        fetch(source_of(files, longer_one.url), tmp_path / "c", progress=False)
        assert in_folder(tmp_path / "c") == files  # never more than promised is kept


def test_a_part_with_wrong_bytes_is_fetched_afresh_from_the_next_server(tmp_path):
    files = contents()
    name = next(iter(files))
    (tmp_path / f"{name}.part").write_bytes(b"x" * 500)
    with Server(files) as server:
        fetch(source_of(files, server.url, server.url), tmp_path, progress=False)
    assert in_folder(tmp_path) == files


def test_offline_a_sentence_says_what_to_do(tmp_path):
    with pytest.raises(OSError) as caught:
        fetch(source_of(contents(), NOBODY, NOBODY + "other/"), tmp_path, progress=False)
    text = str(caught.value)
    assert "train-images-idx3-ubyte.gz of MNIST could not be fetched. Without a connection, copy" in text
    assert (
        str(tmp_path) in text
        and "load_mnist_sample()" in text
        and text.count(NOBODY) >= 2
        and "\n" not in text
    )


def test_a_missing_file_is_told_from_a_missing_connection(tmp_path):
    with Server({}) as server, pytest.raises(OSError, match="404"):
        fetch(source_of(contents(), server.url), tmp_path, progress=False)


@pytest.fixture
def roots(tmp_path, monkeypatch):
    """Three folders to look in: by the variable, the course's, the working folder's."""
    named, course, working = (tmp_path / name for name in ("named", "course", "working"))
    for folder in (named, course, working):
        folder.mkdir()
    (course / "pyproject.toml").touch()
    monkeypatch.setenv(download.FOLDER_VARIABLE, str(named))
    monkeypatch.setattr(download, "COURSE", course)
    monkeypatch.setattr(download, "SYSTEM", tmp_path / "none")  # where Debian's package may be installed
    monkeypatch.chdir(working)
    return [named / "mnist", course / "data" / "mnist", working / "data" / "mnist"]


def fill(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in files.items():
        (folder / name).write_bytes(body)


def test_folders_are_searched_in_order(roots, monkeypatch):
    assert places(MNIST)[:3] == roots
    for folder in reversed(roots):
        fill(folder, contents())
        assert find_folder(MNIST) == folder
    monkeypatch.setattr(images, "WHOLE", SAMPLE._replace(path=roots[0] / "none"))
    assert load_mnist().x_train.shape == (200, 1, 28, 28)


def test_outside_a_checkout_and_without_the_variable_only_the_working_folder_counts(roots, monkeypatch):
    monkeypatch.delenv(download.FOLDER_VARIABLE)
    (download.COURSE / "pyproject.toml").unlink()
    assert (
        places(MNIST)[0] == roots[2]
        and len({place.parts[: len(roots[2].parts) - 1] for place in places(MNIST)}) == 1
    )


def test_a_folder_given_may_be_the_parent(tmp_path):
    fill(tmp_path / "fashion_mnist", contents(1))
    assert load_fashion_mnist(tmp_path).class_names[9] == "Ankle boot"
    assert len(load_fashion_mnist(str(tmp_path / "fashion_mnist")).x_test) == 3


def test_without_files_a_sentence_says_what_to_do(roots):
    with pytest.raises(FileNotFoundError) as caught:
        load_fashion_mnist()
    text = str(caught.value)
    assert text.startswith("folder must hold the four Fashion-MNIST files train-images-idx3-ubyte, ")
    assert all(str(root.with_name("fashion_mnist")) in text for root in roots)
    assert "load_fashion_mnist(download=True) fetches them (31 MB); on Debian and Ubuntu `apt install" in text
    assert "`apt install dataset-fashion-mnist` brings them; offline, copy them there" in text


def test_where_debian_has_no_package_none_is_named(roots):
    with pytest.raises(FileNotFoundError) as caught:
        load_cifar10()
    text = str(caught.value)
    assert text.startswith("folder must hold cifar-10-binary.tar.gz; found none in ") and "apt" not in text
    assert "load_cifar10(download=True) fetches them (170 MB); offline, copy them there" in text


def test_debian_s_package_is_found_and_comes_last(roots, monkeypatch, tmp_path):
    fill(tmp_path / "system" / "fashion-mnist", contents())
    fill(tmp_path / "system" / "mnist", contents())  # Debian has no such package
    monkeypatch.setattr(download, "SYSTEM", tmp_path / "system")
    assert len(load_fashion_mnist().x_train) == len(load_fashion_mnist(download=True).x_train) == 200
    assert find_folder(FASHION_MNIST) == tmp_path / "system" / "fashion-mnist" == places(FASHION_MNIST)[-1]
    with pytest.raises(FileNotFoundError):
        find_folder(MNIST)
    with pytest.raises(FileNotFoundError):  # a folder that was named is the only one
        load_fashion_mnist(tmp_path / "named")
    own = roots[2].with_name("fashion_mnist")
    fill(own, contents(1))
    assert find_folder(FASHION_MNIST) == own


def test_nothing_is_fetched_unless_asked_for(roots, monkeypatch):
    files = contents()
    monkeypatch.setattr(images, "WHOLE", SAMPLE._replace(path=roots[0] / "none"))
    with Server(files) as server:
        monkeypatch.setattr(images, "MNIST", source_of(files, server.url))
        with pytest.raises(FileNotFoundError):
            load_mnist()
        fill(roots[1], {name: files[name] for name in list(files)[:2]})
        with pytest.raises(FileNotFoundError, match="lacks t10k-images-idx3-ubyte, t10k-labels"):
            load_mnist()
        assert server.asked == []
        split = load_mnist(download=True)  # completes the folder that has some
        assert len(split.x_train) == 200 and in_folder(roots[1]) == files
        assert [name for name, _ in server.asked] == list(files)[2:]
        load_mnist(roots[2], download=True)
        assert in_folder(roots[2]) == files


def test_the_published_facts_have_the_right_form():
    for source in (MNIST, FASHION_MNIST):
        assert len(source.files) == 4 and len(source.servers) >= 2
        assert all(url.endswith("/") for url in source.servers)
        assert all(len(bytes.fromhex(checksum)) == 32 for _, checksum in source.files.values())
    assert sum(size for size, _ in MNIST.files.values()) == 11594722
    ((name, (size, checksum)),) = CIFAR10.files.items()
    assert f"{name}.gz" == "cifar-10-binary.tar.gz" and size == 170_052_171 and len(checksum) == 64
    assert [source.word for source in (MNIST, FASHION_MNIST, CIFAR10)] == [
        "mnist",
        "fashion_mnist",
        "cifar10",
    ]


# --- as people have them ---------------------------------------------------------------------


def other_names(name):
    """Spellings under which archives and programs leave one file."""
    plain = name.removesuffix(".gz")
    dotted = plain.replace("-idx", ".idx")
    return [
        plain,
        dotted,
        f"{dotted}.gz",
        f"{plain}/{plain}",
        f"{dotted}/{dotted}",
        f"{plain}/{dotted}",
        f"{name}/{plain}",
    ]


@pytest.mark.parametrize("which", range(7))
@pytest.mark.parametrize("below", [".", "mnist", "MNIST", "MNIST/raw", "raw", "mnist/raw"])
def test_the_files_are_found_however_they_were_unpacked(tmp_path, below, which):
    for name, body in contents().items():
        path = tmp_path / below / other_names(name)[which]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body if path.suffix == ".gz" else gzip.decompress(body))
    assert load_mnist(tmp_path).x_train.shape == (200, 1, 28, 28)


@pytest.mark.parametrize("below", ["FashionMNIST/raw", "Fashion-MNIST", "fashion-mnist", "fashion_mnist"])
def test_fashion_is_found_where_others_put_it(tmp_path, below):
    fill(tmp_path / below, contents(1))
    assert len(load_fashion_mnist(tmp_path).x_test) == 3


def test_debian_s_place_is_the_one_that_its_package_fills():
    assert places(FASHION_MNIST, None)[-1].as_posix() == "/usr/share/datasets/fashion-mnist"


def test_one_of_the_files_may_be_named(tmp_path):
    fill(tmp_path, contents())
    assert len(load_mnist(tmp_path / "train-images-idx3-ubyte.gz").x_test) == 3


def test_a_stray_file_in_the_parent_is_no_obstacle(tmp_path):
    fill(tmp_path, dict(list(contents(1).items())[:1]))
    fill(tmp_path / "mnist", contents())
    split = load_mnist(tmp_path)
    assert split.x_train.shape[0] == 200


def test_the_message_names_the_files_and_what_is_missing_where(tmp_path):
    fill(tmp_path, dict(list(contents().items())[1:]))
    with pytest.raises(FileNotFoundError) as told:
        load_mnist(tmp_path)
    text = str(told.value)
    assert all(name in text for name in MNIST.files) and f"{tmp_path} lacks train-images-idx3-ubyte." in text


@pytest.mark.parametrize("below", ["archive/mnist", "my downloads/MNIST/raw/raw"])
def test_the_message_says_where_deeper_down_the_files_lie(tmp_path, below):
    """They are not taken from there: Fashion-MNIST's files have the same names."""
    fill(tmp_path / below, contents())
    with pytest.raises(FileNotFoundError) as told:
        load_mnist(tmp_path)
    assert f"Files of these names lie in {tmp_path / below}: name that folder." in str(told.value)
    assert load_mnist(tmp_path / below).x_train.shape == (200, 1, 28, 28)


def test_a_file_without_images_is_refused_with_a_sentence_that_says_so(tmp_path):
    nothing = {"t10k-images-idx3-ubyte.gz": gzip.compress(idx(np.zeros((0, 28, 28))))}
    fill(tmp_path, contents() | nothing)
    with pytest.raises(
        ValueError, match=r"shape \(0, 28, 28\), expected \(N, H, W\) with at least one image"
    ):
        load_mnist(tmp_path)


def test_halves_of_different_sizes_do_not_belong_together(tmp_path):
    fill(tmp_path, contents() | {"t10k-images-idx3-ubyte.gz": gzip.compress(idx(np.zeros((3, 27, 27))))})
    with pytest.raises(ValueError, match=r"t10k-images-idx3-ubyte: .* \(27, 27\), expected \(28, 28\)"):
        load_mnist(tmp_path)


@pytest.mark.parametrize("how", ["threads", "processes"])
def test_several_downloads_into_one_folder_at_once_all_succeed(tmp_path, how):
    files = contents()
    with Server(files) as server:
        source = source_of(files, server.url)
        if how == "threads":
            with ThreadPoolExecutor(4) as pool:
                done = list(pool.map(lambda _: fetch(source, tmp_path, progress=False), range(4)))
        else:
            code = "import ast, sys; from cnnlib.data.download import *; s = ast.literal_eval(sys.argv[1]); "
            code += "fetch(Source(*s), sys.argv[2], progress=False)"
            command = [sys.executable, "-c", code, repr(tuple(source)), str(tmp_path)]
            running = [subprocess.Popen(command, cwd=Path(__file__).parents[2]) for _ in range(3)]
            done = [process.wait() for process in running]
            assert done == [0, 0, 0]
    assert in_folder(tmp_path) == files and len(done) >= 3
    assert sorted(name for name, _ in server.asked) == sorted(files), "each file is sent once"
