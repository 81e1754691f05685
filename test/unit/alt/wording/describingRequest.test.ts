import assert from "node:assert/strict";
import { requestedDescription } from "../../../../src/alt/wording/describingRequest";

describe("a request for a description", () => {
  it("is understood as people type it", () => {
    const requests = [
      ...[
        "Describe this image",
        "describe this image",
        "Describe this image.",
        "DESCRIBE THIS IMAGE!",
      ],
      ...["describe", "Describe it", "describe  the   picture ", "Please describe this photo."],
      ...[
        "describe this drawing",
        "describe the screenshot please",
        "can you describe this photograph?",
      ],
      ...[
        "what is in this picture?",
        "What's in the image?",
        "what’s on this photo",
        "what do you see?",
      ],
      ...["What can you see in this picture?", "what does this show?", "what does the photo show"],
      ...["caption this", "Caption this image", "tell me about this image", "what is shown here?"],
      ...["write a caption for this image", "Give me a description of this picture", "description"],
      ...[
        "write alt text for this image",
        "summarize this picture",
        "what is happening in this picture?",
      ],
      ...[
        "Beschreibe dieses Bild",
        "beschreibe das Foto!",
        "Was siehst du?",
        "was zeigt dieses Bild?",
      ],
      ...[
        "Was ist auf diesem Bild zu sehen?",
        "Bitte beschreibe das Bild",
        "Beschreiben Sie das Bild.",
      ],
    ];
    for (const text of requests) assert.equal(requestedDescription(text), "short", text);
  });

  it("may ask for a long one", () => {
    const requests = [
      ...[
        "Describe this image in more detail",
        "describe in detail",
        "describe it in great detail.",
      ],
      ...[
        "Give me a detailed description of this picture",
        "a detailed description",
        "describe more",
      ],
      ...[
        "describe in detail this image",
        "Beschreibe dieses Bild genauer",
        "beschreibe das Bild ausführlich",
      ],
    ];
    for (const text of requests) assert.equal(requestedDescription(text), "long", text);
  });

  it("is nothing that asks about a thing in the picture", () => {
    const questions = [
      ...[
        "describe the red circle",
        "what color is the car?",
        "what is in the box?",
        "what is this?",
      ],
      ...[
        "describe the person in this image",
        "what does the sign show?",
        "how many people are there?",
      ],
      ...["what is the man in this picture doing?", "is there a picture on the wall?", "", "   "],
      ...[
        "caption contest winner?",
        "tell me about the dog",
        "more",
        "in detail",
        "describe the mood",
      ],
      ...["Was ist das?", "Beschreibe den roten Kreis", "welche Farbe hat das Bild?"],
    ];
    for (const text of questions) assert.equal(requestedDescription(text), undefined, text);
  });

  it("is not looked for in long or hostile words", () => {
    assert.equal(requestedDescription(`describe ${"this ".repeat(5000)}`), undefined);
    assert.equal(requestedDescription(`${"a ".repeat(55)}in detail`), undefined);
  });
});
