/** The tensors of transformers' BLIP classes by names and shapes; shares nothing with the converter's list. */

type Sizes = Readonly<Record<string, number>>;
type Shapes = Map<string, readonly number[]>;

/** Everything behind the image encoder. */
export function addBlipText(shapes: Shapes, config: Readonly<Record<string, unknown>>): void {
  const text = config["text_config"] as Sizes;
  const source = (config["vision_config"] as Sizes)["hidden_size"]!;
  const architecture = String(config["architectures"]);
  if (architecture !== "BlipForConditionalGeneration") {
    addBert(shapes, "text_encoder", { text, source });
  }
  if (architecture === "BlipForImageTextRetrieval") {
    const size = config["image_text_hidden_size"] as number;
    addLinear(shapes, "vision_proj", [size, source]);
    addLinear(shapes, "text_proj", [size, text["hidden_size"]!]);
    addLinear(shapes, "itm_head", [2, text["hidden_size"]!]);
    return;
  }
  addBert(shapes, "text_decoder.bert", { text, source });
  const head = "text_decoder.cls.predictions";
  const width = text["hidden_size"]!;
  addLinear(shapes, `${head}.transform.dense`, [width, width]);
  addLinear(shapes, `${head}.transform.LayerNorm`, [width]);
  shapes.set(`${head}.bias`, [text["vocab_size"]!]);
}

function addBert(
  shapes: Shapes,
  name: string,
  { text, source }: { readonly text: Sizes; readonly source: number },
): void {
  const { hidden_size: width = 0, intermediate_size: inner = 0 } = text;
  shapes.set(`${name}.embeddings.word_embeddings.weight`, [text["vocab_size"]!, width]);
  const nPositions = text["max_position_embeddings"]!;
  shapes.set(`${name}.embeddings.position_embeddings.weight`, [nPositions, width]);
  addLinear(shapes, `${name}.embeddings.LayerNorm`, [width]);
  for (let i = 0; i < text["num_hidden_layers"]!; i++) {
    const layer = `${name}.encoder.layer.${i}`;
    for (const kind of ["attention", "crossattention"]) {
      const read = kind === "attention" ? width : source;
      addLinear(shapes, `${layer}.${kind}.self.query`, [width, width]);
      addLinear(shapes, `${layer}.${kind}.self.key`, [width, read]);
      addLinear(shapes, `${layer}.${kind}.self.value`, [width, read]);
      addLinear(shapes, `${layer}.${kind}.output.dense`, [width, width]);
      addLinear(shapes, `${layer}.${kind}.output.LayerNorm`, [width]);
    }
    addLinear(shapes, `${layer}.intermediate.dense`, [inner, width]);
    addLinear(shapes, `${layer}.output.dense`, [width, inner]);
    addLinear(shapes, `${layer}.output.LayerNorm`, [width]);
  }
}

function addLinear(shapes: Shapes, name: string, weight: readonly number[]): void {
  shapes.set(`${name}.weight`, weight);
  shapes.set(`${name}.bias`, [weight[0]!]);
}
