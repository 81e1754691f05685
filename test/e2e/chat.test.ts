/** Questions in the side bar: from the Explorer to the right answer, and what may come in between. */

import assert from "node:assert/strict";
import { ChatPage } from "./chatPage";
import { untilTrue } from "./polling";
import { useEditor } from "./useEditor";

const ASK = "Ask About This Image…";
/** About red-circle.png: "red" and "one". */
const COLOR = "what color is the circle?";
const COUNT = "how many circles are there?";
/** About four-shapes.png: "a pink square", which is as much as the demo model says to a question. */
const PLACE = "what is at the top left?";

describe("the chat in the side bar", () => {
  const editor = useEditor({
    files: { pictures: { from: "media/samples" }, "notes.txt": "The circle is .\n" },
    // A click selects and opens nothing: previews of pictures take the focus when they are drawn.
    settings: { "workbench.list.openMode": "doubleClick" },
  });
  const chat = (): ChatPage => new ChatPage(editor().view);

  /** Begins another conversation about pictures that are chosen in the Explorer. */
  async function askAbout(...names: readonly [string, ...string[]]): Promise<void> {
    await editor().runCommand("Sightline: New Conversation");
    await chat().turns.first().waitFor({ state: "detached" });
    // The view takes the keyboard, from the palette as well, should that be opened before.
    await untilQuestionIsFocused();
    await editor().runCommand("View: Show Explorer");
    await editor().explorer.untilFocused();
    if (names.length > 1) await editor().explorer.select(...names);
    await editor().explorer.choose(names[0], ASK);
    await chat().field.waitFor();
    for (const name of names) await chat().picture(name).waitFor();
  }

  async function untilQuestionIsFocused(): Promise<void> {
    await untilTrue(
      async () => (await editor().keyboard.focused())?.name === "Question",
      "the keyboard in the question's field",
    );
  }

  /** The part is still there to read; what was on its way to the page already may follow it. */
  async function expectKept(part: string, state: "failed" | "stopped"): Promise<void> {
    const { answer } = await chat().untilLast(1, state);
    assert.ok(answer.startsWith(part.trim()), `"${answer}" after "${part}"`);
    await chat().turns.last().getByText(answer, { exact: true }).waitFor();
  }

  /** Asks, and leaves the engine standing still with a part of the answer on the page. @returns that part */
  async function untilTextStreams(pid: number): Promise<string> {
    let part = "";
    await chat().ask(PLACE);
    await editor().stepEngine(pid, {
      isSeen: async () => {
        const turn = (await chat().shown()).at(-1);
        part = turn?.state === "streaming" ? turn.answer : "";
        // Where the machine is busy, a moment can last until the end of the answer.
        if (turn?.state === "done") await chat().lastButton("Ask Again").click();
        return part !== "";
      },
      what: "text that streams",
    });
    return part;
  }

  it("answers a question about a picture that was right-clicked", async () => {
    await editor().explorer.row("pictures").click();
    await editor().explorer.choose("red-circle.png", ASK);
    // Nothing is clicked: the keyboard is already in the field.
    await chat().picture("red-circle.png").waitFor();
    await untilQuestionIsFocused();
    await editor().keyboard.type(COLOR);
    await editor().keyboard.press("Enter");
    const turn = await chat().untilLast(1, "done");
    assert.deepEqual(turn, {
      picture: "red-circle.png",
      question: COLOR,
      answer: "red",
      state: "done",
    });
  });

  it("answers a follow-up about the same picture", async () => {
    await chat().ask(COUNT);
    assert.equal((await chat().untilLast(2, "done")).answer, "one");
  });

  it("asks a suggested question at a click, and does not suggest it again", async () => {
    const suggestion = chat().suggestions.first();
    const question = await suggestion.innerText();
    await suggestion.click();
    const turn = await chat().untilLast(3, "done");
    assert.equal(turn.question, question);
    assert.notEqual(turn.answer, "");
    await chat().suggestions.first().waitFor();
    assert.ok(!(await chat().suggestions.allInnerTexts()).includes(question));
  });

  it("asks about each of several pictures that were selected", async () => {
    await askAbout("red-circle.png", "two-stars.png");
    await chat().ask("how many stars are there?");
    await chat().untilLast(2, "done");
    assert.deepEqual(
      (await chat().shown()).map(({ picture, answer }) => [picture, answer]),
      [
        ["red-circle.png", "zero"],
        ["two-stars.png", "two"],
      ],
    );
  });

  it("stops at once, and answers the next question", async () => {
    await askAbout("red-circle.png");
    await editor().whileEngineStandsStill(async () => {
      await chat().ask(COLOR);
      await chat().untilLast(1, "waiting");
      await chat().untilEngineIsBusy();
      // An engine that stands still says nothing, and the seconds pass all the same.
      await chat()
        .waiting.getByText(/^Looking at the picture… \d+ s$/)
        .waitFor();
      await chat().stop.click();
      await chat().untilLast(1, "stopped");
      await chat().turns.last().getByText("Stopped").waitFor();
    });
    await chat().ask(COLOR);
    assert.equal((await chat().untilLast(2, "done")).answer, "red");
  });

  it("keeps the text that came before Stop, and answers the next question", async () => {
    await askAbout("four-shapes.png");
    await editor().whileEngineStandsStill(async (pid) => {
      const part = await untilTextStreams(pid);
      await chat().stop.click();
      await expectKept(part, "stopped");
      await chat().turns.last().getByText("Stopped").waitFor();
    });
    await chat().ask(PLACE);
    assert.equal((await chat().untilLast(2, "done")).answer, "a pink square");
  });

  it("keeps the text that came before the end of its engine, and answers the next question", async () => {
    await askAbout("four-shapes.png");
    await editor().whileEngineStandsStill(async (pid) => {
      const part = await untilTextStreams(pid);
      process.kill(pid, "SIGKILL");
      await expectKept(part, "failed");
    });
    await chat()
      .turns.last()
      .getByText(/engine/i)
      .first()
      .waitFor();
    await chat().ask(PLACE);
    assert.equal((await chat().untilLast(2, "done")).answer, "a pink square");
  });

  it("survives the end of its engine in the middle of an answer, with one message", async () => {
    await askAbout("red-circle.png");
    let ended = 0;
    await editor().whileEngineStandsStill(async (pid) => {
      await chat().ask(COLOR);
      await chat().untilLast(1, "waiting");
      await chat().untilEngineIsBusy();
      process.kill(pid, "SIGKILL");
      ended = pid;
      await chat().untilLast(1, "failed");
    });
    await chat()
      .turns.last()
      .getByText(/engine/i)
      .first()
      .waitFor();
    assert.deepEqual(await editor().messages.notificationTexts(), []);
    await chat().lastButton("Ask Again").click();
    assert.equal((await chat().untilLast(1, "done")).answer, "red");
    assert.notEqual(editor().enginePid(), ended);
  });

  it("copies an answer", async () => {
    await chat().lastButton("Copy").click();
    await editor().untilCopied("red");
    await chat().lastButton("Copied").waitFor();
  });

  it("copies every answer of the conversation, for a spreadsheet", async () => {
    const turns = (await chat().shown()).map(
      ({ picture, question, answer }) => `${picture}\t${question}\t${answer}`,
    );
    assert.ok(turns.length > 0);
    await editor().runCommand("Sightline: Copy All Answers");
    await editor().untilCopied(turns.join("\n"));
  });

  it("inserts an answer at the cursor of the document that was written in", async () => {
    await editor().text.openAt("notes.txt", ".");
    await chat().lastButton("Insert at Cursor").click();
    await editor().text.untilChanged();
    assert.equal(await editor().text.savedText("notes.txt"), "The circle is red.\n");
  });

  it("begins anew, and goes back to an earlier conversation", async () => {
    await askAbout("two-stars.png");
    await chat().ask("how many stars are there?");
    assert.equal((await chat().untilLast(1, "done")).answer, "two");
    await editor().runCommand("Sightline: Show History");
    await chat().conversations.first().waitFor();
    const titles = await chat().conversations.locator(".conversation-title").allInnerTexts();
    assert.match(titles[0] ?? "", /^how many stars are there\? .* two-stars\.png$/);
    assert.match(titles.at(-1) ?? "", /^what color is the circle\? .* red-circle\.png$/);
    await chat().conversations.last().locator("button").first().click();
    await chat().untilLast(3, "done");
    await chat().ask("is there a red circle?");
    assert.equal((await chat().untilLast(4, "done")).answer, "yes");
  });

  it("has its conversation again after the window was reloaded, and goes on with it", async () => {
    const before = await chat().shown();
    await editor().reload();
    await editor().runCommand("Sightline: Open Chat");
    await chat().untilLast(before.length, "done");
    assert.deepEqual(await chat().shown(), before);
    await chat().ask(COUNT);
    assert.equal((await chat().untilLast(before.length + 1, "done")).answer, "one");
  });

  it("asks with a key about the picture whose tab has the keyboard", async () => {
    const { explorer, keyboard } = editor();
    await editor().runCommand("Sightline: New Conversation");
    await chat().turns.first().waitFor({ state: "detached" });
    await editor().runCommand("View: Show Explorer");
    await explorer.untilFocused();
    await explorer.openPicture("four-shapes.png", "320x320");
    await keyboard.press("Shift+Alt+q");
    await chat().picture("four-shapes.png").waitFor();
    await untilQuestionIsFocused();
    await keyboard.type(PLACE);
    await keyboard.press("Enter");
    assert.equal((await chat().untilLast(1, "done")).answer, "a pink square");
  });
});
