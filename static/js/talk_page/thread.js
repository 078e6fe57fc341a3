/** One room on the page: what was said, what is still on its way, and who is doing what right now. */
import { isGone, saying } from "./saying.js";
import { made, when, word } from "./words.js";

const PAGE = 50;
const TYPING_MS = 6_000;

export class Thread {
    #said = new Map(); // id → {message, element}
    #waiting = []; // events that come before the newest page is read
    #loading = 0;
    #typing = 0;
    #typist = "";
    #marked = 0;
    #readUpTo = 0;

    /**
     * @param {Record<"log" | "unsent" | "earlier" | "hint" | "text", HTMLElement>} places
     * @param {import("../talk/client.js").TalkClient} client
     * @param {import("../talk/session.js").Session} session
     * @param {{id: string, participants: {user_id: string, last_read_seq: number}[]}} room
     */
    constructor(places, client, session, room) {
        Object.assign(this, { places, client, session, room });
        this.seenBy(room.participants);
    }

    /** How far the others have read: of what passed by without a connection nobody tells again. */
    seenBy(participants) {
        const others = participants.filter((each) => each.user_id !== this.client.person);
        this.#seen(Math.max(0, ...others.map((each) => each.last_read_seq)));
    }

    get isLoaded() {
        return this.#waiting === null;
    }

    /** What is shown is out of date: `load` it again. */
    forget() {
        this.#waiting ??= [];
    }

    /** The newest page. What happens meanwhile is newer still, and is drawn after it. */
    async load() {
        const turn = ++this.#loading;
        this.#waiting ??= [];
        this.#readOut(false);
        const page = await this.#page("");
        if (turn !== this.#loading) return;
        const events = this.#waiting;
        this.#waiting = null;
        this.#said.clear();
        this.places.log.replaceChildren();
        for (const message of page.items.reverse()) this.#show(message);
        this.places.earlier.hidden = !page.has_more;
        this.#readOut(true);
        for (const event of events) this.take(event);
        this.drawUnsent();
        this.#toEnd();
        this.#markRead();
    }

    async earlier() {
        const turn = this.#loading;
        const first = this.places.log.firstElementChild;
        const page = await this.#page(`&before_seq=${first?.dataset.seq ?? 1}`);
        if (turn !== this.#loading) return;
        const height = this.places.log.parentElement.scrollHeight;
        this.#readOut(false);
        for (const message of page.items.reverse()) this.#show(message);
        this.#readOut(true);
        this.places.earlier.hidden = !page.has_more;
        this.places.log.parentElement.scrollTop += this.places.log.parentElement.scrollHeight - height;
        first?.focus();
    }

    /** What was said long ago is there to be read, and not to be read out by a screen reader. */
    #readOut(isNews) {
        this.places.log.setAttribute("aria-busy", String(!isNews));
    }

    #page(more) {
        return this.session.ask("GET", `/v1/messages?chat_id=${this.room.id}&limit=${PAGE}${more}`);
    }

