"""Federated LoRA fine-tuning of a small language model."""
