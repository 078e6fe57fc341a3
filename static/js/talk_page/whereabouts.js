/** Whether the other one is here now, or when they last were: in a room of two. Of more, nothing is said. */
import { when, word } from "./words.js";

const SAID_BY = new Set(["user_joined", "user_left", "users_online"]);

export class Whereabouts {
    #asking = 0;
    #isHere = false;
    #version = null; // of what the server has told; a jump means that something was not heard

    /**
     * @param {HTMLElement} place
     * @param {import("../talk/session.js").Session} session
     * @param {import("../talk/client.js").TalkClient} client
     * @param {{id: string, participants: {user_id: string}[]}} room
     */
    constructor(place, session, client, room) {
        Object.assign(this, { place, session, client, room });
        const others = room.participants.map((each) => each.user_id).filter((id) => id !== client.person);
        this.other = others.length === 1 ? others[0] : null;
    }

    passing(frame) {
        if (this.other === null || !SAID_BY.has(frame.type)) return;
        const isWhole = frame.type === "users_online";
        if (!isWhole && this.#version !== null && frame.v > this.#version + 1) this.client.usersOnline(this.room.id);
        this.#version = frame.v;
        if (isWhole) this.#turned((frame.users ?? []).some((user) => user.id === this.other));
        else if (frame.type === "user_joined" && frame.user.id === this.other) this.#turned(true);
        else if (frame.type === "user_left" && frame.user_id === this.other) this.#turned(false);
    }

    #turned(isHere) {
        const wasHere = this.#isHere;
        this.#isHere = isHere;
        if (isHere) this.#say("here_now");
        else this.#lastSeen(wasHere ? new Date().toISOString() : "");
    }

    /** What is not known, or kept to themselves, is not said. What the server has written may be a minute old. */
    async #lastSeen(justNow) {
        const turn = ++this.#asking;
        if (justNow !== "") this.place.textContent = "";
        const members = await this.session.ask("GET", `/v1/rooms/${this.room.id}/members`).catch(() => []);
        const at = members.find((each) => each.user_id === this.other)?.last_seen_at ?? null;
        if (turn !== this.#asking) return;
        if (at === null) this.place.textContent = "";
        else this.#say("last_seen", { when: when(at > justNow ? at : justNow) });
    }

    #say(name, facts) {
        this.#asking++;
        this.place.textContent = word(name, facts);
    }

    /** Without a connection nothing is known; after it, `users_online` is asked for. */
    unknown() {
        this.#asking++;
        this.#isHere = false;
        this.#version = null;
        this.place.textContent = "";
    }

    close() {
        this.unknown();
        this.other = null;
    }
}
