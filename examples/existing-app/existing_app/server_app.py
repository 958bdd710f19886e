"""What the server does: federated averaging of adapters."""

from flwr.app import Context
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy import FedAvg

from existing_app.task import adapter, new_model

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Average for as many rounds as the configuration says."""
    strategy = FedAvg(fraction_evaluate=0.0)
    model, _ = new_model(context)
    strategy.start(grid, initial_arrays=adapter(model), num_rounds=context.run_config["num-server-rounds"])
