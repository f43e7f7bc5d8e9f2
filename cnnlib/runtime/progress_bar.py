"""The progress bar of what takes longer than a moment."""

from cnnlib.runtime.threads import can_start_threads


def progress_bar(show, **options):
    """A tqdm bar with these options; when not `show`, one that is never drawn.

    tqdm has a thread watch over its bars. Where none can be started, as in a Python inside a browser, it
    would warn of that on the learner's page; the bar works without.

    >>> with progress_bar(False, total=2) as bar:
    ...     bar.update()
    """
    from tqdm.auto import tqdm  # loaded here: it costs more than the rest of cnnlib together

    if not can_start_threads():
        tqdm.monitor_interval = 0
    return tqdm(disable=not show, **options)
