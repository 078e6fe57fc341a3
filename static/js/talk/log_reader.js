/** One room as it is followed: events in order, each once, whatever the line does; holes are read again. */
import { Position } from "./position.js";

const BEHIND_MS = 2_000;
const TRY_AGAIN_MS = 2_000;
const MOST_PAGED = 2_000; // further behind than that, what is shown is read anew
const MOST_HELD = 1_000;
const PASSING_TROUBLE = new Set(["unavailable", "server_error", "rate_limited"]);

export class LogReader {
    #isAsking = false;
    #held = null; // what comes while older pages are read over HTTP
    #hasDropped = false;
    #reading = 0;

    /**
     * @param {string} room
     * @param {{since?: number, epoch?: string}} from
     * @param {{say: Function, page: Function, tell: Function, drop: Function}} ways `page(room, since)` reads over HTTP
     */
    constructor(room, from, ways) {
        this.room = room;
        this.position = new Position(from);
        this.ways = ways;
    }

    /** @returns a `resume` entry, when the line is up again */
    wish() {
        this.#reading += 1;
        this.#held = null;
        this.#isAsking = true;
        return this.position.wish(this.room);
    }

    ask() {
        if (!this.#isAsking) this.ways.say({ type: "subscribe", ...this.wish() });
    }

    subscribed({ epoch, last_seq, resumed }) {
        this.#isAsking = false;
        this.position.begin(epoch);
        this.ways.tell("followed", { room: this.room, last_seq, resumed });
    }

    /** @param {{seq: number}} event */
    take(event) {
        if (this.#held !== null) return this.#hold(event);
        const verdict = this.position.judge(event.seq);
        if (verdict === "next") this.ways.tell("event", event);
        if (verdict === "gap") this.ask();
    }

    #hold(event) {
        if (this.#held.length < MOST_HELD) this.#held.push(event);
        else this.#hasDropped = true;
    }

    /** What we have and what comes from here on do not join. */
    async resync({ reason, last_seq, epoch }) {
        const isFar = this.position.last === null || last_seq - this.position.last > MOST_PAGED;
        if (reason === "too_far" && !isFar) return this.#readPages(last_seq);
        this.position.jump(last_seq, epoch ?? this.position.epoch);
        this.ways.tell("reset", { room: this.room, reason, last_seq });
    }

    async #readPages(last) {
        const reading = ++this.#reading;
        this.#held = [];
        this.#hasDropped = false;
        try {
            for (let since = this.position.last; since < last; ) {
                const { events } = await this.ways.page(this.room, since);
                if (reading !== this.#reading) return;
                if (events.length === 0) break;
                this.#takePage(events);
                since = events.at(-1).seq;
            }
        } catch {
            if (reading === this.#reading) this.ways.drop();
            return;
        }
        const held = this.#held;
        this.#held = null;
        for (const event of held) this.take(event);
        if (this.#hasDropped) this.ask();
    }

    /** A page has no holes but those before what this person may see. */
    #takePage(events) {
        if (events[0].seq > this.position.last + 1) this.position.jump(events[0].seq - 1, this.position.epoch);
        for (const event of events) if (this.position.judge(event.seq) === "next") this.ways.tell("event", event);
    }

    /** The server says how far the log goes. What is on its way has two seconds to arrive. */
    compare(seq) {
        if (this.position.last === null || seq <= this.position.last) return;
        setTimeout(() => {
            if (this.#held === null && seq > this.position.last) this.ask();
        }, BEHIND_MS);
    }

    /** The server does not know that we follow this room; or our asking is still on its way, and asking again harmless. */
    unknown() {
        this.#isAsking = false;
        this.ask();
    }

    /** @returns {boolean} it was the answer to our asking, and waiting does not mend it: this room is lost */
    refused(code) {
        if (!PASSING_TROUBLE.has(code)) return this.#isAsking;
        this.#isAsking = false; // also what was already confirmed may have come to nothing
        setTimeout(() => this.ask(), TRY_AGAIN_MS);
        return false;
    }
}
