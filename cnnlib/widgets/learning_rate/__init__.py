"""Widgets of the learning rate: many rates at once, and schedules."""

from cnnlib.widgets.learning_rate.rate_sweep import RateSweep
from cnnlib.widgets.learning_rate.schedule_explorer import ScheduleExplorer

__all__ = ["RateSweep", "ScheduleExplorer"]
