"""Checks that would check nothing, and keys of a spec that are of the wrong type."""

from __future__ import annotations

from hostile.case import Case
from hostile.specs import check, text

CHECK = '[[checks]]\nmetric = "performance.accuracy"\n'
YAML = """schema_version: 1
report: {title: t}
models: {m: {path: m.keras}}
data: {path: d.npz}
sections: [{kind: performance}]
checks: [{metric: performance.accuracy, %s}]
"""
LIMITS = {
    "at_least = []": "must be a number",
    "at_least = {}": "must be a number",
    "at_least = ''": "must be a number (found '')",
    'at_least = "0.9"': "must be a number (found '0.9')",
    "at_least = true": "must be a number (found true)",
    "at_least = 1e999": "must be a finite number (found inf)",
    "at_most = -inf": "must be a finite number (found -inf)",
    "at_most = nan": "must be a finite number (found nan)",
    "at_most = 2026-01-01": "must be a number",
    "at_most = 99999999999999999999": "is too large a number",
    "between = []": "between[0]: is required",
    "between = [0.1]": "between[1]: is required",
    "between = [0.1, 0.2, 0.3]": "checks[0].between",
    'between = [0.1, "0.2"]': "between[1]: must be a number",
    "between = [true, false]": "between[0]: must be a number (found true)",
    "between = [0, inf]": "between[1]: must be a finite number",
    "between = [1, 0]": "the lower limit 1 is above the upper limit 0",
    'threshold = ""': "threshold must be '>= NUMBER' or '<= NUMBER'",
    'threshold = ">= 1e999"': "threshold must have a finite number",
    'threshold = "<= -1e999"': "threshold must have a finite number",
    'threshold = ">= nan"': "threshold must be",
    'threshold = "0.9"': "threshold must be",
    "threshold = 0.9": "must be text",
    "": "needs a condition",
}
CHOICES = {
    "models = []": "checks[0].models: must not be empty",
    'models = [""]': "no such model (found '')",
    'models = ["x*"]': "no such model (found 'x*')",
    'models = "m"': "must be a list",
    "models = [1]": "must be text",
    'subject = ""': "checks[0].subject: must not be empty",
    "subject = 3": "must be text",
    'optional = "yes"': "must be true or false",
    "optional = 1": "must be true or false",
    'severity = ""': "must be one of",
}
DATA = {
    "class_names = []": "must not be empty",
    "class_names = {}": "must not be empty",
    "class_names = {a = []}": "must not be empty",
    "class_names = [1, 2]": "must be text",
    'class_names = ["a", "a"]': "has duplicate names",
    "x = []": "must not be empty",
    "x = {}": "must not be empty",
    "x = {a = []}": "must not be empty",
    "y = {}": "must not be empty",
    'y = ""': "no such array or column",
    "y = true": "data.y: must be",
    "max_samples = true": "must be a whole number",
    'max_samples = "3"': "must be a whole number",
    "max_samples = 3.0": "must be a whole number",
    "max_samples = 0": "must be at least 1",
    'seed = "1"': "must be a whole number",
    "seed = -1": "must be at least 0",
    "seed = 4294967296": "must be less than 4294967296",
    "batch_size = 1e9": "must be a whole number",
    "batch_size = 9999999999": "must be at most 1048576",
}
NULLS = (
    "at_least: null",
    "at_least: 0.9, at_most: null",
    "at_least: 0.9, models: null",
    "at_least: 0.9, subject: null",
)

CASES = [
    *(Case(f"limit {line!r}", check(more=CHECK + line), 2, says) for line, says in LIMITS.items()),
    *(
        Case(f"choice {line!r}", check(more=f"{CHECK}at_least = 0.9\n{line}"), 2, says)
        for line, says in CHOICES.items()
    ),
    *(Case(f"data {line!r}", check(data=line), 2, says) for line, says in DATA.items()),
    *(Case(f"null {line!r}", text(YAML % line, "a.yaml"), 2, "checks[0].") for line in NULLS),
    Case("whole limits", check(more=f"{CHECK}between = [0, 1]"), 0, "1 check"),
    Case("no output of a table", check(model="outputs = {}"), 2, "models.m.outputs: must not be empty"),
    Case("no task of a table", check(model="task = {}"), 2, "models.m.task: must not be empty"),
]