    take(event) {
        if (this.#waiting !== null) this.#waiting.push(event);
        else if (event.message !== undefined) this.#changed(event);
    }

    #changed({ type, message }) {
        if (type !== "message.created" && !this.#said.has(message.id)) return; // of a page that is not shown
        const isAtEnd = this.#isAtEnd;
        if (type === "message.created" && message.sender_id === this.#typist) this.#forgetTyping(); // it is written
        this.#show(message);
        this.#settled(message);
        if (isAtEnd || message.sender_id === this.client.person) this.#toEnd();
        this.#markRead();
    }

    #show(message) {
        const element = this.#drawn(message);
        const known = this.#said.get(message.id);
        this.#said.set(message.id, { message, element });
        if (known !== undefined) return known.element.replaceWith(element);
        const after = [...this.places.log.children].reverse().find((each) => Number(each.dataset.seq) < message.seq);
        if (after === undefined) this.places.log.prepend(element);
        else after.after(element);
    }

    #drawn(message) {
        const isOwn = message.sender_id === this.client.person;
        const element = made("li", isOwn ? "said own" : message.message_type === "system" ? "said system" : "said");
        element.dataset.seq = message.seq;
        element.tabIndex = -1;
        if (message.sender !== null) element.append(made("b", "", isOwn ? word("you") : message.sender.name || message.sender.username));
        element.append(made("p", isGone(message) ? "gone" : "", saying(message)));
        for (const file of message.attachments) element.append(made("span", "file", file.name));
        const foot = made("small", "quiet", when(message.created_at));
        if (message.edited_at !== null) foot.append(` · ${word("edited")}`);
        if (isOwn) foot.append(made("span", "seen", message.seq <= this.#readUpTo ? ` · ${word("seen")}` : ""));
        element.append(foot);
        return element;
    }

    // ── On its way ───────────────────────────────────────────────────────────────────────────────

    drawUnsent() {
        const shown = new Set([...this.#said.values()].map((each) => each.message.client_id));
        const items = this.client.unsent(this.room.id).filter((item) => !shown.has(item.client_id));
        this.places.unsent.replaceChildren(...items.map((item) => this.#drawnUnsent(item)));
        this.#toEnd();
    }

    #drawnUnsent(item) {
        const element = made("li", item.problem === null ? "said own waiting" : "said own refused");
        element.dataset.clientId = item.client_id;
        element.append(made("p", "", item.content));
        element.append(made("small", "quiet", word(item.problem === null ? "sending" : "not_sent")));
        if (item.problem !== null) {
            element.append(this.#button("try_again", () => this.client.retry(item.client_id)));
            element.append(this.#button("discard", () => this.client.discard(item.client_id)));
        }
        return element;
    }

    #button(name, act) {
        const button = made("button", "button", word(name));
        button.addEventListener("click", () => {
            act();
            this.drawUnsent();
            this.places.text.focus(); // the button is no longer there
        });
        return button;
    }

    /** It is stored; it stays where it is until the room's log brings it. */
    acknowledged({ client_id }) {
        const element = this.#unsentElement(client_id);
        if (element === undefined) return;
        element.classList.remove("waiting");
        element.querySelector("small").textContent = word("sent");
    }

    #settled(message) {
        if (message.sender_id === this.client.person) this.#unsentElement(message.client_id)?.remove();
    }

    #unsentElement(clientId) {
        return [...this.places.unsent.children].find((each) => each.dataset.clientId === clientId);
    }

    // ── What passes by ───────────────────────────────────────────────────────────────────────────

    passing(frame) {
        if (frame.type === "typing" && frame.user.id !== this.client.person) this.#hint(frame);
        if (frame.type === "read" && frame.user_id !== this.client.person) this.#seen(frame.seq);
    }

    #hint({ user, is_typing: isTyping }) {
        this.#forgetTyping();
        if (!isTyping) return;
        this.#typist = user.id;
        this.places.hint.textContent = word("typing", { name: user.name || user.username });
        this.#typing = setTimeout(() => this.#forgetTyping(), TYPING_MS);
    }

    #forgetTyping() {
        clearTimeout(this.#typing);
        this.#typist = "";
        this.places.hint.textContent = "";
    }

    #seen(seq) {
        this.#readUpTo = Math.max(this.#readUpTo, seq);
        for (const { message, element } of this.#said.values()) {
            const mark = element.querySelector(".seen");
            if (mark !== null && message.seq <= this.#readUpTo) mark.textContent = ` · ${word("seen")}`;
        }
    }

    // ── Where the reader is ──────────────────────────────────────────────────────────────────────

    get #isAtEnd() {
        const box = this.places.log.parentElement;
        return box.scrollHeight - box.scrollTop - box.clientHeight < 80;
    }

    #toEnd() {
        const box = this.places.log.parentElement;
        box.scrollTop = box.scrollHeight;
    }

    /** Seen is what is on a page that somebody looks at. */
    #markRead() {
        const last = this.places.log.lastElementChild;
        if (last !== null && document.visibilityState === "visible" && this.#isAtEnd) {
            this.#marked = Number(last.dataset.seq);
            this.client.read(this.room.id, this.#marked);
        }
    }

    /** Down to what came while the reader was further up. */
    scrolled() {
        if (Number(this.places.log.lastElementChild?.dataset.seq ?? 0) > this.#marked) this.#markRead();
    }

    looked() {
        this.#markRead();
    }

    /** What is still on its way here is for a page that is not open any more. */
    close() {
        this.#loading++;
        this.#readOut(true);
        this.#forgetTyping();
        this.places.log.replaceChildren();
        this.places.unsent.replaceChildren();
    }
}
