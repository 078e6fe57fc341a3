/**
 * One connection to `/v1/ws` that comes back by itself: ticket, heartbeat, full-jitter wait, a new token when the old
 * one ends. It knows nothing of rooms and messages.
 *
 * Events: `state` (`detail.state`: `connecting`, `up`, `waiting` with `ms`, `ended` with `reason`) and `frame`
 * (`detail`: what the server said).
 */
import { Backoff } from "./backoff.js";
import { SignedOut } from "./session.js";

const HEALTHY_MS = 30_000;
const WELCOME_MS = 10_000;
const PONG_MS = 10_000;
const TOO_FAST = 4029;
const TOKEN_ENDED = 4401;
const NOT_SIGNED_IN = 4501;
const FINAL = new Map([
    [1003, "client-error"],
    [1007, "client-error"],
    [1009, "client-error"],
    [4500, "client-error"],
    [4503, "disabled"],
    [4504, "replaced"],
]);

export class Line extends EventTarget {
    #session;
    #backoff = new Backoff();
    #socket = null;
    #turn = 0; // what was begun in an earlier one is nobody's business any more
    #upSince = 0;
    #least = 0; // milliseconds that the server asked us to stay away
    #retryAfter = 1_000; // as the last error said; it counts if that closes the line
    #mustRenew = false;
    #hasRenewed = false;
    #isWanted = false;
    #timers = { next: 0, deadline: 0, beat: 0 };

    /** @param {import("./session.js").Session} session */
    constructor(session) {
        super();
        this.#session = session;
    }

    get isUp() {
        return this.#upSince > 0;
    }

    start() {
        if (this.#isWanted) return;
        this.#isWanted = true;
        addEventListener("online", this.#hurry);
        addEventListener("offline", this.drop);
        this.#open();
    }

    stop(reason = "stopped") {
        if (!this.#isWanted) return;
        this.#isWanted = false;
        removeEventListener("online", this.#hurry);
        removeEventListener("offline", this.drop);
        this.#letGo();
        this.#tell("state", { state: "ended", reason });
    }

    /** @returns {boolean} false: nobody is there to hear it */
    say(frame) {
        if (!this.isUp) return false;
        this.#socket.send(JSON.stringify(frame));
        return true;
    }

    /** Begins anew, after a wait: also when the other side has fallen silent and no close will ever come. */
    drop = () => {
        if (this.#isWanted) this.#closed(1006);
    };

    #hurry = () => {
        if (!this.isUp && this.#socket === null) this.#open();
    };

    async #open() {
        this.#letGo();
        const turn = this.#turn;
        this.#tell("state", { state: "connecting" });
        try {
            if (this.#mustRenew) await this.#renew();
            const { ticket } = await this.#session.ask("POST", "/v1/ws/ticket");
            if (turn === this.#turn) this.#connect(ticket);
        } catch (error) {
            if (turn !== this.#turn) return;
            if (error instanceof SignedOut) this.stop("signed-out");
            else this.#wait((error.retryAfter ?? 0) * 1_000);
        }
    }

    async #renew() {
        await this.#session.renew();
        this.#mustRenew = false;
        this.#hasRenewed = true;
    }

    #connect(ticket) {
        const address = `${this.#session.base.replace(/^http/, "ws")}/v1/ws?ticket=${encodeURIComponent(ticket)}`;
        const socket = new WebSocket(address);
        socket.onmessage = ({ data }) => this.#heard(JSON.parse(data));
        socket.onclose = ({ code }) => this.#closed(code);
        this.#socket = socket;
        this.#timers.deadline = setTimeout(this.drop, WELCOME_MS);
    }

    #heard(frame) {
        switch (frame.type) {
            case "welcome":
                this.#welcomed(frame);
                break;
            case "pong":
                clearTimeout(this.#timers.deadline);
                break;
            case "server_restart":
                this.#least = frame.retry_after_ms;
                break;
            case "token_expiring":
                this.#stayOn();
                break;
            case "error":
                this.#retryAfter = (frame.retry_after ?? 1) * 1_000;
                break;
        }
        this.#tell("frame", frame);
    }

    #welcomed(frame) {
        clearTimeout(this.#timers.deadline);
        this.#upSince = Date.now();
        this.#hasRenewed = false;
        this.#least = 0;
        this.#backoff.bounds = frame.reconnect;
        this.#timers.beat = setInterval(() => this.#beat(), frame.heartbeat * 1_000);
        this.#tell("state", { state: "up" });
    }

    #beat() {
        clearTimeout(this.#timers.deadline);
        this.#timers.deadline = setTimeout(this.drop, PONG_MS);
        this.say({ type: "ping" });
    }

    /** A new token in place. Without one, 4401 comes in its time and we try again. */
    async #stayOn() {
        const turn = this.#turn;
        try {
            await this.#session.renew();
            if (turn === this.#turn) this.say({ type: "auth.refresh", token: this.#session.token });
        } catch (error) {
            if (error instanceof SignedOut && turn === this.#turn) this.stop("signed-out");
        }
    }

    #closed(code) {
        if (this.isUp && Date.now() - this.#upSince > HEALTHY_MS) this.#backoff.reset();
        if (FINAL.has(code)) return this.stop(FINAL.get(code));
        if (code === NOT_SIGNED_IN && this.#hasRenewed) return this.stop("signed-out");
        if (code === TOKEN_ENDED || code === NOT_SIGNED_IN) this.#mustRenew = true;
        this.#wait(code === TOO_FAST ? this.#retryAfter : 0);
    }

    #wait(least) {
        const ms = Math.max(this.#least, least) + this.#backoff.next();
        this.#least = 0;
        this.#letGo();
        this.#timers.next = setTimeout(() => this.#open(), ms);
        this.#tell("state", { state: "waiting", ms });
    }

    #letGo() {
        this.#turn += 1;
        this.#upSince = 0;
        for (const name of Object.keys(this.#timers)) clearTimeout(this.#timers[name]);
        if (this.#socket === null) return;
        this.#socket.onmessage = this.#socket.onclose = null;
        this.#socket.close();
        this.#socket = null;
    }

    #tell(type, detail) {
        this.dispatchEvent(new CustomEvent(type, { detail }));
    }
}
