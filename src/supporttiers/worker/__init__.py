"""
The loop around a desk's pass: in real time as `Worker` and `AsyncWorker`, on virtual time as `run_until`.

Any number of workers may look after one store, in threads, processes and on machines.
"""

from supporttiers.worker.asynchronous import AsyncWorker
from supporttiers.worker.status import LastError, WorkerState, WorkerStatus
from supporttiers.worker.telemetry import Telemetry
from supporttiers.worker.threaded import Worker
from supporttiers.worker.virtual_time import run_until

__all__ = ["AsyncWorker", "LastError", "Telemetry", "Worker", "WorkerState", "WorkerStatus", "run_until"]
