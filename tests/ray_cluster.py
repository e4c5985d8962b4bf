"""A ray cluster on 127.0.0.1, as a process: a head without CPUs, and two nodes of one CPU.

Run as ``python ray_cluster.py FOLDER CLIENT_PORT``. It writes a line when all have started. Each line on the standard input kills a
node, and is answered with one. All ends with the standard input.
"""

from __future__ import annotations

import socket
import sys
from typing import Any

_AGENTS = ("metrics_agent_port", "metrics_export_port", "runtime_env_agent_port", "dashboard_agent_listen_port")


def options(folder: str) -> dict[str, Any]:
    """Return what all nodes have in common. With ports of its own, a node does not wait for its agents, which takes long on a busy machine."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in _AGENTS]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    quiet = {"include_dashboard": False, "include_log_monitor": False, "no_monitor": True}
    small = {"object_store_memory": 80 * 2**20}
    return {"temp_dir": folder, **quiet, **small, **dict(zip(_AGENTS, ports, strict=True))}


def say(word: str) -> None:
    """Write a line."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main(folder: str, client_port: int) -> None:
    """Run the cluster."""
    from ray.cluster_utils import Cluster  # not where pytest looks for doctests

    cluster = Cluster()
    try:
        cluster.add_node(num_cpus=0, ray_client_server_port=client_port, **options(folder))
        nodes = [cluster.add_node(num_cpus=1, **options(folder)) for _ in range(2)]
        say("ready")
        for _ in sys.stdin:
            cluster.remove_node(nodes.pop(0), allow_graceful=False)
            say("killed")
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
