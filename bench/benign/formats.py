"""Formats without pickles: safetensors, GGUF, ONNX, Keras, tokenizers."""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from bench.benign.family import Folder
from bench.benign.templates import chat_templates

SAFE_DTYPES = ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "bool")


def safetensors_files(folder: Folder) -> None:
    import numpy as np
    from safetensors.numpy import save_file

    for number in range(80):
        dice = folder.dice
        tensors = {
            f"model.layers.{i}.weight": np.zeros((dice.randrange(4), dice.randrange(1, 6)), dice.choice(SAFE_DTYPES))
            for i in range(number % 9)
        }
        metadata = dice.choice([None, {"format": "pt"}, {"format": "np", "author": "someone", "steps": "1000"}])
        folder.save(f"{number}.safetensors", lambda path, t=tensors, m=metadata: save_file(t, path, metadata=m))


def gguf_files(folder: Folder) -> None:
    import gguf
    import numpy as np

    templates = list(chat_templates(folder.dice))
    for number in range(60):
        dice = folder.dice

        def save(path: Any, number: int = number, dice: Any = dice) -> None:
            writer = gguf.GGUFWriter(path, dice.choice(["llama", "qwen2", "gemma", "phi3", "bert"]))
            writer.add_block_count(number % 5)
            writer.add_context_length(2048)
            writer.add_embedding_length(64)
            writer.add_name(f"Model {number}")
            writer.add_description("A small model, for https://example.org/cards")
            writer.add_tokenizer_model("llama")
            writer.add_token_list([f"<{i}>" for i in range(number)])
            writer.add_token_scores([0.5] * number)
            if number % 2:
                writer.add_chat_template(templates[number % len(templates)][1])
            for layer in range(number % 6):
                writer.add_tensor(f"blk.{layer}.attn_q.weight", np.ones((4, 8), dice.choice(["float32", "float16"])))
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
            writer.close()

        folder.save(f"{number}.gguf", save)


def onnx_files(folder: Folder) -> None:
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    def model(layers: int, opset: int) -> Any:
        nodes, weights = [], []
        for layer in range(layers):
            weights.append(numpy_helper.from_array(np.ones((4, 4), "float32"), f"w{layer}"))
            nodes += [helper.make_node("MatMul", [f"x{layer}", f"w{layer}"], [f"m{layer}"])]
            nodes += [
                helper.make_node(folder.dice.choice(["Relu", "Tanh", "Sigmoid"]), [f"m{layer}"], [f"x{layer + 1}"])
            ]
        ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 4]) for name in ("x0", f"x{layers}")]
        graph = helper.make_graph(nodes, "graph", ends[:1], ends[1:], weights, doc_string="made by a test")
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], producer_name="bench")

    for number in range(40):
        made = model(1 + number % 6, 13 + number % 6)
        folder.save(f"{number}.onnx", lambda path, m=made: onnx.save(m, path))
        if number % 4 == 0:
            options = {"save_as_external_data": True, "location": f"{number}.data", "size_threshold": 0}
            folder.save(f"outside-{number}/model.onnx", lambda path, m=made, o=options: onnx.save(m, str(path), **o))
    branch = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])], "then", [], [helper.make_tensor_value_info("y", 1, [1])]
    )
    node = helper.make_node("If", ["c"], ["z"], then_branch=branch, else_branch=branch)
    ends = [helper.make_tensor_value_info("c", TensorProto.BOOL, []), helper.make_tensor_value_info("x", 1, [1])]
    graph = helper.make_graph([node], "if", ends, [helper.make_tensor_value_info("z", 1, [1])])
    folder.save("if.onnx", lambda path: onnx.save(helper.make_model(graph), path))


def keras_files(folder: Folder) -> None:
    if find_spec("torch") is not None:
        os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    for name, model in _keras_models(keras):
        folder.save(f"{name}.keras", lambda path, m=model: m.save(path))
        folder.save(f"{name}.h5", lambda path, m=model: m.save(path))
        folder.save(f"{name}.weights.h5", lambda path, m=model: m.save_weights(path))
        folder.write(f"{name}.json", model.to_json())


