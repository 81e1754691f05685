"""BLIP-2 behind Ray Serve: each replica runs the application of `transformers serve`.

    python rayServe.py PORT CHECKPOINT REPLICAS

Prints "ready" when it answers. A line "kill" on standard input ends one replica as a crash does, and prints "killed".
Needs `pip install "transformers[serving]" torch pillow ray fastapi uvicorn`, and what ray.serve imports.
"""

import os
import signal
import sys

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# A busy machine takes more than the usual five seconds.
os.environ.setdefault("RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S", "60")

import ray
from ray import serve

PORT, CHECKPOINT, REPLICAS = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])


def application():
    """Runs in each replica, which loads the model."""
    import torch

    torch.set_num_threads(1)
    from transformers.cli.serving.chat_completion import ChatCompletionHandler
    from transformers.cli.serving.completion import CompletionHandler
    from transformers.cli.serving.model_manager import ModelManager
    from transformers.cli.serving.response import ResponseHandler
    from transformers.cli.serving.server import build_server
    from transformers.cli.serving.transcription import TranscriptionHandler
    from transformers.cli.serving.utils import GenerationState

    models = ModelManager(device="cpu", dtype="float32", force_model=CHECKPOINT)
    state = GenerationState(continuous_batching=False, compile=False, cb_config=None)
    common = {"model_manager": models, "generation_state": state}
    app = build_server(
        models,
        ChatCompletionHandler(**common, chat_template_kwargs={}),
        completion_handler=CompletionHandler(**common),
        response_handler=ResponseHandler(**common, chat_template_kwargs={}),
        transcription_handler=TranscriptionHandler(models, state),
        generation_state=state,
    )

    @app.get("/pid")
    def pid():
        return {"pid": os.getpid()}

    return app


@serve.deployment(
    num_replicas=REPLICAS,
    max_ongoing_requests=1,
    max_queued_requests=4,
    ray_actor_options={"num_cpus": 0.5},
)
@serve.ingress(application)
class Blip2:
    pass


def kill_one() -> None:
    import urllib.request

    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/pid") as answer:
        pid = int(answer.read().split(b":")[1].rstrip(b"}"))
    os.kill(pid, signal.SIGKILL)


ray.init(num_cpus=2, include_dashboard=False, object_store_memory=150_000_000, log_to_driver=False)
serve.start(http_options={"host": "127.0.0.1", "port": PORT})
serve.run(Blip2.bind(), route_prefix="/")
print("ready", flush=True)
for line in sys.stdin:
    if line.strip() == "kill":
        kill_one()
        print("killed", flush=True)
serve.shutdown()
ray.shutdown()
