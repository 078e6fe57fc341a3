/** What a message says, for who reads it here; its files are named beside it. */
import { knows, word } from "./words.js";

/** Only what was taken back or hidden is gone: a file or a place has no text of its own. */
export function isGone(message) {
    return message.deleted_at !== null || message.is_hidden;
}

/** @param {{message_type: string, content: string | null, facts: object | null}} message */
export function saying(message) {
    const { message_type: type, content, facts } = message;
    if (isGone(message)) return word("gone");
    if (type === "system" && knows(facts?.kind)) return word(facts.kind); // the product speaks the reader's language
    if (content) return content;
    return facts?.latitude === undefined ? "" : word("place", facts);
}

/** In one line. */
export function inShort(message) {
    return saying(message) || message.attachments.map((file) => file.name).join(", ");
}
