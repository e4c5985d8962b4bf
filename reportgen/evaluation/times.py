"""Measures how long a model takes for a prediction, on the machine that builds the report."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from reportgen.contract.records.cost import BatchTimes, Machine, Times
from reportgen.errors import InputError
from reportgen.evaluation.example_inputs import UnknownInputsError, input_specs
from reportgen.inputs.code import model_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from reportgen.contract.needs import Timing
    from reportgen.inputs.models import LoadedModel

_CPU_INFO = Path("/proc/cpuinfo")


def times(loaded: LoadedModel, asked: Timing) -> Times:
    """Return the measured times of a model for each batch size.

    A prediction is one call of the traced model (``tf.function`` without XLA), until its outputs are in the memory of the
    host. Its inputs are zeros of the declared shapes: the time of a dense operation does not depend on the values.
    """
    here = machine()
    try:
        with model_code(("models", loaded.name, "path"), loaded.file, "the model cannot be run on zeros"):
            predict = _prediction(loaded.model)
            batches = tuple(_measured(loaded.model, predict, size, asked) for size in asked.batch_sizes)
    except (UnknownInputsError, InputError) as error:
        return Times(here, asked.warm_up, (), error.message if isinstance(error, InputError) else str(error))
    return Times(here, asked.warm_up, batches)


def machine() -> Machine:
    """Describe the machine."""
    import tensorflow as tf

    accelerators = [one for one in tf.config.list_physical_devices() if one.device_type != "CPU"]
    names = [tf.config.experimental.get_device_details(one).get("device_name", one.name) for one in accelerators]
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return Machine(
        processor=_processor(),
        cores=len(cores),
        system=f"{platform.system()} {platform.machine()}",
        device=", ".join(names) or "CPU",
    )


def _processor() -> str:
    """Return the name of the processor; its architecture where the system does not say more."""
    lines = _CPU_INFO.read_text("utf-8").splitlines() if _CPU_INFO.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, None) or platform.processor() or platform.machine()


def _prediction(model: Any) -> Callable[[Any], object]:
    import tensorflow as tf

    function = tf.function(lambda batch: model(batch, training=False), autograph=False)
    return lambda batch: tf.nest.map_structure(lambda tensor: tensor.numpy(), function(batch))


def _measured(model: Any, predict: Callable[[Any], object], size: int, asked: Timing) -> BatchTimes:
    import tensorflow as tf

    batch = tf.nest.map_structure(lambda one: tf.zeros((size, *one.shape), one.dtype), input_specs(model))
    for _ in range(asked.warm_up):
        predict(batch)
    seconds = []
    for _ in range(asked.repetitions):
        start = perf_counter()
        predict(batch)
        seconds.append(perf_counter() - start)
    return BatchTimes(size, tuple(seconds))
