/** The card that asks who it is: the same on every page that needs to know. */
import { Refusal } from "../talk/session.js";
import { word } from "./words.js";

/** @param {import("../talk/session.js").Session} session @param {() => unknown} then */
export function onSignIn(session, then) {
    const problem = document.getElementById("problem");
    document.getElementById("sign-in-form").addEventListener("submit", async (event) => {
        event.preventDefault();
        const form = new FormData(event.target);
        problem.textContent = "";
        try {
            await session.signIn(form.get("name"), form.get("password"));
            event.target.reset();
            await then();
        } catch (error) {
            problem.textContent = word(error instanceof Refusal && error.status < 500 ? "wrong" : "no_answer");
        }
    });
}
