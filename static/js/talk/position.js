/** Where a client stands in the log of one room: which event is the next, which it has, and which shows a gap. */
export class Position {
    #gap = null; // the first number after a hole
    #asked = null; // the same, once the server has begun again from before the hole

    /** @param {{since?: number, epoch?: string}} [from] the last number that is known, and of which log */
    constructor({ since, epoch } = {}) {
        this.last = since ?? null;
        this.epoch = epoch ?? null;
    }

    /** @param {string} room @returns what to ask of the server to go on from here */
    wish(room) {
        return this.last === null ? { room } : { room, since: this.last, epoch: this.epoch };
    }

    /** The server begins anew, after `last` if it can. */
    begin(epoch) {
        this.epoch = epoch;
        this.#asked = this.#gap;
        this.#gap = null;
    }

    /**
     * @param {number} seq
     * @returns {"next" | "known" | "gap"} only what is `next` may be shown
     */
    judge(seq) {
        if (this.last !== null && seq <= this.last) return "known";
        if (this.last !== null && seq > this.last + 1 && seq !== this.#asked) {
            this.#gap ??= seq;
            return "gap";
        }
        this.jump(seq, this.epoch); // the same hole again: what was there is not for this person
        return "next";
    }

    /** Go on from there; what was before is read anew. */
    jump(seq, epoch) {
        this.last = seq;
        this.epoch = epoch;
        this.#gap = this.#asked = null;
    }
}
