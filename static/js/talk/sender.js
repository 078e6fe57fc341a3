/**
 * Sends what waits, one message of a room at a time, so that their order survives a refusal; again after every return
 * of the line, with the same `client_id`, until it is acknowledged.
 */
const APART_MS = 100; // half of what a socket may say, so that there is room for marks and typing
const PASSING_TROUBLE = new Set(["unavailable", "server_error", "rate_limited", "slow_mode"]);

export class Sender {
    #underway = new Map(); // room → client_id
    #timers = new Map();
    #saidAt = 0;

    /** @param {import("./queue.js").SendQueue} queue @param {{say: Function, tell: Function}} ways */
    constructor(queue, ways) {
        this.queue = queue;
        this.ways = ways;
    }

    send(room, content) {
        const item = this.queue.add(room, content);
        this.#flush(room);
        return item;
    }

    retry(clientId) {
        this.queue.mark(clientId, null);
        this.up();
    }

    /** The line is there. */
    up() {
        for (const room of this.queue.rooms) this.#flush(room);
    }

    /** Whatever was said last may have been heard or not. */
    down() {
        this.#underway.clear();
        for (const timer of this.#timers.values()) clearTimeout(timer);
        this.#timers.clear();
    }

    #flush(room) {
        const item = this.queue.next(room);
        if (item === undefined || this.#underway.has(room)) return;
        const early = this.#saidAt + APART_MS - Date.now();
        if (early > 0) return this.#later(room, early, () => this.#flush(room));
        const { client_id, content } = item;
        if (!this.ways.say({ type: "send", room, client_id, content })) return;
        this.#underway.set(room, client_id);
        this.#saidAt = Date.now();
    }

    #later(room, ms, then) {
        clearTimeout(this.#timers.get(room));
        this.#timers.set(room, setTimeout(then, ms));
    }

    /** By `ack`, or because the message itself came by. */
    stored(clientId, facts) {
        const item = this.queue.remove(clientId);
        if (item === undefined) return;
        this.ways.tell("ack", { ...item, ...facts });
        this.#goOn(item.room, clientId);
    }

    refused({ client_id: clientId, room, code, retry_after: wait }) {
        if (this.#underway.get(room) !== clientId) return;
        if (PASSING_TROUBLE.has(code)) {
            return this.#later(room, (wait ?? 1) * 1_000, () => this.#goOn(room, clientId));
        }
        this.queue.mark(clientId, code);
        this.ways.tell("refused", { room, client_id: clientId, code });
        this.#goOn(room, clientId);
    }

    #goOn(room, clientId) {
        if (this.#underway.get(room) === clientId) this.#underway.delete(room);
        this.#flush(room);
    }
}
