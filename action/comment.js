// One comment on a pull request, however often the workflow runs: written when something is found, edited when that
// changes, deleted when nothing is found any more.
"use strict";

/** What GitHub gives at once, and how many such pages are looked through. */
const PER_PAGE = 100;
const MAX_PAGES = 30;
const MAX_TRIES = 3;
/** A step that waits longer costs more than a comment is worth. */
const MAX_WAIT_S = 60;
const LIMIT_MS = 30_000;
/** Anybody can write what looks like the step's comment; of these nobody would. */
const TRUSTED = new Set(["OWNER", "MEMBER", "COLLABORATOR"]);

/** The token may not do it, and will not be allowed to by asking again. */
class Refused extends Error {}

/** Asking again may help. */
class Passing extends Error {
  constructor(message, waitS) {
    super(message);
    this.waitS = waitS;
  }
}

/**
 * @param place `api`, `repository`, `number` of the pull request, `token`, and `mark`, by which the step knows its
 * comment again.
 * @param body undefined where nothing is to be said.
 * @returns undefined, or one sentence that says why there is no comment.
 */
async function keepComment(place, body) {
  for (let tries = 1; ; tries++) {
    try {
      // After a failure nobody knows what was written, so that everything is looked up anew.
      await bringUpToDate(place, body);
      return undefined;
    } catch (thrown) {
      if (thrown instanceof Refused) {
        return `There is no comment on the pull request, because this run's token may not write one (${thrown.message}): runs for forks may not, and others need the permission "pull-requests: write".`;
      }
      const waitS = thrown instanceof Passing ? thrown.waitS : Infinity;
      if (tries === MAX_TRIES || waitS > MAX_WAIT_S) {
        return `There is no new comment on the pull request: ${thrown.message}.`;
      }
      await new Promise((resolve) => setTimeout(resolve, waitS * 1000));
    }
  }
}

async function bringUpToDate(place, body) {
  const text = body === undefined ? undefined : `${place.mark}\n${body}`;
  const [first, ...others] = await ownComments(place);
  const repository = `/repos/${place.repository}/issues`;
  const change = (method, { id }, content) =>
    ask(place, method, `${repository}/comments/${id}`, content);
  for (const other of others) await change("DELETE", other);
  if (text === undefined) {
    if (first !== undefined) await change("DELETE", first);
  } else if (first === undefined) {
    await ask(place, "POST", `${repository}/${place.number}/comments`, { body: text });
  } else if (first.body.replaceAll("\r\n", "\n").trim() !== text.trim()) {
    await change("PATCH", first, { body: text });
  }
}

/** The oldest first. There is more than one where two runs overlapped. */
async function ownComments(place) {
  const found = [];
  for (let page = 1; page <= MAX_PAGES; page++) {
    const list = await ask(
      place,
      "GET",
      `/repos/${place.repository}/issues/${place.number}/comments?per_page=${PER_PAGE}&page=${page}`,
    );
    found.push(...list.filter((comment) => isOwn(comment, place)));
    if (list.length < PER_PAGE) break;
  }
  return found;
}

function isOwn({ body, user, author_association: role }, { mark }) {
  const isTrusted = user?.type === "Bot" || TRUSTED.has(role);
  return isTrusted && typeof body === "string" && body.startsWith(mark);
}

async function ask({ api, token }, method, path, content) {
  let response;
  try {
    response = await fetch(`${api}${path}`, {
      method,
      headers: {
        accept: "application/vnd.github+json",
        authorization: `Bearer ${token}`,
        "user-agent": "sightline-action",
        "x-github-api-version": "2022-11-28",
        ...(content === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(content === undefined ? {} : { body: JSON.stringify(content) }),
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    const text = await response.text();
    if (response.ok) return text === "" ? undefined : JSON.parse(text);
  } catch (thrown) {
    const reason = thrown.cause?.message ?? thrown.message;
    throw new Passing(`GitHub could not be asked (${reason})`, 1);
  }
  throw failureOf(response, method);
}

/** What an answer that is no success means. */
function failureOf({ status, headers }, method) {
  const said = `GitHub answered ${status} to ${method}`;
  const after = Number(headers.get("retry-after") ?? NaN);
  const isLimited =
    status === 429 ||
    (status === 403 && (headers.get("x-ratelimit-remaining") === "0" || !Number.isNaN(after)));
  if (isLimited) {
    const reset = Number(headers.get("x-ratelimit-reset") ?? NaN) - Date.now() / 1000;
    const waitS = [after, reset, MAX_WAIT_S].find((each) => !Number.isNaN(each));
    return new Passing(`${said}, because it was asked too often`, Math.max(0, waitS));
  }
  if (status >= 500) return new Passing(said, Number.isNaN(after) ? 1 : after);
  // Somebody deleted the comment in the meantime.
  if (status === 404 && method !== "GET" && method !== "POST") return new Passing(said, 0);
  return [401, 403, 404].includes(status) ? new Refused(said) : new Error(said);
}

module.exports = { keepComment };
