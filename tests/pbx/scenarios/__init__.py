"""The calls that every part of the project is tested on, each as a short script for robots.

A scenario is a coroutine: its docstring is the story, and it returns what a person watching would
say happened, one `interaction` for each customer contact. `record_traces` plays them.
"""

from tests.pbx.scenarios import callers, plain, queues, telephone, transfers
from tests.pbx.scenarios.script import SCENARIOS, Scenario, Scene

__all__ = ["SCENARIOS", "Scenario", "Scene", "callers", "plain", "queues", "telephone", "transfers"]
