import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../../../src/base/errors";
import { answersOf } from "../../../../src/cli/ask/givenAnswers";
import { temporaryFolder } from "../../../helpers/kitModel";

async function fileOf(text: string): Promise<string> {
  const file = path.join(await temporaryFolder(), "answers, of mine.txt");
  await writeFile(file, text);
  return file;
}

async function refuses(given: string, words: RegExp): Promise<void> {
  await assert.rejects(answersOf(given), (thrown) => {
    assert.ok(thrown instanceof AppError);
    assert.equal(thrown.code, "option.invalid");
    assert.match(thrown.message, words);
    return true;
  });
}

describe("the answers to choose among", () => {
  it("stand between commas, on the lines of a file, or in a JSON list", async () => {
    assert.deepEqual(await answersOf("yes, no,a dog,"), ["yes", "no", "a dog"]);
    assert.deepEqual(await answersOf(await fileOf("yes\r\nno, not\n\n a dog \n")), [
      ...["yes", "no, not", "a dog"],
    ]);
    assert.deepEqual(await answersOf(await fileOf('["yes", "no"]')), ["yes", "no"]);
  });

  it("are at least two texts", async () => {
    await refuses("yes", /"yes" is neither a file of answers nor several between commas/);
    await refuses(await fileOf("yes\n"), /neither/);
    await refuses(await fileOf(""), /neither/);
    await refuses(await fileOf('["yes", 2]'), /no list of texts/);
    await refuses(await fileOf('["yes"'), /begins as a JSON list/);
    await refuses(await fileOf("x\n".repeat(1 << 20)), /more than 1 MB/);
  });
});
