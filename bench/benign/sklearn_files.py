"""Fitted estimators of scikit-learn, by pickle and by joblib."""

import pickle
from collections.abc import Iterator
from typing import Any

from bench.benign.family import Folder
from bench.benign.plain import COMPRESSORS

PROTOCOLS = (0, 1, 2, 3, 4, 5)


def pickled(folder: Folder) -> None:
    """Every estimator by every protocol."""
    for name, model in fitted():
        for protocol in PROTOCOLS:
            folder.save(
                f"{name}-p{protocol}.pkl",
                lambda path, model=model, protocol=protocol: path.write_bytes(pickle.dumps(model, protocol)),
            )


def joblib_files(folder: Folder) -> None:
    """Every estimator by joblib, uncompressed and by two of its compressors."""
    import joblib

    for name, model in fitted():
        for compress in (0, *folder.dice.sample(COMPRESSORS[1:], 2)):
            word = compress[0] if isinstance(compress, tuple) else "raw"
            folder.save(
                f"{name}-{word}.joblib", lambda path, model=model, how=compress: joblib.dump(model, path, compress=how)
            )


def skops_files(folder: Folder) -> None:
    import skops.io

    for name, model in fitted():
        folder.save(f"{name}.skops", lambda path, model=model: skops.io.dump(model, path))


def fitted() -> Iterator[tuple[str, Any]]:
    """Every estimator that fits on tiny data, and some that hold others."""
    import warnings

    from sklearn.utils import all_estimators

    warnings.simplefilter("ignore")
    for name, cls in all_estimators():
        model = _built(cls)
        if model is not None and _fits(model):
            yield name, model
    yield from _composed()


def _built(cls: type) -> Any:
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.tree import DecisionTreeClassifier

    inner, regressor = LogisticRegression(), Ridge()
    several = [("a", LogisticRegression()), ("b", DecisionTreeClassifier(max_depth=2))]
    ways: list[dict[str, Any]] = [
        {},
        {"estimator": inner},
        {"base_estimator": inner},
        {"estimators": several},
        {"estimators": [("a", regressor), ("b", Ridge(2.0))]},
        {"estimator": inner, "param_grid": {"C": [1.0]}},
        {"estimator": inner, "param_distributions": {"C": [1.0, 2.0]}, "n_iter": 1},
        {"transformers": [("a", "passthrough", [0])]},
        {"transformer_list": [("a", "passthrough")]},
        {"steps": [("a", LogisticRegression())]},
        {"dictionary": [[1.0, 0, 0], [0, 1.0, 0]]},
    ]
    for way in ways:
        try:
            return cls(**way)
        except Exception:  # another way of construction may do
            continue
    return None


def _fits(model: Any) -> bool:
    import numpy as np

    rng = np.random.RandomState(0)
    table, classes = np.abs(rng.rand(24, 3)), np.arange(24) % 2
    words = ["the cat sat", "a dog ran", "the dog sat"] * 8
    for data, target in (
        (table, classes),
        (table, table[:, 0]),
        (table, np.eye(2)[classes].astype(int)),
        (table, None),
        (words, None),
        (table[:, 0], table[:, 1]),
        ([{"a": 1}, {"b": 2}], None),
        (classes, None),
        ([["a"], ["b"]], None),
    ):
        try:
            model.fit(data, target) if target is not None else model.fit(data)
        except Exception:  # other data may suit it
            continue
        return True
    return False


def _composed() -> Iterator[tuple[str, Any]]:
    """Pipelines, searches and ensembles as they are used."""
    import numpy as np
    from sklearn import (
        compose,
        decomposition,
        ensemble,
        feature_extraction,
        impute,
        linear_model,
        metrics,
        model_selection,
        multiclass,
        neighbors,
        pipeline,
        preprocessing,
        svm,
        tree,
    )

    rng = np.random.RandomState(1)
    table, classes = rng.rand(30, 4), np.arange(30) % 3
    scale, logit = preprocessing.StandardScaler, linear_model.LogisticRegression
    models: dict[str, Any] = {
        "pipe-scale-logit": pipeline.make_pipeline(scale(), logit()),
        "pipe-pca-svc": pipeline.Pipeline([("pca", decomposition.PCA(2)), ("svc", svm.SVC(probability=True))]),
        "pipe-union": pipeline.make_pipeline(
            pipeline.make_union(scale(), decomposition.PCA(1)), tree.DecisionTreeClassifier()
        ),
        "columns": compose.make_column_transformer((scale(), [0, 1]), (preprocessing.MinMaxScaler(), slice(2, 4))),
        "grid": model_selection.GridSearchCV(svm.SVC(), {"C": [1, 2], "kernel": ["rbf"]}, cv=2, scoring="accuracy"),
        "grid-scorer": model_selection.GridSearchCV(
            logit(), {"C": [1, 2]}, cv=2, scoring=metrics.make_scorer(metrics.accuracy_score)
        ),
        "random-search": model_selection.RandomizedSearchCV(logit(), {"C": [1, 2, 3]}, n_iter=2, cv=2),
        "function": pipeline.make_pipeline(preprocessing.FunctionTransformer(np.log1p), logit()),
        "vote": ensemble.VotingClassifier([("a", logit()), ("b", neighbors.KNeighborsClassifier())]),
        "stack": ensemble.StackingClassifier([("a", logit()), ("b", tree.DecisionTreeClassifier())], cv=2),
        "bag": ensemble.BaggingClassifier(tree.DecisionTreeClassifier(max_depth=2), 3),
        "boost": ensemble.GradientBoostingClassifier(n_estimators=3),
        "hist": ensemble.HistGradientBoostingClassifier(max_iter=3),
        "forest": ensemble.RandomForestClassifier(5),
        "isolation": ensemble.IsolationForest(n_estimators=5),
        "one-vs-rest": multiclass.OneVsRestClassifier(logit()),
        "impute": pipeline.make_pipeline(impute.SimpleImputer(), logit()),
        "neighbours": neighbors.KNeighborsClassifier(metric="cosine"),
        "ball": neighbors.KNeighborsClassifier(algorithm="ball_tree"),
    }
    for name, model in models.items():
        yield name, model.fit(table, classes)
    words = ["good film", "bad film", "fine plot", "dull plot"] * 4
    for vectors in (
        feature_extraction.text.TfidfVectorizer(ngram_range=(1, 2)),
        feature_extraction.text.CountVectorizer(),
    ):
        yield f"text-{type(vectors).__name__}", pipeline.make_pipeline(vectors, logit()).fit(words, [1, 0, 1, 0] * 4)


FAMILIES = {"sklearn pickles": pickled, "sklearn joblib": joblib_files, "skops": skops_files}