def _keras_models(keras: Any) -> Iterator[tuple[str, Any]]:
    layers = keras.layers
    stacks: dict[str, tuple[Any, list[Any]]] = {
        "dense": ((8,), [layers.Dense(4, "relu"), layers.Dropout(0.1), layers.Dense(2, "softmax")]),
        "conv": (
            (8, 8, 3),
            [layers.Conv2D(4, 3), layers.BatchNormalization(), layers.MaxPooling2D(), layers.Flatten()],
        ),
        "conv1d": ((8, 3), [layers.Conv1D(4, 3), layers.GlobalAveragePooling1D()]),
        "words": ((8,), [layers.Embedding(10, 4), layers.LSTM(3), layers.Dense(1)]),
        "gru": (
            (8, 2),
            [layers.Bidirectional(layers.GRU(3, return_sequences=True)), layers.TimeDistributed(layers.Dense(2))],
        ),
        "separable": (
            (8, 8, 3),
            [layers.SeparableConv2D(4, 3), layers.DepthwiseConv2D(3), layers.ZeroPadding2D(), layers.UpSampling2D()],
        ),
        "norms": (
            (8,),
            [
                layers.LayerNormalization(),
                layers.GaussianNoise(0.1),
                layers.UnitNormalization(),
                layers.PReLU(),
                layers.ELU(),
            ],
        ),
        "augment": (
            (8, 8, 3),
            [layers.Rescaling(1 / 255), layers.RandomFlip(), layers.Resizing(4, 4), layers.CenterCrop(2, 2)],
        ),
        "shape": ((8,), [layers.Reshape((2, 4)), layers.Permute((2, 1)), layers.Flatten()]),
        "regular": (
            (4,),
            [layers.Dense(2, kernel_regularizer="l2", kernel_constraint="max_norm", kernel_initializer="he_normal")],
        ),
        "activations": (
            (4,),
            [layers.Activation(name) for name in ("gelu", "swish", "tanh", "selu", "mish", "softplus")],
        ),
    }
    for name, (shape, stack) in stacks.items():
        model = keras.Sequential([keras.Input(shape), *stack])
        yield name, model
        model.compile("adam", "mse", metrics=["mae"])
        yield f"{name}-compiled", model
    one, two = keras.Input((4,)), keras.Input((4,))
    joined = layers.Concatenate()([layers.Dense(2)(one), layers.Dense(2)(two), layers.Multiply()([one, two])])
    yield "two-inputs", keras.Model([one, two], [joined, layers.Add()([one, two])])
    words = keras.Input((6, 4))
    yield "attention", keras.Model(words, layers.MultiHeadAttention(2, 2)(words, words))


def tokenizer_files(folder: Folder) -> None:
    import tokenizers
    from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

    kinds = {
        "bpe": (models.BPE(), trainers.BpeTrainer(vocab_size=300, show_progress=False)),
        "wordpiece": (
            models.WordPiece(unk_token="[UNK]"),
            trainers.WordPieceTrainer(vocab_size=200, show_progress=False),
        ),
        "unigram": (models.Unigram(), trainers.UnigramTrainer(vocab_size=100, show_progress=False, unk_token="<unk>")),
        "words": (models.WordLevel(unk_token="[UNK]"), trainers.WordLevelTrainer(vocab_size=99, show_progress=False)),
    }
    text = [
        "import os and eval the model",
        "subprocess of a system call",
        "the quick brown fox",
        "caf\u00e9 \u4f60\u597d",
    ] * 9
    for name, (model, trainer) in kinds.items():
        for number, splitter in enumerate(
            (pre_tokenizers.ByteLevel(), pre_tokenizers.Whitespace(), pre_tokenizers.Metaspace())
        ):
            made = tokenizers.Tokenizer(model)
            made.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
            made.pre_tokenizer, made.decoder = splitter, decoders.ByteLevel()
            made.train_from_iterator(text, trainer)
            made.post_processor = processors.ByteLevel()
            made.add_special_tokens(["<|im_start|>", "<|im_end|>"])
            folder.save(f"{name}-{number}/tokenizer.json", lambda path, m=made: m.save(str(path)))


FAMILIES = {
    "safetensors": safetensors_files,
    "gguf": gguf_files,
    "onnx": onnx_files,
    "keras": keras_files,
    "tokenizers": tokenizer_files,
}
