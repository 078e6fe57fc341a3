/** How long to wait before the next try: anything from nothing to a bound that doubles, so that a crowd spreads out. */
export class Backoff {
    #tries = 0;

    /** @param {{min?: number, max?: number}} [bounds] milliseconds, as `welcome` names them */
    constructor({ min = 500, max = 20_000 } = {}) {
        this.bounds = { min, max };
    }

    /** @returns {number} milliseconds */
    next() {
        const bound = Math.min(this.bounds.max, this.bounds.min * 2 ** this.#tries);
        this.#tries += 1;
        return Math.random() * bound;
    }

    reset() {
        this.#tries = 0;
    }
}
