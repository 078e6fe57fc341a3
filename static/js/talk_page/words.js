/** The page's texts, in the reader's language: the template has them, translated. */
const words = JSON.parse(document.getElementById("words").textContent);

/** @param {string} name @param {Record<string, string | number>} [facts] for the `{places}` in it */
export function word(name, facts = {}) {
    return words[name].replace(/\{(\w+)\}/g, (_, place) => String(facts[place] ?? ""));
}

/** Whether the page can say this by itself. */
export function knows(name) {
    return Object.hasOwn(words, name);
}

const language = document.documentElement.lang;
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });

/** @param {string} stamp */
export function when(stamp) {
    const at = new Date(stamp);
    return (at.toDateString() === new Date().toDateString() ? clock : calendar).format(at);
}

/** An element with a class and a text; nothing that people wrote is ever taken for markup. */
export function made(tag, className, text = "") {
    const element = document.createElement(tag);
    element.className = className;
    element.textContent = text;
    return element;
}
