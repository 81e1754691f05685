"""Times transformers beside `sightline bench`: the same sizes, random weights, batch 1.

    python benchTransformers.py CONFIG.json PROMPT_TOKENS NEW_TOKENS BEAMS bf16|f16|f32 cpu|adapter

Prints one line of JSON: milliseconds and bytes under the names of BenchFigures, where it computed, and
the versions. `adapter` is the graphics adapter that torch has: CUDA or ROCm, Apple's, or Intel's.
Needs torch, transformers and Pillow; none of them is needed to install or to test Sightline.
"""

import io
import json
import resource
import subprocess
import sys
import time

import numpy
import torch
import transformers
from PIL import Image
from transformers import AutoConfig

DTYPES = {"bf16": torch.bfloat16, "f16": torch.float16, "f32": torch.float32}


def place_of(name):
    """The device as torch names it; ends the program when torch has no adapter."""
    if name == "cpu":
        return "cpu"
    if torch.cuda.is_available():
        return "cuda"
    if torch.backends.mps.is_available():
        return "mps"
    if hasattr(torch, "xpu") and torch.xpu.is_available():
        return "xpu"
    sys.exit("This torch finds no graphics adapter. Install one that does, or leave --python out.")


def wait_for(device):
    """An adapter computes behind the program's back; what it was given last must be done."""
    if device != "cpu":
        getattr(torch, device).synchronize()


def adapter_bytes():
    """Memory in use on all of NVIDIA's adapters, or None; asked for as Sightline asks."""
    query = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
    try:
        text = subprocess.run(query, capture_output=True, check=True, timeout=5, text=True).stdout
        return sum(int(line) for line in text.split()) << 20
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def own_bytes():
    """Resident memory that no file stands behind, or None where the system does not tell."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) << 10 for line in status if line.startswith("RssAnon:"))
    except (OSError, StopIteration):
        return None


def load(config_file, dtype, device):
    """A model with weights of sensible scale; they are filled in place, so that nothing is doubled."""
    config = AutoConfig.from_pretrained(config_file)
    with torch.device("meta"):
        model = getattr(transformers, config.architectures[0])._from_config(config, dtype=dtype)
    model.to_empty(device=device)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                parameter.uniform_(-0.02, 0.02)
            else:
                parameter.fill_(1.0 if "norm" in name.lower() and name.endswith("weight") else 0.0)
        for name, buffer in model.named_buffers():
            if name.endswith("position_ids"):
                buffer.copy_(torch.arange(buffer.shape[-1]).expand_as(buffer))
            else:
                buffer.zero_()
    return model.eval()


class Stages:
    """Wall time of each call of a module, newest last, and of what is done to the picture before."""

    def __init__(self, modules, device):
        self.device = device
        self.times = {"preprocess": [], **{name: [] for name in modules}}
        for name, module in modules.items():
            module.register_forward_pre_hook(self._before(name), with_kwargs=True)
            module.register_forward_hook(self._after(name), with_kwargs=True)

    def _before(self, name):
        def hook(module, args, kwargs):
            wait_for(self.device)
            self.times[name].append(-time.perf_counter())

        return hook

    def _after(self, name):
        def hook(module, args, kwargs, output):
            wait_for(self.device)
            self.times[name][-1] += time.perf_counter()

        return hook

    def clear(self):
        for times in self.times.values():
            times.clear()


def modules_of(model):
    """What is timed, under our names; BLIP has no Q-Former."""
    if model.config.model_type == "blip":
        modules = {"vision": model.vision_model, "decoder": model.text_decoder}
        if hasattr(model, "text_encoder"):
            modules["encoder"] = model.text_encoder
        return modules
    language = model.language_model
    modules = {"vision": model.vision_model, "qformer": model.qformer}
    if model.config.text_config.model_type == "t5":
        return {**modules, "decoder": language.decoder, "encoder": language.encoder}
    return {**modules, "decoder": language}


def prompt_of(config, n_prompt):
    words = list(range(5, 5 + n_prompt))
    if config.model_type == "blip":
        return torch.tensor([words])
    return torch.tensor([[config.image_token_index] * config.num_query_tokens + words])


def picture():
    """A PNG file of the size that Sightline's own bench takes."""
    height, width = 480, 640
    rows = numpy.arange(height * width * 3) // (3 * height) % 256
    grain = numpy.random.randint(0, 32, rows.size)
    file = io.BytesIO()
    Image.fromarray((rows ^ grain).astype(numpy.uint8).reshape(height, width, 3)).save(file, "PNG")
    return file.getvalue()


MEAN = numpy.float32([0.48145466, 0.4578275, 0.40821073])
STD = numpy.float32([0.26862954, 0.26130258, 0.27577711])


def preprocess(file, side):
    """What BlipImageProcessor does: decode, resize, rescale, normalise. [1, 3, side, side]"""
    image = Image.open(io.BytesIO(file)).convert("RGB").resize((side, side), Image.Resampling.BICUBIC)
    pixels = (numpy.asarray(image, dtype=numpy.float32) / 255 - MEAN) / STD
    return torch.from_numpy(pixels.transpose(2, 0, 1).copy())[None]


def main():
    config_file, n_prompt, n_new, n_beams = sys.argv[1], *map(int, sys.argv[2:5])
    dtype, device = DTYPES[sys.argv[5]], place_of(sys.argv[6])
    empty = None if device == "cpu" else adapter_bytes()
    begin = time.perf_counter()
    model = load(config_file, dtype, device)
    wait_for(device)
    load_seconds = time.perf_counter() - begin
    stages = Stages(modules_of(model), device)
    ids = prompt_of(model.config, n_prompt).to(device)
    side = model.config.vision_config.image_size

    def answer(beams):
        stages.clear()
        file = picture()
        wait_for(device)
        begin = time.perf_counter()
        pixels = preprocess(file, side).to(device=device, dtype=dtype)
        stages.times["preprocess"].append(time.perf_counter() - begin)
        with torch.inference_mode():
            model.generate(
                pixel_values=pixels,
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                min_new_tokens=n_new,
                max_new_tokens=n_new,
                num_beams=beams,
                do_sample=False,
            )
        wait_for(device)
        return time.perf_counter() - begin

    answer(1)
    total = answer(1)
    steps = stages.times["decoder"]
    tokens = steps[1:]
    prefill = steps[0] + sum(stages.times.get("encoder", []))
    before = sum(sum(stages.times.get(name, [])) for name in ("preprocess", "vision", "qformer"))
    token = (total - before - prefill) / len(tokens)
    figures = {
        "load": load_seconds,
        "preprocess": sum(stages.times["preprocess"]),
        "vision": sum(stages.times["vision"]),
        "qformer": sum(stages.times.get("qformer", [])),
        "prefill": prefill,
        "token": token,
        "firstToken": total - token * len(tokens),
        "answer": total,
        # Nothing is kept between calls of generate().
        "followUp": answer(1),
        "beams": answer(n_beams),
    }
    figures = {name: 1000 * seconds for name, seconds in figures.items()}
    # ru_maxrss is in KiB on Linux and in bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    figures["peakBytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    own = own_bytes()
    if own is not None:
        figures["ownBytes"] = own
    filled = None if empty is None else adapter_bytes()
    if filled is not None:
        figures["deviceBytes"] = max(0, filled - empty)
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    print(json.dumps({"figures": figures, "device": device, "versions": versions}))


if __name__ == "__main__":
    main()
