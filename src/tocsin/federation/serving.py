"""The ServerApp of a job where the server is a process of its own."""

from flwr.app import Context
from flwr.serverapp import Grid, ServerApp

from tocsin.federation import flower
from tocsin.federation.job import Job, resolve
from tocsin.federation.progress import ProgressWriter

PROGRESS = "progress.jsonl"


def server_app(job_json: str) -> ServerApp:
    """The ServerApp that serves a job and writes its progress to `progress.jsonl` in the run's folder."""
    flower.quiet_flower()
    app = ServerApp()

    @app.main()
    def main(grid: Grid, context: Context) -> None:
        job = Job.from_json(job_json)
        progress = ProgressWriter(job.folder / PROGRESS)
        # Every client has a machine, or at least a process, of its own: they all work at once.
        patience = job.study.federation.client_timeout
        try:
            resolve(job.serve)(grid, job, progress.tell, lambda clients: patience)
        except Exception as error:
            progress.failed(error)
            raise  # so that Flower, too, calls this run failed
        progress.ended()

    return app
