/** Whether the other one is here now, or when they last were: in a room of two. Of more, nothing is said. */
import { when, word } from "./words.js";

export class Whereabouts {
    #asking = 0;
    #isHere = null; // until the first word about it

    /**
     * @param {HTMLElement} place
     * @param {import("../talk/session.js").Session} session
     * @param {{id: string, participants: {user_id: string}[]}} room
     * @param {string} self
     */
    constructor(place, session, room, self) {
        Object.assign(this, { place, session, room });
        const others = room.participants.map((each) => each.user_id).filter((id) => id !== self);
        this.other = others.length === 1 ? others[0] : null;
    }

    passing(frame) {
        if (this.other === null) return;
        if (frame.type === "user_joined" && frame.user.id === this.other) this.#turned(true);
        if (frame.type === "user_left" && frame.user_id === this.other) this.#turned(false);
        if (frame.type === "users_online") this.#turned((frame.users ?? []).some((user) => user.id === this.other));
    }

    #turned(isHere) {
        if (isHere === this.#isHere) return;
        this.#isHere = isHere;
        if (isHere) this.#say("here_now");
        else this.#lastSeen();
    }

    /** What is not known, or kept to themselves, is not said. */
    async #lastSeen() {
        const turn = ++this.#asking;
        this.place.textContent = "";
        const members = await this.session.ask("GET", `/v1/rooms/${this.room.id}/members`).catch(() => []);
        const at = members.find((each) => each.user_id === this.other)?.last_seen_at ?? null;
        if (turn === this.#asking && at !== null) this.#say("last_seen", { when: when(at) });
    }

    #say(name, facts) {
        this.#asking++;
        this.place.textContent = word(name, facts);
    }

    close() {
        this.#asking++;
        this.other = null;
        this.place.textContent = "";
    }
}
