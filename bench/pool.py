"""wasmtime's pooling allocator, tried: would instances out of a pool be quicker than those made one by one?

wasmtime-py has no public way to it, so production does without; this reaches for the C API that it wraps.
"""

import wasmtime._bindings as c
from wasmtime import Config, Engine

#: As many instances as an endpoint may hold, and what one of them needs: figures of the composed artifact.
INSTANCES = 1500
LIMITS = {
    "total_component_instances": INSTANCES,
    "total_core_instances": 4 * INSTANCES,
    "total_memories": INSTANCES,
    "total_tables": 4 * INSTANCES,
    "max_component_instance_size": 1 << 20,
    "max_core_instances_per_component": 50,
    "max_memories_per_component": 10,
    "max_tables_per_component": 50,
    "max_memory_size": 256 << 20,
    "max_unused_warm_slots": 64,
}


def pooled() -> Engine:
    """An engine whose instances come out of a pool."""
    config = Config()
    config.epoch_interruption = True
    pool = c.wasmtime_pooling_allocation_config_new()
    for limit, value in LIMITS.items():
        getattr(c, f"wasmtime_pooling_allocation_config_{limit}_set")(pool, value)
    c.wasmtime_pooling_allocation_strategy_set(config.ptr(), pool)
    c.wasmtime_pooling_allocation_config_delete(pool)
    return Engine(config)
