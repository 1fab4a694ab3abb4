"""Models of XGBoost, LightGBM and CatBoost: their own formats, pickles and joblib."""

import pickle
from pathlib import Path
from typing import Any

from bench.benign.family import Folder

SIZES = (1, 2, 5, 9)
OBJECTIVES = ("binary", "squares", "classes")


def xgboost_models(folder: Folder) -> None:
    import joblib
    import xgboost as xgb

    for objective in OBJECTIVES:
        table, target = _data(objective)
        for size in SIZES:
            for name in ("gbtree", "gblinear", "dart"):
                classes = xgb.XGBRegressor if objective == "squares" else xgb.XGBClassifier
                model = classes(n_estimators=size, booster=name, max_depth=2).fit(table, target)
                stem = f"{objective}-{size}-{name}"
                for ending in ("json", "ubj", "model"):
                    folder.save(f"{stem}.{ending}", lambda path, m=model: m.save_model(path))
                folder.save(f"{stem}.pkl", _pickled(model, folder.dice.choice((2, 3, 4, 5))))
                folder.save(f"{stem}.joblib", lambda path, m=model: joblib.dump(m, path, compress=3))
        folder.save(f"booster-{objective}.pkl", _pickled(model.get_booster(), 4))
        folder.save(f"dump-{objective}.txt", lambda path, m=model: m.get_booster().dump_model(path))


def lightgbm_models(folder: Folder) -> None:
    import joblib
    import lightgbm as lgb

    for objective in OBJECTIVES:
        table, target = _data(objective)
        for size in SIZES:
            for name in ("gbdt", "dart", "rf"):
                classes = lgb.LGBMRegressor if objective == "squares" else lgb.LGBMClassifier
                bagging = {"bagging_freq": 1, "bagging_fraction": 0.8} if name == "rf" else {}
                model = classes(n_estimators=size, boosting_type=name, min_child_samples=2, verbose=-1, **bagging)
                model.fit(table, target)
                stem = f"{objective}-{size}-{name}"
                folder.save(f"{stem}.txt", lambda path, m=model: m.booster_.save_model(path))
                folder.save(f"{stem}.pkl", _pickled(model, folder.dice.choice((2, 3, 4, 5))))
                folder.save(f"{stem}-booster.pkl", _pickled(model.booster_, 4))
                folder.save(f"{stem}.joblib", lambda path, m=model: joblib.dump(m, path))


def catboost_models(folder: Folder) -> None:
    import catboost

    for objective in OBJECTIVES:
        table, target = _data(objective)
        for size in SIZES:
            classes = catboost.CatBoostRegressor if objective == "squares" else catboost.CatBoostClassifier
            model = classes(iterations=size, depth=2, verbose=False, allow_writing_files=False).fit(table, target)
            folder.save(f"{objective}-{size}.cbm", lambda path, m=model: m.save_model(path))
            folder.save(f"{objective}-{size}.json", lambda path, m=model: m.save_model(path, format="json"))


def _data(objective: str) -> tuple[Any, Any]:
    import numpy as np

    table = np.random.RandomState(2).rand(40, 4)
    targets = {"binary": np.arange(40) % 2, "squares": table.sum(1), "classes": np.arange(40) % 3}
    return table, targets[objective]


def _pickled(model: Any, protocol: int) -> Any:
    def save(path: Path) -> None:
        path.write_bytes(pickle.dumps(model, protocol))

    return save


FAMILIES = {"xgboost": xgboost_models, "lightgbm": lightgbm_models, "catboost": catboost_models}
