// Files that are to be loaded, sent in parts: a part that does not arrive is sent again, what arrived is not.

import { call } from "../api.js";
import { readBase64 } from "../base64.js";

const TRIES = 5;
const PAUSE_MS = 1500;

const pause = () => new Promise((resolve) => { setTimeout(resolve, PAUSE_MS); });

async function sendPart(body, signal) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call("job_upload", body, { signal });
    } catch (error) {
      // the answer may be what was lost: the service says how far the file is
      if (error.details?.problem === "upload_gap") return { upload: body.upload, size: error.details.size };
      if (signal.aborted || tries === TRIES || (error.status !== 0 && error.status < 429)) throw error;
      await pause();
    }
  }
}

/** Sends files; gives the id of the load. `onprogress(share)` from 0 to 1. */
export async function sendFiles(files, { partBytes, signal, onprogress }) {
  const total = files.reduce((sum, file) => sum + file.size, 0);
  let [upload, before] = [null, 0];
  for (const file of files) {
    let offset = 0;
    do {
      const content = file.size ? await readBase64(file.slice(offset, offset + partBytes)) : "";
      const body = { file_name: file.name, offset, content, ...(upload ? { upload } : {}) };
      const sent = await sendPart(body, signal);
      upload = sent.upload;
      offset = sent.size;
      onprogress(total ? (before + offset) / total : 1);
    } while (offset < file.size);
    before += file.size;
  }
  return upload;
}
