"""Keelson's model server: one model in one process, spoken to by KServe V1 and V2 (Open Inference Protocol).

Knows nothing of Kubernetes or of the platform: it is given a model's address, fetches it with the unmodified `mlflow` client,
and answers HTTP. `python -m keelson_server --help` says the rest.
"""
