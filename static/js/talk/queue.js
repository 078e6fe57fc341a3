/**
 * What was written and is not acknowledged yet, in the order of writing.
 *
 * It is in sessionStorage rather than in IndexedDB because that is written before `add` returns: a page that dies in
 * the next instant has lost nothing. It belongs to one tab, like the sign-in, so two tabs do not both send it; and if
 * a browser copies it with the tab, the `client_id` still makes it one message.
 */

/** @typedef {{client_id: string, room: string, content: string, at: string, problem: string | null}} Unsent */

const MOST = 200;

export class SendQueue {
    /** @type {Unsent[]} */
    #items;

    /** @param {string} person whose messages: another one who signs in here sends none of them */
    constructor(person, store = sessionStorage) {
        this.store = store;
        this.key = `market.unsent.${person}`;
        this.#items = JSON.parse(store.getItem(this.key) ?? "[]");
    }

    /** @returns {Unsent} throws when it cannot be kept: then nothing was accepted */
    add(room, content) {
        if (this.#items.length >= MOST) throw new RangeError("Too many messages wait to be sent");
        const item = { client_id: newId(), room, content, at: new Date().toISOString(), problem: null };
        this.#keep([...this.#items, item]);
        return item;
    }

    /** @returns {Unsent[]} */
    of(room) {
        return this.#items.filter((item) => item.room === room);
    }

    /** @returns {Unsent | undefined} the next of the room that may go */
    next(room) {
        return this.#items.find((item) => item.room === room && item.problem === null);
    }

    /** @returns {string[]} where something waits */
    get rooms() {
        return [...new Set(this.#items.map((item) => item.room))];
    }

    /** It is stored, or not wanted any more. @returns {Unsent | undefined} */
    remove(clientId) {
        const item = this.#items.find((each) => each.client_id === clientId);
        if (item !== undefined) this.#keep(this.#items.filter((each) => each !== item));
        return item;
    }

    /** @param {string | null} problem the code of a refusal that waiting does not mend; null: try it again */
    mark(clientId, problem) {
        this.#keep(this.#items.map((item) => (item.client_id === clientId ? { ...item, problem } : item)));
    }

    #keep(items) {
        this.store.setItem(this.key, JSON.stringify(items));
        this.#items = items;
    }
}

/** Not `crypto.randomUUID`: a campus server without TLS is no secure context, and has none. */
function newId() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
