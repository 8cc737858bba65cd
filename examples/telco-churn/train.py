"""Trains a churn model on the telco customers and registers the better of two candidates.

Runs in a pod (`python train.py`), and just as well on a laptop: everything it tells Keelson goes through the unmodified
`mlflow` client, which finds the address in MLFLOW_TRACKING_URI and signs in with the pod's own ServiceAccount token.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

TARGET = "churn"
IDENTIFIER = "customer_id"
NUMBERS = ["tenure", "monthly_charges", "total_charges"]
FLAGS = ["female", "senior_citizen", "partner", "dependents", "phone_service", "paperless_billing"]
CATEGORIES = [
    "multiple_lines", "internet_service", "online_security", "online_backup", "device_protection", "tech_support",
    "streaming_tv", "streaming_movies", "contract", "payment_method",
]  # fmt: skip
FEATURES = NUMBERS + FLAGS + CATEGORIES
TRAINING_KEY = "keelson.training_key"


class DataError(Exception):
    """The data cannot be trained on; the message names the column and the line."""


@dataclass(frozen=True)
class Data:
    features: pd.DataFrame
    churned: pd.Series
    sha256: str
    path: Path


@dataclass(frozen=True)
class Candidate:
    name: str
    parameters: dict[str, object]
    fit: Callable[[pd.DataFrame, pd.Series], tuple[Pipeline, Iterator[tuple[int, np.ndarray, np.ndarray]]]]


def read(path: Path) -> Data:
    """Reads and checks the table. `total_charges` may be empty: a customer of month 0 has not paid anything yet."""
    raw = path.read_bytes()
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except Exception as problem:
        raise DataError(f"{path.name} is not a readable CSV file: {problem}") from problem
    missing = [column for column in [TARGET, *FEATURES] if column not in table.columns]
    if missing:
        raise DataError(f"{path.name} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}")
    if table.empty:
        raise DataError(f"{path.name} has no rows")
    features = pd.DataFrame({column: numbers(table[column], column, path.name) for column in NUMBERS})
    for column in FLAGS:
        features[column] = numbers(table[column], column, path.name).astype("int64")
    for column in CATEGORIES:
        features[column] = table[column]
    strange = ~table[TARGET].isin(["Yes", "No"])
    if strange.any():
        raise DataError(f"{path.name} line {line(strange)}: {TARGET} is {table[TARGET][strange].iloc[0]!r}, not Yes or No")
    return Data(features[FEATURES], (table[TARGET] == "Yes").astype("int64"), hashlib.sha256(raw).hexdigest(), path)


def numbers(column: pd.Series, name: str, file: str) -> pd.Series:
    """Text to float64. Empty is allowed (as NaN) for total_charges alone."""
    values = pd.to_numeric(column.replace("", np.nan), errors="coerce")
    bad = values.isna() & ((column != "") | (name != "total_charges"))
    if bad.any():
        raise DataError(f"{file} line {line(bad)}: {name} is {column[bad].iloc[0]!r}, not a number")
    return values.astype("float64")


def line(mask: pd.Series) -> int:
    """The line in the file of the first marked row (the header is line 1)."""
    return int(np.flatnonzero(mask.to_numpy())[0]) + 2


def prepare() -> ColumnTransformer:
    amounts = Pipeline([("missing", SimpleImputer(strategy="constant", fill_value=0.0)), ("scale", StandardScaler())])
    return ColumnTransformer(
        [
            ("numbers", amounts, NUMBERS),
            ("flags", "passthrough", FLAGS),
            ("categories", OneHotEncoder(handle_unknown="ignore"), CATEGORIES),
        ]
    )


def fit_logistic(features: pd.DataFrame, churned: pd.Series):
    """Logistic regression by SAGA, five passes at a time, so that its way to convergence can be watched."""
    model = LogisticRegression(C=1.0, solver="saga", max_iter=5, warm_start=True, random_state=0)
    pipeline = Pipeline([("prepare", prepare()), ("model", model)])

    def steps(test: pd.DataFrame):
        rows = pipeline["prepare"].fit_transform(features)
        held_out = pipeline["prepare"].transform(test)
        for step in range(1, 13):
            with warnings.catch_warnings():
                # Stopping early is the point here: each call goes on from where the last one stopped.
                warnings.simplefilter("ignore", ConvergenceWarning)
                model.fit(rows, churned)
            yield step * 5, model.predict_proba(rows)[:, 1], model.predict_proba(held_out)[:, 1]

    return pipeline, steps


def fit_boosting(features: pd.DataFrame, churned: pd.Series):
    """Gradient boosting; one step is ten trees."""
    model = GradientBoostingClassifier(n_estimators=150, learning_rate=0.08, max_depth=3, subsample=0.8, random_state=0)
    pipeline = Pipeline([("prepare", prepare()), ("model", model)])

    def steps(test: pd.DataFrame):
        pipeline.fit(features, churned)
        rows, held_out = pipeline["prepare"].transform(features), pipeline["prepare"].transform(test)
        stages = zip(model.staged_predict_proba(rows), model.staged_predict_proba(held_out))
        for trees, (train, test_scores) in enumerate(stages, start=1):
            if trees % 10 == 0:
                yield trees, train[:, 1], test_scores[:, 1]

    return pipeline, steps


def fit_baseline(features: pd.DataFrame, churned: pd.Series):
    """What one would do without a model: the churn rate of each kind of contract."""
    choose = ColumnTransformer([("contract", OneHotEncoder(handle_unknown="ignore"), ["contract"])])
    pipeline = Pipeline([("prepare", choose), ("model", LogisticRegression())])

    def steps(test: pd.DataFrame):
        pipeline.fit(features, churned)
        yield 1, pipeline.predict_proba(features)[:, 1], pipeline.predict_proba(test)[:, 1]

    return pipeline, steps


CANDIDATES = [
    Candidate("logistic-regression", {"solver": "saga", "C": 1.0, "max_iter": 60}, fit_logistic),
    Candidate(
        "gradient-boosting", {"n_estimators": 150, "learning_rate": 0.08, "max_depth": 3, "subsample": 0.8}, fit_boosting
    ),
]
BASELINE = Candidate("baseline", {"feature": "contract"}, fit_baseline)


def scores(prefix: str, churned: pd.Series, probability: np.ndarray) -> dict[str, float]:
    return {
        f"{prefix}roc_auc": float(roc_auc_score(churned, probability)),
        f"{prefix}log_loss": float(log_loss(churned, probability)),
        f"{prefix}accuracy": float(accuracy_score(churned, probability >= 0.5)),
    }


def train(candidate: Candidate, data: Data, split, seed: int, code: str, log_model: bool):
    """One run: parameters, metrics per step, the data set, and (for a candidate) the model. Returns (run id, AUC, model)."""
    train_x, test_x, train_y, test_y = split
    with mlflow.start_run(run_name=candidate.name, nested=True) as run:
        mlflow.log_params({"algorithm": candidate.name, "seed": seed, "test_share": 0.2, **candidate.parameters})
        mlflow.log_params({"data_sha256": data.sha256, "rows": len(data.features)})
        mlflow.log_param("missing_total_charges", int(data.features["total_charges"].isna().sum()))
        mlflow.set_tags({"keelson.code_version": code, "keelson.role": "candidate" if log_model else "baseline"})
        frame = train_x.assign(**{TARGET: train_y})
        dataset = mlflow.data.from_pandas(frame, source=str(data.path), name="telco-churn", targets=TARGET)
        mlflow.log_input(dataset, context="training")
        pipeline, steps = candidate.fit(train_x, train_y)
        for step, on_train, on_test in steps(test_x):
            mlflow.log_metrics(scores("train_", train_y, on_train), step=step)
            mlflow.log_metrics(scores("", test_y, on_test), step=step)
        final = scores("", test_y, pipeline.predict_proba(test_x)[:, 1])
        print(f"{candidate.name}: held-out ROC AUC {final['roc_auc']:.4f}", flush=True)
        model = keep_model(pipeline, train_x, test_x, test_y) if log_model else None
        return run.info.run_id, final["roc_auc"], model


def keep_model(pipeline: Pipeline, train_x: pd.DataFrame, test_x: pd.DataFrame, test_y: pd.Series):
    """Logs the model with its signature, the rows that monitoring compares with, and the rows held out."""
    example = train_x.head(3)
    model = mlflow.sklearn.log_model(
        pipeline,
        name="model",
        signature=infer_signature(train_x, pipeline.predict(train_x)),
        input_example=example,
        serialization_format="cloudpickle",
        # Said here, because finding it out by loading the model again takes mlflow ten seconds.
        pip_requirements=[f"{name}=={importlib.metadata.version(name)}" for name in ("scikit-learn", "pandas", "numpy")],
    )
    mlflow.log_text(train_x.to_csv(index=False), "keelson/reference.csv")
    mlflow.log_text(test_x.assign(**{TARGET: test_y}).to_csv(index=False), "keelson/holdout.csv")
    return model


def register(name: str, model, key: str) -> str:
    """Registers the model once per training: an attempt that died after registering left its version behind."""
    client = mlflow.MlflowClient()
    for version in client.search_model_versions(f"name = '{name}'"):
        if version.tags.get(TRAINING_KEY) == key:
            print(f"version {version.version} of {name} is this training's already", flush=True)
            return version.version
    return mlflow.register_model(model.model_uri, name, tags={TRAINING_KEY: key}).version


def main() -> int:
    here = Path(__file__).resolve().parent
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=here / "telco-churn.csv")
    options.add_argument("--experiment", default="telco-churn")
    options.add_argument("--model", default="churn")
    options.add_argument("--seed", type=int, default=42)
    chosen = options.parse_args()
    try:
        data = read(chosen.data)
    except (DataError, OSError) as problem:
        print(f"The data cannot be used: {problem}", file=sys.stderr, flush=True)
        return 2
    print(f"{len(data.features)} customers, {data.churned.mean():.1%} of them left", flush=True)
    # Known and meant: the flags are whole numbers that are never missing, and the data is a local file.
    warnings.filterwarnings("ignore", message="(?s).*(integer column|interpreted in multiple ways)")
    code = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    split = train_test_split(
        data.features, data.churned, test_size=0.2, random_state=chosen.seed, stratify=data.churned
    )
    mlflow.set_experiment(chosen.experiment)
    with mlflow.start_run(run_name="train-churn"):
        mlflow.log_params({"data_sha256": data.sha256, "seed": chosen.seed, "candidates": len(CANDIDATES)})
        mlflow.set_tag("keelson.code_version", code)
        _, baseline, _ = train(BASELINE, data, split, chosen.seed, code, log_model=False)
        results = [train(candidate, data, split, chosen.seed, code, log_model=True) for candidate in CANDIDATES]
        _, auc, model = max(results, key=lambda result: result[1])
        mlflow.log_metrics({"best_roc_auc": auc, "baseline_roc_auc": baseline})
        key = hashlib.sha256(f"{data.sha256}:{code}:{chosen.seed}".encode()).hexdigest()
        version = register(chosen.model, model, key)
    print(f"registered {chosen.model} version {version} with ROC AUC {auc:.4f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
