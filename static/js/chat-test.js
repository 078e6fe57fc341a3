// The page at /test: the calls of the Swift client, in the order in which it makes them.

const found = (id) => document.getElementById(id);
const words = found("talk").dataset;
const text = found("text");
const TYPING_EVERY_MS = 3000;
const TYPING_LASTS_MS = 6000;

let token = "";
let socket = null;
let toldAt = 0;
let forgetTyping = 0;

function show(problem) {
    found("problem").textContent = problem;
    found("problem").hidden = !problem;
}

async function ask(path, options = {}) {
    const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
    const reply = await fetch(path, { ...options, headers });
    if (!reply.ok) {
        throw new Error(reply.status === 401 ? words.wrong : words.failed);
    }
    return reply.json();
}

function trying(work) {
    return async (event) => {
        event.preventDefault();
        show("");
        try {
            await work();
        } catch (error) {
            show(error instanceof TypeError ? words.failed : error.message);
        }
    };
}

async function signIn() {
    const body = JSON.stringify({ username: found("username").value, password: found("password").value });
    token = (await ask("/api/auth/login", { method: "POST", body })).access_token;
    for (const room of await ask("/api/rooms")) {
        found("room").add(new Option(room.name, room.id));
    }
    found("sign-in").hidden = true;
    found("rooms").hidden = false;
    found("room").focus();
}

function line({ sender, message, timestamp }) {
    const item = document.createElement("li");
    const who = document.createElement("b");
    const when = document.createElement("time");
    who.textContent = sender;
    when.dateTime = `${timestamp}Z`;
    when.textContent = new Date(`${timestamp}Z`).toLocaleTimeString(document.documentElement.lang);
    item.append(who, " ", message, " ", when);
    found("said").append(item);
    item.scrollIntoView({ block: "nearest" });
}

function open(isOpen) {
    for (const control of found("say").elements) {
        control.disabled = !isOpen;
    }
    found("state").textContent = isOpen ? words.connected : "";
}

function hear(frame) {
    if (frame.type === "message") {
        found("typing").textContent = "";
        line(frame);
    } else if (frame.type === "typing") {
        found("typing").textContent = words.types.replace("{name}", frame.sender);
        clearTimeout(forgetTyping);
        forgetTyping = setTimeout(() => { found("typing").textContent = ""; }, TYPING_LASTS_MS);
    } else if (frame.type === "error") {
        show(frame.detail);
    }
}

function leave() {
    if (socket) {
        socket.onclose = null;
        socket.close(1000);
        socket = null;
    }
    open(false);
    found("said").replaceChildren();
    found("typing").textContent = "";
}

/** The room is not chosen any more: only what is not chosen can be chosen again. */
function lose(line) {
    line.onclose = null;
    line.close(1000);
    socket = null;
    open(false);
    found("room").value = "";
}

async function enter() {
    leave();
    const room = found("room").value;
    if (!room) {
        return;
    }
    const here = new WebSocket(`${location.origin.replace("http", "ws")}/ws/chat/${room}?token=${token}`);
    const early = [];
    let heard = (frame) => early.push(frame);
    socket = here;
    here.onmessage = ({ data }) => heard(JSON.parse(data));
    here.onclose = () => { lose(here); show(words.lost); };
    let before = [];
    try {
        await new Promise((opened, failed) => {
            here.onopen = opened;
            here.onerror = () => failed(new Error(words.failed));
        });
        before = await ask(`/api/messages/${room}/recent?limit=50`);
    } catch (error) {
        if (socket !== here) {
            return;  // left for another room, which is no trouble of this one
        }
        lose(here);
        throw error;
    }
    if (socket !== here) {
        return;  // another room was chosen meanwhile
    }
    before.forEach(line);
    const known = new Set(before.map(({ id, ...said }) => JSON.stringify(said, Object.keys(said).sort())));
    early.filter((said) => !known.has(JSON.stringify(said, Object.keys(said).sort()))).forEach(hear);
    heard = hear;
    open(true);
    text.focus();
}

function say() {
    // Bytes, as the Swift client sends them
    socket.send(new TextEncoder().encode(JSON.stringify({ type: "message", content: text.value })));
    text.value = "";
    toldAt = 0;
}

found("sign-in").addEventListener("submit", trying(signIn));
found("room").addEventListener("change", trying(enter));
found("say").addEventListener("submit", trying(async () => say()));
text.addEventListener("input", () => {
    if (socket && text.value && Date.now() - toldAt > TYPING_EVERY_MS) {
        toldAt = Date.now();
        socket.send(JSON.stringify({ type: "typing" }));
    }
});
