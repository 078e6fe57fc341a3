/** `/talk`: signing in, the list of chats, and the one that is open; its id is in the address after `#`. */
import { TalkClient } from "../talk/client.js";
import { Refusal, Session, SignedOut } from "../talk/session.js";
import { Chats } from "./chats.js";
import { onSignIn } from "./sign_in.js";
import { Thread } from "./thread.js";
import { Whereabouts } from "./whereabouts.js";
import { word } from "./words.js";

const at = (id) => document.getElementById(id);
const AGAIN_MS = 3_000;
const places = Object.fromEntries(["log", "unsent", "earlier", "hint", "text"].map((id) => [id, at(id)]));

export const session = new Session();
/** @type {TalkClient | null} */
export let client = null;
/** @type {Chats | null} */
let chats = null;
/** @type {Thread | null} */
let thread = null;
/** @type {Whereabouts | null} */
let whereabouts = null;
/** @type {Map<string, string>} room → what was begun and not sent */
const drafts = new Map();
let beginning = 0; // who signs out meanwhile has not begun
let completing = 0;
let opening = 0; // only the last of several gets its room

/** Until the server says who we are; without a connection, again and again. */
async function begin() {
    at("sign-in").hidden = true;
    at("talk").hidden = false;
    at("sign-out").hidden = false;
    showState({ state: "connecting" });
    const turn = ++beginning;
    try {
        const me = await session.ask("GET", "/v1/auth/me");
        if (turn === beginning) enter(me);
    } catch (error) {
        if (turn !== beginning) return;
        if (error instanceof SignedOut) return leave("signed_out");
        showState({ state: "waiting" });
        setTimeout(() => turn === beginning && begin(), AGAIN_MS);
    }
}

function enter(me) {
    chats = new Chats(at("chats"), session, me.id);
    client = new TalkClient(session, { person: me.id });
    listen(client);
    client.start();
    complete();
}

/** What is shown, as far as it could not be read before; also after every return, for what was missed. */
async function complete() {
    const turn = ++completing;
    try {
        await chats.load();
        thread?.seenBy(chats.rooms.find((room) => room.id === thread.room.id)?.participants ?? []);
        if (thread === null) await open();
        else if (!thread.isLoaded) await thread.load();
    } catch (error) {
        return failForNow(error, turn);
    }
    at("trouble").textContent = "";
}

function failForNow(error, turn = completing) {
    fail(error);
    if (!mayPass(error)) return;
    const wait = Math.max(AGAIN_MS, (error.retryAfter ?? 0) * 1_000);
    setTimeout(() => turn === completing && client !== null && complete(), wait);
}

/** Waiting helps. */
function mayPass(error) {
    if (error instanceof Refusal) return error.status >= 500 || error.status === 429;
    return !(error instanceof SignedOut);
}

function listen(to) {
    const on = (type, then) => to.addEventListener(type, ({ detail }) => then(detail));
    const here = (then) => (detail) => (detail.room === thread?.room.id ? then(thread, detail) : undefined);
    on("state", showState);
    on("state", ({ state }) => (state === "up" ? complete() : whereabouts?.unknown()));
    on("followed", here(() => to.usersOnline(thread.room.id)));
    on("event", here((shown, event) => shown.take(event)));
    on("event", () => chats.loadSoon());
    on("reset", here((shown) => {
        shown.forget();
        complete();
    }));
    on("ack", here((shown, ack) => shown.acknowledged(ack)));
    on("refused", here((shown) => {
        shown.drawUnsent();
        at("trouble").textContent = word("not_sent");
    }));
    on("passing", here((shown, frame) => {
        shown.passing(frame);
        whereabouts.passing(frame);
    }));
    on("unfollowed", here(() => (location.hash = "")));
    on("own", (frame) => (frame.type === "unread" ? chats.unread(frame.room, frame.count) : chats.loadSoon()));
}

function showState({ state, reason }) {
    at("state").textContent = word(`state_${state}`);
    at("state").dataset.state = state;
    if (state === "ended" && reason !== "stopped") leave(reason === "signed-out" ? "signed_out" : "ended");
}

function leave(why) {
    beginning += 1;
    putAway();
    drafts.clear();
    chats?.close();
    chats = null;
    client?.stop();
    client = null;
    at("sign-in").hidden = false;
    at("talk").hidden = true;
    at("sign-out").hidden = true;
    at("problem").textContent = why === "" ? "" : word(why);
    at("sign-in").querySelector("input").focus();
}

function putAway() {
    if (thread !== null) drafts.set(thread.room.id, at("text").value);
    at("text").value = "";
    at("text").disabled = true; // until there is a room to say it in
    at("title").textContent = "";
    thread?.close();
    whereabouts?.close();
    thread = whereabouts = null;
}

async function open() {
    if (client === null) return;
    const turn = ++opening;
    const id = location.hash.slice(1);
    const wasOpen = thread !== null;
    if (wasOpen) client.unfollow(thread.room.id);
    putAway();
    at("talk").classList.toggle("is-open", id !== "");
    at("conversation").hidden = id === "";
    chats.mark(id);
    if (id === "" && wasOpen) at("chats-title").focus();
    if (id === "") return;
    const room = await session.ask("GET", `/v1/rooms/${encodeURIComponent(id)}`);
    if (turn !== opening || client === null) return;
    at("title").textContent = chats.titleOf(room);
    const opened = new Thread(places, client, session, room);
    thread = opened;
    whereabouts = new Whereabouts(at("whereabouts"), session, client, room);
    at("text").value = drafts.get(id) ?? "";
    at("text").disabled = false;
    const loading = opened.load(); // from here on it keeps what happens for later
    client.follow(room.id, { since: room.last_seq, epoch: room.epoch });
    await loading;
    at("text").focus();
}

function fail(error) {
    if (error instanceof SignedOut) leave("signed_out");
    else at("trouble").textContent = word(reasonOf(error));
}

function reasonOf(error) {
    if (!(error instanceof Refusal)) return "no_answer";
    return { 404: "no_chat", 429: "too_many" }[error.status] ?? "no_answer";
}

/** In another language it is the same chat. */
function keepPlace() {
    document.querySelector(".languages [name=next]").value = location.pathname + location.hash;
}

const tried = (act) => (event) => {
    event?.preventDefault();
    at("trouble").textContent = "";
    Promise.resolve(act(event)).catch(fail);
};

onSignIn(session, begin);

at("write").addEventListener("submit", tried(() => {
    const text = at("text").value.trim();
    if (text === "" || thread === null) return;
    client.send(thread.room.id, text);
    client.typing(thread.room.id, false);
    at("text").value = "";
    thread.drawUnsent();
}));

at("text").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    at("write").requestSubmit();
});
at("text").addEventListener("input", () => client?.typing(thread.room.id, at("text").value !== ""));
at("earlier").addEventListener("click", tried(() => thread?.earlier()));
at("sign-out").addEventListener("click", tried(async () => {
    leave("");
    await session.signOut();
}));
at("log").parentElement.addEventListener("scroll", () => thread?.scrolled());
document.addEventListener("visibilitychange", () => thread?.looked());
addEventListener("hashchange", keepPlace);
addEventListener("hashchange", () => open().catch(failForNow));

keepPlace();
if (session.isSignedIn) begin();
else at("sign-in").hidden = false;
