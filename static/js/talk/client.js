/**
 * The reference client of `/v1/ws`: what docs/realtime.md asks of a good one.
 *
 *     const session = new Session();
 *     await session.signIn("buyer", "correct horse");
 *     const client = new TalkClient(session, { person: me.id });
 *     client.addEventListener("event", ({ detail }) => show(detail));
 *     client.start();
 *     client.follow(room.id, { since: room.last_seq, epoch: room.epoch });
 *     client.send(room.id, "hola");
 *
 * Events, each with its facts in `detail`:
 *
 * | Event        | Means |
 * |--------------|-------|
 * | `state`      | the line: `connecting`, `up`, `waiting` (`ms`), `ended` (`reason`) |
 * | `event`      | of a room's log: in order, once each, without gaps |
 * | `reset`      | `room`: forget what you show of it and read it anew over HTTP; events go on after `last_seq` |
 * | `followed`   | `room`, `last_seq`, `resumed` |
 * | `unfollowed` | `room`, `reason`: nothing more of it comes |
 * | `ack`        | a message of ours is stored: `client_id`, `room`, `content` |
 * | `refused`    | it never will be as it is: `client_id`, `room`, `code`; see `retry` and `discard` |
 * | `passing`    | `typing`, `read`, `delivered`, `user_joined`, `user_left`, `users_online`, `marked` |
 * | `own`        | of oneself: `notification`, `unread`, `order.changed`, `room.activity` |
 * | `problem`    | any other `error` frame |
 */
import { Line } from "./line.js";
import { LogReader } from "./log_reader.js";
import { SendQueue } from "./queue.js";
import { Sender } from "./sender.js";

const MOST_ROOMS = 100;
const TYPING_MS = 3_000;
const READ_MS = 1_000;
const PASSING = new Set([
    ...["typing", "read", "delivered", "user_joined", "user_left", "users_online", "marked", "marked_delivered"],
]);
const OWN = new Set(["notification", "unread", "order.changed", "room.activity"]);

export class TalkClient extends EventTarget {
    #line;
    #sender;
    #session;
    /** @type {Map<string, LogReader>} */
    #rooms = new Map();
    #reads = new Map(); // room → the number that is not known to be marked yet
    #readTimers = new Map();
    #typed = new Map();

    /** @param {import("./session.js").Session} session @param {{person: string}} options the id of who is signed in */
    constructor(session, { person }) {
        super();
        this.person = person;
        this.#session = session;
        this.#line = new Line(session);
        this.#sender = new Sender(new SendQueue(person), { say: this.#say, tell: this.#tell });
        this.#line.addEventListener("state", ({ detail }) => this.#turned(detail));
        this.#line.addEventListener("frame", ({ detail }) => this.#heard(detail));
    }

    get isUp() {
        return this.#line.isUp;
    }

    start() {
        this.#line.start();
    }

    stop() {
        this.#line.stop();
    }

    /** @param {string} room @param {{since?: number, epoch?: string}} [from] without it the last 50 events come */
    follow(room, from = {}) {
        if (!this.#rooms.has(room) && this.#rooms.size >= MOST_ROOMS) throw new RangeError("Too many rooms");
        const page = (id, since) => this.#session.ask("GET", `/v1/rooms/${id}/events?since=${since}`);
        const reader = new LogReader(room, from, { say: this.#say, tell: this.#tell, page, drop: this.#line.drop });
        this.#rooms.set(room, reader);
        if (this.isUp) reader.ask();
    }

    unfollow(room) {
        if (this.#rooms.delete(room)) this.#say({ type: "unsubscribe", room });
    }

    /** Kept until it is acknowledged, also over a reload. Throws when it cannot even be kept. */
    send(room, content) {
        return this.#sender.send(room, content);
    }

    /** What of ours is not stored yet, in order; `problem` is the code of a refusal. */
    unsent(room) {
        return this.#sender.queue.of(room);
    }

    retry(clientId) {
        this.#sender.retry(clientId);
    }

    discard(clientId) {
        return this.#sender.queue.remove(clientId);
    }

    /** Call it at every key: it is said every three seconds at most. */
    typing(room, isTyping = true) {
        const now = Date.now();
        const before = this.#typed.get(room) ?? 0;
        if (isTyping ? now - before < TYPING_MS : before === 0) return;
        this.#typed.set(room, isTyping ? now : 0);
        this.#say({ type: "typing", room, is_typing: isTyping });
    }

    /** Everything up to `seq` was read. Said once a second at most, and again after a return until it is marked. */
    read(room, seq) {
        if (seq <= (this.#reads.get(room) ?? 0)) return;
        this.#reads.set(room, seq);
        if (this.#readTimers.has(room)) return;
        this.#readTimers.set(room, setTimeout(() => this.#mark(room), READ_MS));
    }

    #mark(room) {
        this.#readTimers.delete(room);
        if (this.#reads.has(room)) this.#say({ type: "read", room, seq: this.#reads.get(room) });
    }

    usersOnline(room) {
        this.#say({ type: "users_online", room });
    }

    #turned(detail) {
        if (detail.state === "up") {
            const rooms = [...this.#rooms.values()].map((reader) => reader.wish());
            if (rooms.length > 0) this.#say({ type: "resume", rooms });
            this.#sender.up();
            for (const room of this.#reads.keys()) this.#mark(room);
        } else {
            this.#sender.down();
        }
        this.#tell("state", detail);
    }

    #heard(frame) {
        const reader = this.#rooms.get(frame.room);
        if ("at" in frame && "seq" in frame) return this.#event(frame);
        if (PASSING.has(frame.type)) return this.#passed(frame);
        if (OWN.has(frame.type)) return this.#tell("own", frame);
        switch (frame.type) {
            case "events":
                return frame.events.forEach((event) => this.#event(event));
            case "subscribed":
                return reader?.subscribed(frame);
            case "resync":
                return reader?.resync(frame);
            case "unsubscribed":
                return frame.reason === "asked" ? undefined : this.#lost(frame.room, frame.reason);
            case "ack":
                return this.#sender.stored(frame.client_id, { seq: frame.seq, id: frame.id });
            case "pong":
                return this.#compare(frame.rooms);
            case "error":
                return this.#failed(frame, reader);
        }
    }

    #compare(seqs) {
        for (const [room, reader] of this.#rooms) {
            if (room in seqs) reader.compare(seqs[room] ?? 0);
            else reader.unknown();
        }
    }

    #event(frame) {
        const said = frame.message;
        if (said?.client_id && said.sender_id === this.person) this.#sender.stored(said.client_id, { seq: said.seq, id: said.id });
        this.#rooms.get(frame.room)?.take(frame);
    }

    #passed(frame) {
        if (frame.type === "marked" && frame.seq >= (this.#reads.get(frame.room) ?? 0)) this.#reads.delete(frame.room);
        this.#tell("passing", frame);
    }

    #failed(frame, reader) {
        if ("client_id" in frame) this.#sender.refused(frame);
        else if (reader?.refused(frame.code)) this.#lost(frame.room, frame.code);
        else this.#tell("problem", frame);
    }

    #lost(room, reason) {
        if (this.#rooms.delete(room)) this.#tell("unfollowed", { room, reason });
    }

    #say = (frame) => this.#line.say(frame);

    #tell = (type, detail) => this.dispatchEvent(new CustomEvent(type, { detail }));
}
