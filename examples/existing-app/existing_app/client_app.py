"""What each client does: receive the adapter, train it on its own data, send it back."""

from flwr.app import Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

from existing_app.task import adapter, fine_tune, load_data, load_model

app = ClientApp()


@app.train()
def train(message: Message, context: Context) -> Message:
    """Train the adapter of the message on this client's data."""
    model, tokenizer = load_model(message.content["arrays"], context)
    data = load_data(context)
    loss = fine_tune(model, tokenizer, data, context)
    metrics = MetricRecord({"train_loss": loss, "num-examples": len(data)})
    return Message(RecordDict({"arrays": adapter(model), "metrics": metrics}), reply_to=message)
