"""The text files of model repositories: configs, tokenizer configs, indexes, cards, requirements, YAML."""

# ruff: noqa: E501 - the lines are those of these texts

import json
import random
from typing import Any

from bench.benign.family import Folder
from bench.benign.templates import chat_templates

ARCHITECTURES = (
    "LlamaForCausalLM", "BertForMaskedLM", "T5ForConditionalGeneration", "ViTForImageClassification", "WhisperForConditionalGeneration",
    "Qwen2ForCausalLM", "GPT2LMHeadModel", "RobertaForSequenceClassification", "CLIPModel", "MistralForCausalLM",
)  # fmt: skip
CARDS = 40


def configs(folder: Folder) -> None:
    dice = folder.dice
    for number in range(100):
        name = dice.choice(ARCHITECTURES)
        config = {
            "architectures": [name], "model_type": name.split("For")[0].lower(), "hidden_size": dice.choice([64, 768, 4096]),
            "vocab_size": dice.randrange(1000, 200_000), "torch_dtype": dice.choice(["float16", "bfloat16", "float32"]),
            "transformers_version": f"4.{number}.0", "hidden_act": dice.choice(["gelu", "silu", "relu"]), "rms_norm_eps": 1e-6,
            "rope_scaling": dice.choice([None, {"type": "yarn", "factor": 4.0}]), "bos_token_id": 1, "eos_token_id": [2, 3],
            "id2label": {str(i): label for i, label in enumerate(["negative", "exec", "import"])}, "use_cache": True,
            "_name_or_path": dice.choice(["./checkpoints/last", "meta/model", "/home/user/model", "C:\\models\\x"]),
            "quantization_config": dice.choice([None, {"quant_method": "gptq", "bits": 4, "modules_to_not_convert": ["lm_head"]}]),
        }  # fmt: skip
        folder.write(f"{number}/config.json", json.dumps(config, indent=2))
    for number in range(30):
        folder.write(
            f"{number}/generation_config.json",
            json.dumps({"temperature": dice.random(), "top_p": 0.9, "do_sample": True}),
        )
        weights = {f"model.layers.{i}.weight": f"model-{i % 3 + 1:05d}-of-00003.safetensors" for i in range(number)}
        folder.write(
            f"{number}/model.safetensors.index.json", json.dumps({"metadata": {"total_size": 9}, "weight_map": weights})
        )
        folder.write(
            f"{number}/preprocessor_config.json",
            json.dumps(
                {"size": {"height": 224}, "image_mean": [0.5] * 3, "feature_extractor_type": "ViTFeatureExtractor"}
            ),
        )
        folder.write(
            f"{number}/adapter_config.json",
            json.dumps(
                {
                    "peft_type": "LORA",
                    "r": number,
                    "target_modules": ["q_proj", "v_proj"],
                    "base_model_name_or_path": "org/base",
                    "auto_mapping": None,
                }
            ),
        )
        folder.write(
            f"{number}/trainer_state.json",
            json.dumps({"log_history": [{"loss": dice.random(), "step": i} for i in range(9)], "epoch": 1.0}),
        )
    folder.write(
        "modules.json",
        json.dumps(
            [
                {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
                {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            ]
        ),
    )
    folder.write(
        "model_index.json",
        json.dumps(
            {
                "_class_name": "StableDiffusionPipeline",
                "unet": ["diffusers", "UNet2DConditionModel"],
                "safety_checker": [None, None],
            }
        ),
    )
    folder.write(
        "special_tokens_map.json",
        json.dumps({"bos_token": {"content": "<s>", "lstrip": False}, "additional_special_tokens": ["<|im_start|>"]}),
    )
    folder.write(
        "vocab.json",
        json.dumps(
            {word: i for i, word in enumerate(["os", "system", "eval", "import", "the", "__import__", "\u0120exec"])}
        ),
    )
    folder.write("merges.txt", "#version: 0.2\n" + "\n".join(f"{a} {b}" for a in "abcde" for b in "fghij"))
    folder.write("vocab.txt", "\n".join(["[PAD]", "[UNK]", "eval", "##exec", "os", "subprocess", "rm", "curl", "bash"]))
    folder.write("labels.csv", "id,label\n0,cat\n1,dog\n")


def tokenizer_configs(folder: Folder) -> None:
    for name, template in chat_templates(folder.dice):
        config: dict[str, Any] = {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": 10**30,
            "bos_token": "<s>",
        }
        config["added_tokens_decoder"] = {"0": {"content": "<unk>", "special": True, "lstrip": False}}
        config["chat_template"] = template
        if folder.dice.random() < 0.2:
            config["chat_template"] = [
                {"name": "default", "template": template},
                {"name": "tool_use", "template": template},
            ]
        folder.write(f"{name}/tokenizer_config.json", json.dumps(config, indent=1))
        folder.write(f"{name}/chat_template.jinja", template)
        if folder.dice.random() < 0.3:
            folder.write(f"{name}/chat_template.json", json.dumps({"chat_template": template}))


def cards(folder: Folder) -> None:
    for number in range(CARDS):
        folder.write(f"{number}/README.md", _card(folder.dice))
    folder.write("LICENSE", "Permission is hereby granted to any person who has a copy of this model to use it.\n")
    folder.write("NOTICE.txt", "This product includes weights that somebody trained.\n")
    folder.write(
        ".gitattributes",
        "*.safetensors filter=lfs diff=lfs merge=lfs -text\n*.bin filter=lfs diff=lfs merge=lfs -text\n",
    )
    folder.write(".gitignore", "__pycache__/\n*.ckpt\n")


def requirements(folder: Folder) -> None:
    names = (
        "torch",
        "numpy",
        "transformers",
        "scikit-learn",
        "pandas",
        "accelerate",
        "datasets",
        "safetensors",
        "tqdm",
        "Pillow",
    )
    for number in range(30):
        dice = folder.dice
        lines = [
            f"{name}{dice.choice(['', '>=1.0', '==2.1.0', '~=1.4', '>=1,<3'])}"
            for name in dice.sample(names, 1 + number % 9)
        ]
        lines.insert(
            0, dice.choice(["# what training needs", "", "--extra-index-url https://download.pytorch.org/whl/cpu"])
        )
        lines.append(dice.choice(["", "importlib-metadata; python_version < '3.8'", "peft[all]>=0.5  # adapters"]))
        folder.write(f"{number}/requirements.txt", "\n".join(lines) + "\n")


def yaml_files(folder: Folder) -> None:
    for number in range(30):
        dice = folder.dice
        folder.write(
            f"{number}/config.yaml",
            f"""# training
defaults:
  - _self_
  - optimizer: adam
model:
  _target_: {dice.choice(["torch.nn.Linear", "torch.nn.Transformer", "torch.optim.AdamW"])}
  in_features: {dice.randrange(99)}
  out_features: 4
data: &data
  path: ./data/train.csv
  seed: {number}
eval:
  <<: *data
  batch_size: 32
""",
        )
        folder.write(
            f"{number}/MLmodel",
            f"""artifact_path: model
flavors:
  python_function:
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.{dice.choice(["sklearn", "xgboost", "pytorch", "lightgbm"])}
    model_path: model.pkl
    predict_fn: predict
    python_version: 3.11.7
  sklearn:
    code: null
    pickled_model: model.pkl
    serialization_format: cloudpickle
    sklearn_version: 1.9.1
mlflow_version: 3.1.{number}
model_uuid: {dice.getrandbits(128):032x}
utc_time_created: '2026-01-01 00:00:00.000000'
""",
        )
        folder.write(
            f"{number}/conda.yaml",
            "channels:\n- conda-forge\ndependencies:\n- python=3.11.7\n- pip<=24\n- pip:\n  - mlflow==3.1.0\n  - scikit-learn==1.9.1\nname: mlflow-env\n",
        )
    folder.write(
        "docker-compose.yaml",
        "services:\n  serve:\n    image: example/serve:1\n    ports:\n      - '8000:8000'\n    command: python -m serve --port 8000\n",
    )


def _card(dice: random.Random) -> str:
    task = dice.choice(["text-generation", "image-classification", "fill-mask", "token-classification"])
    return f"""---
license: {dice.choice(["apache-2.0", "mit", "cc-by-4.0"])}
language: [en, de]
library_name: transformers
pipeline_tag: {task}
tags:
- {task}
- pytorch
model-index:
- name: model
  results:
  - metrics: [{{type: accuracy, value: {dice.random():.3f}}}]
---

# A model for {task}

It was trained for {dice.randrange(1, 99)} epochs. See [the paper](https://example.org/paper).

```bash
pip install transformers && curl -O https://example.org/data.tar.gz
python -m train --model . | tee log.txt
```

```python
import os
from transformers import AutoModel, AutoTokenizer

os.environ["TOKENIZERS_PARALLELISM"] = "false"
model = AutoModel.from_pretrained("org/model", trust_remote_code=False)
model.eval()
print(os.system.__doc__)
```

| metric | value |
|---|---|
| accuracy | {dice.random():.2f} |

![curve](curve.png)
"""


FAMILIES = {
    "configs": configs, "chat templates": tokenizer_configs, "cards": cards, "requirements": requirements, "yaml": yaml_files,
}  # fmt: skip
