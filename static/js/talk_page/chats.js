/** The list of one's chats: what was talked in last stands first. */
import { inShort } from "./saying.js";
import { made, when, word } from "./words.js";

const SOON_MS = 600;

export class Chats {
    #timer = 0;
    #turn = 0; // only the answer to what was asked last is drawn
    #isClosed = false;

    /** @param {HTMLElement} list @param {import("../talk/session.js").Session} session @param {string} person */
    constructor(list, session, person) {
        this.list = list;
        this.session = session;
        this.person = person;
        this.current = "";
        this.rooms = [];
    }

    async load() {
        const turn = ++this.#turn;
        const rooms = await this.session.ask("GET", "/v1/rooms?limit=100");
        if (this.#isClosed || turn !== this.#turn) return;
        this.rooms = rooms;
        this.#draw();
    }

    close() {
        this.#isClosed = true;
        clearTimeout(this.#timer);
        this.list.replaceChildren();
    }

    /** Something was said somewhere; many such words make one question, and no stream of them puts it off for ever. */
    loadSoon() {
        this.#timer ||= setTimeout(() => {
            this.#timer = 0;
            this.load().catch(() => {});
        }, SOON_MS);
    }

    /** @param {string} id */
    mark(id) {
        this.current = id;
        this.#draw();
    }

    unread(id, count) {
        const room = this.rooms.find((each) => each.id === id);
        if (room === undefined || room.unread_count === count) return;
        room.unread_count = count;
        this.#draw();
    }

    titleOf(room) {
        const others = room.participants.filter((each) => each.user_id !== this.person);
        return room.name || others.map((each) => each.user.name || each.user.username).join(", ") || word("chat");
    }

    #draw() {
        const hadFocus = this.list.contains(document.activeElement) ? document.activeElement.hash : null;
        this.list.replaceChildren(...this.rooms.map((room) => this.#row(room)));
        this.list.nextElementSibling.hidden = this.rooms.length > 0;
        if (hadFocus) this.list.querySelector(`a[href="${CSS.escape(hadFocus)}"], a[href="${hadFocus}"]`)?.focus();
    }

    #row(room) {
        const row = made("li", "chat");
        const link = made("a", "");
        link.href = `#${room.id}`;
        if (room.id === this.current) link.setAttribute("aria-current", "true");
        link.append(made("b", "", this.titleOf(room)));
        const last = room.last_message;
        if (last !== null) {
            link.append(made("time", "quiet", when(last.created_at)));
            link.append(made("span", "quiet", inShort(last)));
        }
        if (room.unread_count > 0) {
            const badge = made("span", "badge", String(room.unread_count));
            badge.append(made("span", "unseen", ` ${word("unread")}`));
            link.append(badge);
        }
        row.append(link);
        return row;
    }
}
