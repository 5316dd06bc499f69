// What is sent again because nobody answered goes under the id of the first time: it may have come, and then counts once.

import { newId } from "./kept.js";
import { isPassing } from "./problems.js";

/** What was sent and not answered -> its id; as long as the page lives. */
const unheard = new Map();

/** `work(id)` sends `content`, any JSON; the same content after a failure of the line has the id that it had. */
export async function once(content, work) {
  const what = JSON.stringify(content);
  const id = unheard.get(what) ?? newId();
  unheard.set(what, id);
  try {
    const answer = await work(id);
    unheard.delete(what);
    return answer;
  } catch (error) {
    if (!isPassing(error)) unheard.delete(what);
    throw error;
  }
}
