/** `/account/numbers`: signing in, a period, and what the seller's own numbers were in it. */
import { Refusal, Session, SignedOut } from "../talk/session.js";
import { onSignIn } from "../talk_page/sign_in.js";
import { word } from "../talk_page/words.js";
import { drawDays, drawFigures, drawPlace, drawThings } from "./drawing.js";

const at = (id) => document.getElementById(id);
const DAY_MS = 86_400_000;
const COMPARED_DAYS = 30;
const session = new Session();
let turn = 0; // only the last of several answers is shown

function show(isSignedIn, why = "") {
    at("sign-in").hidden = isSignedIn;
    at("numbers").hidden = !isSignedIn;
    at("sign-out").hidden = !isSignedIn;
    at("problem").textContent = why === "" ? "" : word(why);
}

/** Whole days, today among them. */
function start(days) {
    return new Date((Math.floor(Date.now() / DAY_MS) - days + 1) * DAY_MS).toISOString();
}

async function load() {
    const days = Number(at("period").value);
    const mine = ++turn;
    show(true);
    at("trouble").textContent = "";
    try {
        const numbers = await session.ask("GET", `/v1/sellers/me/numbers?start=${start(days)}`);
        const place = days === COMPARED_DAYS && numbers.totals.conversations > 0 ? await placeAmongOthers() : null;
        if (mine !== turn) return;
        drawFigures(at("figures"), numbers.totals);
        drawPlace(at("place"), place);
        drawDays(numbers.days);
        drawThings(at("things"), numbers.listings);
    } catch (error) {
        if (mine !== turn) return;
        if (error instanceof SignedOut) show(false, "signed_out");
        else at("trouble").textContent = word(error instanceof Refusal && error.status === 429 ? "too_many" : "no_answer");
    }
}

/** Null: there is nobody to compare with. */
async function placeAmongOthers() {
    try {
        const { id } = await session.ask("GET", "/v1/auth/me");
        const { ranking } = await session.ask("GET", `/v1/telemetry/sellers/${id}/response-metrics`);
        return ranking.find((line) => line.seller_id === id)?.percentile ?? null;
    } catch (error) {
        if (error instanceof Refusal && error.status === 404) return null;
        throw error;
    }
}

onSignIn(session, load);
at("period").addEventListener("change", load);
at("sign-out").addEventListener("click", () => {
    turn += 1;
    show(false);
    session.signOut();
});

if (session.isSignedIn) load();
else show(false);
