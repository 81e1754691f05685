"""Times steps of BLIP-2's first stage in torch, beside `sightline bench --train`: the same sizes, random weights.

    python benchTorchTraining.py BATCH TEXT_LENGTH WARM_STEPS TIMED_STEPS

The three objectives of the paper (section 3.2) on transformers' Q-Former, in float32 and without dropout, with
torch's AdamW. Pictures are features of the frozen encoder, made up. As transformers' Q-Former keeps no keys, captions
are one pass over queries and text, with a mask of their own.
Prints one line of JSON: milliseconds of each timed step, by the clock and of the processor, the largest resident memory, the trained numbers.
Needs torch and transformers; neither is needed to install or to test Sightline.
"""

import json
import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn
from transformers import Blip2QFormerConfig, Blip2QFormerModel
from transformers.models.blip_2.modeling_blip_2 import Blip2TextEmbeddings

QUERIES, IMAGE_TOKENS, IMAGE_WIDTH, SHARED_WIDTH, VOCABULARY = 32, 257, 1408, 256, 30523
HIDDEN = -10000.0


class Stage1(nn.Module):
    def __init__(self):
        super().__init__()
        config = Blip2QFormerConfig(
            vocab_size=VOCABULARY, encoder_hidden_size=IMAGE_WIDTH, use_qformer_text_input=True,
            hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        )
        width = config.hidden_size
        self.image_norm = nn.LayerNorm(IMAGE_WIDTH)
        self.queries = nn.Parameter(0.02 * torch.randn(1, QUERIES, width))
        self.embeddings = Blip2TextEmbeddings(config)
        self.qformer = Blip2QFormerModel(config)
        self.image_projection = nn.Linear(width, SHARED_WIDTH)
        self.text_projection = nn.Linear(width, SHARED_WIDTH)
        self.matching = nn.Linear(width, 2)
        self.temperature = nn.Parameter(torch.tensor(0.07))
        self.head = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width, eps=1e-12))
        self.head_bias = nn.Parameter(torch.zeros(VOCABULARY))

    def read(self, image, ids=None, seen=None):
        """The last hidden states; queries come first where there is an image."""
        queries = None if image is None else self.queries.expand(len(image), -1, -1)
        embedded = queries if ids is None else self.embeddings(input_ids=ids, query_embeds=queries)
        length = 0 if image is None else QUERIES
        mask = None
        if seen is not None:
            size = embedded.shape[1]
            mask = (HIDDEN * (1 - seen)).expand(len(embedded), 1, size, size)
        return self.qformer(
            query_embeds=embedded, query_length=length, attention_mask=mask, encoder_hidden_states=image,
        ).last_hidden_state

    def forward(self, features, ids):
        batch, length = ids.shape
        image = self.image_norm(features)
        pictures = F.normalize(self.image_projection(self.read(image)), dim=-1)
        text = self.read(None, ids, torch.ones(batch, 1, length, length))
        texts = F.normalize(self.text_projection(text[:, 0]), dim=-1)
        scores = torch.einsum("bqp,tp->btq", pictures, texts).amax(-1) / self.temperature
        own = torch.arange(batch)
        contrast = sum(F.cross_entropy(s, own, label_smoothing=0.1) for s in (scores, scores.T)) / 2
        other = scores.detach().masked_fill(torch.eye(batch, dtype=torch.bool), HIDDEN)
        image_for_text = torch.multinomial(other.T.softmax(1), 1)[:, 0]
        text_for_image = torch.multinomial(other.softmax(1), 1)[:, 0]
        whole = QUERIES + length
        pairs = self.read(
            torch.cat([image, image[image_for_text], image]),
            torch.cat([ids, ids, ids[text_for_image]]),
            torch.ones(3 * batch, 1, whole, whole),
        )
        logits = self.matching(pairs[:, :QUERIES]).mean(1)
        labels = torch.cat([torch.ones(batch), torch.zeros(2 * batch)]).long()
        captions = ids.clone()
        captions[:, 0] = VOCABULARY - 1
        seen = torch.zeros(1, 1, whole, whole)
        seen[..., :QUERIES] = 1
        seen[..., QUERIES:, QUERIES:] = torch.tril(torch.ones(length, length))
        said = self.head(self.read(image, captions, seen)[:, QUERIES:])
        words = said[:, :-1] @ self.embeddings.word_embeddings.weight.T + self.head_bias
        spoken = F.cross_entropy(words.flatten(0, 1), captions[:, 1:].flatten(), label_smoothing=0.1)
        return contrast + F.cross_entropy(logits, labels) + spoken


def main():
    batch, length, warm, timed = map(int, sys.argv[1:5])
    torch.manual_seed(1)
    model = Stage1().train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.98), weight_decay=0.05)
    times, used = [], []
    for step in range(warm + timed):
        features = torch.rand(batch, IMAGE_TOKENS, IMAGE_WIDTH) * 2 - 1
        ids = torch.randint(1000, VOCABULARY - 1, (batch, length))
        begin, used_before = time.perf_counter(), time.process_time()
        loss = model(features, ids)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if not torch.isfinite(loss):
            sys.exit("The loss is not finite.")
        if step >= warm:
            times.append(1000 * (time.perf_counter() - begin))
            used.append(1000 * (time.process_time() - used_before))
    unit = 1 if sys.platform == "darwin" else 1024
    print(json.dumps({
        "stepMs": times,
        "cpuMs": used,
        "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
        "parameters": sum(p.numel() for p in model.parameters()),
    }))


main()
