/** The card that asks who it is: the same on every page that needs to know. */
import { Refusal } from "../talk/session.js";
import { word } from "./words.js";

/** @param {import("../talk/session.js").Session} session @param {() => unknown} then */
export function onSignIn(session, then) {
    const problem = document.getElementById("problem");
    let isUnderway = false; // pressed twice, it is one sign-in
    document.getElementById("sign-in-form").addEventListener("submit", async (event) => {
        event.preventDefault();
        if (isUnderway) return;
        isUnderway = true;
        const form = new FormData(event.target);
        problem.textContent = "";
        try {
            await session.signIn(form.get("name"), form.get("password"));
            event.target.reset();
            await then();
        } catch (error) {
            problem.textContent = word(reasonOf(error));
        } finally {
            isUnderway = false;
        }
    });
}

function reasonOf(error) {
    if (!(error instanceof Refusal) || error.status >= 500) return "no_answer";
    if (error.status === 429) return "too_many";
    return error.code === "email_not_verified" ? "not_confirmed" : "wrong";
}
